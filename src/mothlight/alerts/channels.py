"""Channels: reading their addresses, and what of these may be shown."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from mothlight.alerts.sending.outcome import Failed
from mothlight.alerts.sending.process import Services
from mothlight.alerts.services import MOST_CHARACTERS, scheme_of
from mothlight.alerts.signature import make_secret
from mothlight.kit.ids import Randomness
from mothlight.model.errors import invalid
from mothlight.outbound.failures import OutboundFailure
from mothlight.outbound.urls import read_url
from mothlight.storage.metadata.repositories.alert_channels import Channel

WEBHOOK, SERVICE = "webhook", "service"
ATTR = "address"


class Read(NamedTuple):
    """An address that can be used."""

    kind: str
    service: str
    shown: str


def read_address(address: str, services: Services) -> Read:
    """What an address is: a URL of http or https is a webhook, anything else an address of apprise.

    Raises:
        Refused: messages cannot go there (400).
    """
    if len(address) > MOST_CHARACTERS:
        raise invalid(f"Ensure this field has no more than {MOST_CHARACTERS} characters.", ATTR, "max_length")
    if urlsplit_scheme(address) in ("http", "https"):
        return _read_webhook(address)
    scheme = scheme_of(address)
    if scheme is None:
        raise invalid("Messages cannot go to such an address.", ATTR)
    try:
        name = services.examine(address)
    except Failed as problem:
        raise invalid(f"Messages cannot go to such an address: {problem}.", ATTR) from None
    return Read(SERVICE, name, f"{scheme}://…")


def urlsplit_scheme(address: str) -> str:
    """The scheme, in small letters."""
    return address.partition("://")[0].strip().lower()


def new_channel(
    project_id: int,
    name: str,
    address: str,
    services: Services,
    identifier: UUID,
    now: datetime,
    randomness: Randomness,
) -> Channel:
    """A channel that is not kept yet. Raises as `read_address` does."""
    read = read_address(address, services)
    return Channel(
        id=identifier,
        project_id=project_id,
        kind=read.kind,
        name=name,
        service=read.service,
        shown_address=read.shown,
        address=address,
        signing_secret=make_secret(randomness(32)) if read.kind == WEBHOOK else None,
        created_at=now,
    )


def _read_webhook(address: str) -> Read:
    try:
        url = read_url(address)
    except OutboundFailure:
        raise invalid("Not an address of http or https without a user name in it.", ATTR) from None
    parts = urlsplit(str(url))
    # Paths and queries of webhooks hold secrets more often than not.
    is_whole = parts.path in ("", "/") and not parts.query
    return Read(
        WEBHOOK, "Webhook", f"{parts.scheme}://{parts.netloc}/" if is_whole else f"{parts.scheme}://{parts.netloc}/…"
    )
