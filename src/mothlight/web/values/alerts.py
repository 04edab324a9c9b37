"""Bodies of requests about alerts and their channels (`docs/alerts.md`). Fields that a change leaves out stay."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from mothlight.alerts.services import MOST_CHARACTERS
from mothlight.web.values.fields import (
    Choice,
    Environments,
    FiltersAsSent,
    Flag,
    Id,
    Integer,
    NotNull,
    Text,
    Text200,
    read_literally,
    read_text,
)
from mothlight.web.values.questions import DateRange

LARGEST_THRESHOLD = 1_000_000_000
LONGEST_WINDOW_MINUTES = 24 * 60
LONGEST_SNOOZE_MINUTES = 7 * 24 * 60
MOST_CHANNELS_OF_ALERT = 20

TriggerName = Annotated[Literal["created", "reopened", "spiking", "occurrences", "users", "milestone"], Choice]
Threshold = Annotated[int, Field(ge=1, le=LARGEST_THRESHOLD), Integer]
WindowMinutes = Annotated[int, Field(ge=1, le=LONGEST_WINDOW_MINUTES), Integer]
SnoozeMinutes = Annotated[int, Field(ge=1, le=LONGEST_SNOOZE_MINUTES), Integer]
Name = Annotated[str, StringConstraints(max_length=200), BeforeValidator(read_text)]


def _each_once(channels: list[Any]) -> list[Any]:
    return list(dict.fromkeys(channels))


Channels = Annotated[list[Id], Field(max_length=MOST_CHANNELS_OF_ALERT), AfterValidator(_each_once)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS), BeforeValidator(read_literally)]


class NewAlert(BaseModel):
    """An alert. `occurrences` and `users` need a threshold and a window."""

    trigger: TriggerName
    name: Name = ""
    enabled: Flag = True
    environments: Environments | None = None
    filters: FiltersAsSent = []
    threshold: Threshold | None = None
    window_minutes: WindowMinutes | None = None
    snooze_minutes: SnoozeMinutes = 10
    channels: Channels = []


class AlertChange(BaseModel):
    """Other values for an alert."""

    trigger: Annotated[TriggerName | None, NotNull()] = None
    name: Annotated[Name | None, NotNull()] = None
    enabled: Annotated[Flag | None, NotNull()] = None
    environments: Environments | None = None
    filters: Annotated[FiltersAsSent | None, NotNull()] = None
    threshold: Threshold | None = None
    window_minutes: WindowMinutes | None = None
    snooze_minutes: Annotated[SnoozeMinutes | None, NotNull()] = None
    channels: Annotated[Channels | None, NotNull()] = None


class LastThirtyDays(DateRange):
    """The time that a preview is about."""

    date_from: Text = "-30d"


class AlertTrial(NewAlert):
    """An alert that is tried on the past."""

    model_config = ConfigDict(alias_generator=lambda name: to_camel(name) if name == "date_range" else name)

    date_range: LastThirtyDays = LastThirtyDays()


class NewChannel(BaseModel):
    """Where messages can go: a URL of http or https, or an address of apprise."""

    name: Text200
    address: Address


class ChannelChange(BaseModel):
    """Another name or address for a channel."""

    name: Annotated[Text200 | None, NotNull()] = None
    address: Annotated[Address | None, NotNull()] = None
