"""What all pages share."""

from dataclasses import dataclass, field

import anyio
from jinja2 import Environment

from mothlight.web.address import PublicAddress
from mothlight.web.pages.assets import Assets
from mothlight.web.pages.machine import Machine
from mothlight.web.pages.pulse import Pulse
from mothlight.web.pages.templates import templates
from mothlight.web.parts import Parts

AT_ONCE = 16
"""Pages that are made at the same time. More would only wait inside the databases."""
MOST_WAITING = 256


@dataclass(frozen=True, slots=True)
class PageService:
    """What every page may use."""

    parts: Parts
    address: PublicAddress
    pulse: Pulse
    machine: Machine
    version: str
    retention_days: int = 0
    """How long events are kept; 0: for ever."""
    assets: Assets = field(default_factory=Assets)
    templates: Environment = field(default_factory=templates)
    limiter: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(AT_ONCE))
