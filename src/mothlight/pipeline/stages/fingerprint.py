"""Says what each exception is grouped by (pipeline 4.1).

The fingerprint itself follows from the grouping key, so it is computed only for keys that nobody has seen yet, when
they are linked to an issue.
"""

import msgspec

from mothlight.grouping.key import grouping_key
from mothlight.pipeline.stages.normalise import read_text
from mothlight.pipeline.states import Batch, Fingerprinted, Released

SIGN_BITS = 1
"""Keys have 63 bits, because the metadata database knows signed integers only."""


def fingerprint(batch: Batch[Released]) -> Batch[Fingerprinted]:
    """Give every exception its grouping key."""
    return batch.hand_on([_fingerprint(item) for item in batch.items])


def _fingerprint(item: Released) -> Fingerprinted:
    normalised = item.normalised
    manual = read_text(normalised.event.properties.get("$exception_fingerprint"))
    # 0 is the key of events that belong to no issue. Keys are made of what was sent, so they stay when symbols arrive.
    key = grouping_key(normalised.entries, normalised.stack, manual) >> SIGN_BITS or 1
    if item.symbols.entries is not None:
        normalised = msgspec.structs.replace(normalised, entries=item.symbols.entries)
    return Fingerprinted(normalised, item.release, key, manual, item.normalised.entries, item.symbols.stack_version)
