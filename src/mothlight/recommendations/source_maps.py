"""`source_maps`: are the frames that browsers send readable? (api.md 5.2)."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from mothlight.recommendations.kind import Kind, Meta, Sources

LOOKBACK = timedelta(hours=24)
SAMPLE_FRAMES = 2000
MIN_SAMPLE_FRAMES = 20
THRESHOLD = 0.3
LANGUAGE = "javascript"
STACKS_AT_ONCE = 100
"""Stacks are large; most samples are full after one or two steps."""

SQL = """
SELECT frames FROM stacks FINAL
WHERE project_id = {project:UInt32} AND created_at > {since:DateTime64(6, 'UTC')}
ORDER BY created_at DESC, hash
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""


class SampledFrame(msgspec.Struct, frozen=True):
    """What counts of a frame."""

    raw_id: str = ""
    lang: str = ""
    resolved: bool = False


_decoder = msgspec.json.Decoder(list[list[SampledFrame] | None])


def compute(sources: Sources) -> Meta:
    """How many of the newest distinct frames have no readable source."""
    resolved = _sample(sources)
    unresolved = sum(not readable for readable in resolved.values())
    return {
        "total_frames": len(resolved),
        "unresolved_frames": unresolved,
        "unresolved_pct": unresolved / len(resolved) if resolved else 0.0,
        "threshold_pct": THRESHOLD,
        "min_sample_frames": MIN_SAMPLE_FRAMES,
        "sample_frames": SAMPLE_FRAMES,
        "lookback_hours": int(LOOKBACK.total_seconds() // 3600),
    }


def is_completed(meta: Meta) -> bool:
    """Too few frames to tell, or enough of them readable."""
    return bool(meta["total_frames"] < MIN_SAMPLE_FRAMES or meta["unresolved_pct"] <= THRESHOLD)


def _sample(sources: Sources) -> dict[str, bool]:
    """Whether each frame is resolved, by the id under which a frame is stored once, newest stacks first."""
    resolved: dict[str, bool] = {}
    for frame in _frames(sources):
        if frame.lang == LANGUAGE:
            resolved.setdefault(frame.raw_id, frame.resolved)
        if len(resolved) == SAMPLE_FRAMES:
            break
    return resolved


def _frames(sources: Sources) -> Iterator[SampledFrame]:
    offset = 0
    while True:
        stacks = sources.events.query(
            sources.project_id, SQL, {"since": sources.now - LOOKBACK, "limit": STACKS_AT_ONCE, "offset": offset}
        )
        for (text,) in stacks:
            for frames in _decoder.decode(text):
                yield from frames or ()
        if len(stacks) < STACKS_AT_ONCE:
            return
        offset += STACKS_AT_ONCE


SOURCE_MAPS = Kind(interval=timedelta(hours=6), compute=compute, is_completed=is_completed)
