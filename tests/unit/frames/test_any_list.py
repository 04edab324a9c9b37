"""Whatever a client sends as `$exception_list`: it is processed or refused with a note, and breaks nothing."""

from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mothlight.frames.errors import Unprocessable
from mothlight.frames.exceptions import make_entries, read_exceptions
from mothlight.frames.facts import exception_list
from mothlight.frames.platforms import ALIASES, PLATFORMS
from mothlight.frames.stack import read_stack, resolve_stack
from mothlight.frames.wire_order import EXCEPTIONS, FRAMES, NONE, WireOrder
from mothlight.grouping import candidates
from mothlight.grouping.key import grouping_key

EVENT = UUID("01a20af5-7bf2-72d9-a726-6c0f5a5e289c")
NAMES = (
    "abs_path filename function lineno colno module context_line pre_context post_context in_app synthetic chunk_id"
    " chunkId map_id lang resolved instruction_addr image_addr symbol_addr image_uuid inline client_resolved package"
    " code_variables source resolved_name mangled_name raw_id line column debug_id image_size"
).split()

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
addresses = st.sampled_from(["0x10", "0x1000", "1010", "-5", " 0xfff "])
anything = st.recursive(leaves | addresses, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=6)
platforms = st.sampled_from([*PLATFORMS, *ALIASES, "cobol", "resolved"]) | anything
frames = st.dictionaries(st.sampled_from(NAMES), anything, max_size=8).flatmap(
    lambda fields: platforms.map(lambda platform: {**fields, "platform": platform})
)
traces = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["raw", "resolved"]) | anything,
        "frames": st.lists(frames | anything) | anything,
    },
)
exceptions = st.fixed_dictionaries(
    {"type": texts},
    optional={"value": anything, "stacktrace": traces | anything, "mechanism": anything, "module": anything},
)
lists = st.lists(exceptions, min_size=1, max_size=3) | st.lists(exceptions | anything, max_size=3) | anything
orders = st.sampled_from([WireOrder(NONE, NONE), WireOrder(FRAMES, FRAMES), WireOrder(NONE, EXCEPTIONS)])
images = st.lists(st.dictionaries(st.sampled_from(NAMES), anything, max_size=4)) | anything


@settings(max_examples=150, deadline=None)
@given(lists, images, orders)
def test_any_list_is_processed_or_refused(sent, debug_images, order):
    try:
        read = read_exceptions(msgspec.Raw(msgspec.json.encode(sent)), order)
        stack = read_stack([each.stacktrace for each in read], debug_images, order)
    except Unprocessable:
        return

    entries, resolved = make_entries(read, stack), resolve_stack(stack)
    rebuilt = exception_list(entries, resolved, EVENT)
    msgspec.json.encode(rebuilt)
    assert len(rebuilt) == len(entries) == len(read)
    assert all(len(found.value) == 128 for found in candidates(entries, resolved))
    assert grouping_key(entries, resolved.hash, None) >= 0
