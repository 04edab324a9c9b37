"""When an issue spikes (pipeline 8.1 to 8.3). Decisions only."""

from collections.abc import Mapping, Sequence

from mothlight.storage.metadata.repositories.settings import SpikeConfig

BUCKET_SECONDS = 300
BUCKETS = 12
"""The current one and those before it that it is compared with: an hour."""


def issue_baseline(counts: Mapping[int, int], bucket: int) -> float | None:
    """Events in an earlier bucket with any, on average; None where no earlier bucket has any.

    `counts`: events by the number of their bucket.
    """
    earlier = [counts[each] for each in earlier_buckets(bucket) if counts.get(each)]
    return sum(earlier) / len(earlier) if earlier else None


def project_baseline(totals: Mapping[int, tuple[int, int]], bucket: int) -> float:
    """Events of an issue in an earlier bucket, on average over all issues of the project.

    `totals`: events and distinct issues by the number of their bucket.
    """
    found = [totals[each] for each in earlier_buckets(bucket) if each in totals]
    shares = [events / issues for events, issues in found if issues > 0]
    return sum(shares) / len(shares) if shares else 0.0


def is_spike(current: int, baseline: float, config: SpikeConfig) -> bool:
    """Whether so many events in the current bucket are a spike."""
    return current >= config.threshold and current > baseline * config.multiplier


def earlier_buckets(bucket: int) -> Sequence[int]:
    """The buckets that one is compared with."""
    return range(bucket - BUCKETS + 1, bucket)
