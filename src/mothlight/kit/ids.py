"""New identifiers: UUIDs of version 7, which sort by the time they were made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from mothlight.kit.clock import Clock

Randomness = Callable[[int], bytes]
"""Gives so many random bytes; `os.urandom` is one."""

MakeId = Callable[[], UUID]
"""Gives a new identifier with each call."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = 1000
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM_BITS = (1 << 62) - 1


def uuid7(moment: datetime, randomness: Randomness) -> UUID:
    """A UUID of version 7. Its twelve bits below the millisecond order those made within one, to a microsecond."""
    milliseconds, microseconds = divmod((moment - _EPOCH) // _MICROSECOND, _MILLISECOND)
    fraction = (microseconds << 12) // _MILLISECOND
    random = int.from_bytes(randomness(8), "big") & _RANDOM_BITS
    return UUID(int=(milliseconds << 80) | (fraction << 64) | _VERSION_AND_VARIANT | random)


def id_maker(clock: Clock, randomness: Randomness) -> MakeId:
    """A source of identifiers for those who make many."""
    return lambda: uuid7(clock(), randomness)
