"""A token bucket: so many at once, refilled at a steady pace (pipeline 7.2)."""

import math

import msgspec

DAY_SECONDS = 86_400

_ROUNDING = 1e-9
"""So that a token that was refilled in several steps is not lost to the arithmetic."""


class Rate(msgspec.Struct, frozen=True):
    """What a bucket holds at most, and how fast it fills."""

    most: int
    per_second: float
    lifetime_seconds: int = DAY_SECONDS
    """A bucket that nobody has taken from for so long is full again."""

    @classmethod
    def over(cls, most: int, minutes: int, lifetime_seconds: int = DAY_SECONDS) -> "Rate":
        """So many at once, refilled over so many minutes."""
        return cls(most, most / (minutes * 60), lifetime_seconds)


class Bucket(msgspec.Struct, frozen=True):
    """What was left in a bucket at a moment."""

    tokens: float
    second: int
    """Unix time."""


def take(bucket: Bucket | None, want: int, rate: Rate, second: int) -> tuple[int, Bucket]:
    """How many tokens there are for somebody who wants some at a moment, and the bucket after that.

    `bucket`: None for one that is new, and full. A moment before the last one refills nothing. Taking in several steps
    at one moment gives as many as taking at once.
    """
    if bucket is None or second - bucket.second >= rate.lifetime_seconds:
        bucket = Bucket(rate.most, second)
    elapsed = max(0, second - bucket.second)
    tokens = min(float(rate.most), bucket.tokens + elapsed * rate.per_second)
    given = min(math.floor(tokens + _ROUNDING), max(0, want))
    return given, Bucket(max(0.0, tokens - given), max(second, bucket.second))
