"""Stacks are read, named by content and resolved (pipeline 2.4, 2.5, 3; the stack hash)."""

import json
from itertools import combinations

import msgspec
import pytest

from mothlight.frames.errors import TooDeep
from mothlight.frames.secrets import REDACTED
from mothlight.frames.stack import MOST_FRAMES, read_stack, resolve_stack, wire_key
from mothlight.frames.wire_order import EXCEPTIONS, FRAMES, NONE, WireOrder

AS_SENT = WireOrder(NONE, NONE)
FRAMES_BACKWARDS = WireOrder(FRAMES, FRAMES)

PYTHON = {"platform": "python", "filename": "shop.py", "function": "pay", "lineno": 3, "module": "shop"}


def raw(value):
    return msgspec.Raw(json.dumps(value).encode())


def trace(*frames, **more):
    return {"type": "raw", "frames": list(frames), **more}


def hash_of(*traces, images=None, order=AS_SENT):
    return read_stack(traces, images, order).hash


def names(stack, index=0):
    return [frame["mangled_name"] for frame in stack.frames[index]]


@pytest.mark.parametrize("shape", [None, [], "text", 5, msgspec.Raw(b"null"), msgspec.Raw(b"[]")])
def test_what_is_no_stack_trace_is_none(shape):
    stack = resolve_stack(read_stack([shape, trace(PYTHON)], None, AS_SENT))

    assert stack.raw[0] is None
    assert stack.frames[0] is None
    assert names(stack, 1) == ["pay"]


@pytest.mark.parametrize(
    "shape", [{}, {"type": "raw"}, {"frames": None}, {"frames": []}, {"frames": "odd"}, {"frames": [5]}]
)
def test_a_trace_without_frames_is_a_stack_all_the_same(shape):
    stack = resolve_stack(read_stack([shape], None, AS_SENT))

    assert stack.frames == [[]]


def test_reads_decoded_and_undecoded_alike():
    sent = [trace(PYTHON, thread="main"), None, trace({"platform": "apple", "instruction_addr": "0x1"})]
    images = [{"debug_id": "D", "image_addr": "0x0", "image_size": 9}]

    undecoded = read_stack([None if each is None else raw(each) for each in sent], raw(images), AS_SENT)

    assert undecoded == read_stack(sent, images, AS_SENT)


@pytest.mark.parametrize("type_", [{}, {"type": None}, {"type": "raw"}, {"type": "cooked"}])
def test_a_trace_of_any_other_type_is_raw(type_):
    read = read_stack([{**type_, "frames": [PYTHON], "thread": "main\0"}], None, AS_SENT)

    assert read.traces[0].keys == {"type": "resolved", "thread": "main\ufffd"}
    assert resolve_stack(read).frames[0][0]["source"] == "shop.py"


def test_frames_of_a_resolved_trace_stay_as_they_are():
    frame = {"raw_id": "x/0", "mangled_name": "a", "resolved_name": "b", "source": "c.ts", "in_app": True, "extra": [1]}

    read = read_stack([{"type": "resolved", "frames": [{**frame, "repo_path": "src/c.ts"}]}], None, AS_SENT)

    stack = resolve_stack(read)
    assert stack.frames == [[frame]]
    assert stack.sources == ["c.ts"]
    assert stack.functions == ["b"]


def test_fields_of_a_resolved_frame_that_have_a_wrong_type_go():
    frame = {"source": 5, "module": None, "line": "7", "resolved_name": ["x"], "in_app": True}

    stack = resolve_stack(read_stack([{"type": "resolved", "frames": [frame]}], None, AS_SENT))

    assert stack.frames == [[{"in_app": True}]]


def test_no_client_can_call_a_raw_frame_resolved():
    stack = resolve_stack(read_stack([trace({"platform": "resolved", "function": "f"})], None, AS_SENT))

    assert stack.frames[0][0]["lang"] == "resolved"


def test_reverses_frames_before_resolving():
    sent = [trace(*({"platform": "php", "function": name} for name in ("crash", "middle", "entry")))]

    stack = resolve_stack(read_stack(sent, None, FRAMES_BACKWARDS))

    assert names(stack) == ["entry", "middle", "crash"]
    assert stack.legacy == FRAMES


def test_remembers_the_legacy_order_of_an_sdk_that_is_canonical_by_now():
    stack = resolve_stack(read_stack([trace(PYTHON)], None, WireOrder(NONE, EXCEPTIONS)))

    assert stack.legacy == EXCEPTIONS


@pytest.mark.parametrize(
    ("order", "kept"), [(AS_SENT, range(5, MOST_FRAMES + 5)), (FRAMES_BACKWARDS, range(MOST_FRAMES - 1, -1, -1))]
)
def test_keeps_the_frames_nearest_to_the_crash(order, kept):
    sent = [trace(*({"platform": "go", "function": str(number)} for number in range(MOST_FRAMES + 5)))]

    stack = resolve_stack(read_stack(sent, None, order))

    assert names(stack) == list(map(str, kept))


def test_takes_out_masked_variables_by_the_place_of_their_frame():
    with_variables = {**PYTHON, "code_variables": {"n": 1, "password": "x"}}
    sent = [trace(PYTHON, with_variables), None, trace({**with_variables, "platform": "ruby"})]

    read = read_stack(sent, None, AS_SENT)

    assert read.traces[0].variables == {1: {"n": 1, "password": REDACTED}}
    assert read.traces[2].variables == {}
    assert "code_variables" not in json.dumps([read.traces[0].frames, read.traces[2].frames])


def test_variables_follow_their_frame_when_frames_are_reversed():
    sent = [trace({**PYTHON, "code_variables": {"n": 1}}, PYTHON, PYTHON)]

    assert read_stack(sent, None, FRAMES_BACKWARDS).traces[0].variables == {2: {"n": 1}}


def test_sanitises_texts_inside_frames():
    stack = resolve_stack(read_stack([trace({**PYTHON, "function": "p\0y", "context_line": "x\0"})], None, AS_SENT))

    assert names(stack) == ["p\ufffdy"]
    assert stack.contexts[stack.frames[0][0]["raw_id"]]["line"]["line"] == "x\ufffd"


def test_refuses_what_is_nested_too_deep_wherever_it_is():
    value = 1
    for _ in range(62):
        value = [value]

    with pytest.raises(TooDeep):
        read_stack([trace({**PYTHON, "unknown_field": value})], None, AS_SENT)
    with pytest.raises(TooDeep):
        read_stack([msgspec.Raw(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}")], None, AS_SENT)


def test_reads_numbers_that_no_float_holds():
    read = read_stack(
        [msgspec.Raw(b'{"frames":[{"platform":"go","lineno":1e400,"function":"f","x":' + b"9" * 5000 + b"}]}")],
        None,
        AS_SENT,
    )

    assert "lineno" not in read.traces[0].frames[0]


# --- hash ---


def test_the_hash_is_stable():
    assert hash_of(trace(PYTHON)) == "219229c407bfd43de9ece7ab46314f2a"


@pytest.mark.parametrize(
    "irrelevant",
    [
        {"code_variables": {"n": 1}},
        {"unknown_field": 5},
        {"in_app": True},
        {"synthetic": False},
        {"lineno": 3},
        {"abs_path": None},
        {"pre_context": []},
    ],
)
def test_the_hash_ignores_local_variables_unknown_fields_and_defaults(irrelevant):
    assert hash_of(trace({**PYTHON, **irrelevant})) == hash_of(trace(PYTHON))


def test_the_hash_ignores_the_order_of_keys_and_the_keys_of_the_trace():
    backwards = dict(reversed(PYTHON.items()))

    assert hash_of({"frames": [backwards], "thread": 5}) == hash_of(trace(PYTHON))


def test_stacks_that_differ_have_different_hashes():
    stacks = [
        (),
        (None,),
        (trace(),),
        (trace(PYTHON),),
        (trace(PYTHON), None),
        (trace(PYTHON, PYTHON),),
        (trace(PYTHON), trace(PYTHON)),
        *(
            (trace({**PYTHON, **other}),)
            for other in ({"lineno": 4}, {"abs_path": "/a"}, {"in_app": False}, {"synthetic": True})
        ),
        *(
            (trace({**PYTHON, **other}),)
            for other in ({"context_line": "x"}, {"pre_context": ["x"]}, {"post_context": ["x"]})
        ),
    ]

    hashes = [hash_of(*stack) for stack in stacks]

    hashes += [hash_of(trace(PYTHON), order=order) for order in (FRAMES_BACKWARDS, WireOrder(NONE, FRAMES))]
    assert all(a != b for a, b in combinations(hashes, 2))


@pytest.mark.parametrize("platform", ["apple", "native"])
def test_the_hash_does_not_depend_on_where_an_image_was_loaded(platform):
    def loaded_at(base, debug_id="D"):
        frame = {
            "platform": platform,
            "function": "f",
            "instruction_addr": hex(base + 16),
            "symbol_addr": hex(base + 8),
        }
        image = {"debug_id": debug_id, "image_addr": hex(base), "image_size": 256}
        return hash_of(trace({**frame, "image_addr": hex(base)}), images=[image])

    assert loaded_at(0x1000) == loaded_at(0x7FFF0000)
    assert loaded_at(0x1000) != loaded_at(0x1000, debug_id="E")


def test_the_hash_depends_on_addresses_outside_of_images():
    frames = [{"platform": "native", "instruction_addr": address} for address in ("0x1", "0x2")]

    assert hash_of(trace(frames[0])) != hash_of(trace(frames[1]))


# --- key of undecoded stacks ---


def test_equal_texts_have_equal_wire_keys_and_others_others():
    first, second, images = raw(trace(PYTHON)), raw(trace()), raw([])
    calls = [
        ([first], None, AS_SENT),
        ([second], None, AS_SENT),
        ([first, second], None, AS_SENT),
        ([second, first], None, AS_SENT),
        ([first, None], None, AS_SENT),
        ([None, first], None, AS_SENT),
        ([first], images, AS_SENT),
        ([first], None, FRAMES_BACKWARDS),
    ]

    keys = [wire_key(*call) for call in calls]

    assert len(set(keys)) == len(calls)
    assert keys == [wire_key(*call) for call in calls]


def test_there_is_no_wire_key_for_what_is_decoded():
    assert wire_key([trace(PYTHON)], None, AS_SENT) is None


# --- derived ---


def test_sources_and_functions_are_those_of_in_app_frames_in_first_seen_order():
    def frame(function, filename, **more):
        return {"platform": "ruby", "function": function, "filename": filename, **more}

    sent = [
        trace(frame("b", "2.rb"), frame("x", "x.rb", in_app=False), frame("a", "1.rb")),
        None,
        trace(frame("b", "3.rb"), {"platform": "java", "function": "unresolved", "filename": "4.java"}),
    ]

    stack = resolve_stack(read_stack(sent, None, AS_SENT))

    assert stack.sources == ["2.rb", "1.rb", "3.rb", "4.java"]
    assert stack.functions == ["b", "a"]


def test_texts_hold_all_that_can_be_searched_once():
    library = {
        "platform": "python",
        "filename": "lib.py",
        "function": "g",
        "module": "lib.mod",
        "in_app": False,
        "lineno": 2,
    }
    web = {"platform": "web:javascript", "filename": "https://cdn.io/a.js", "function": "h", "lineno": 1, "colno": 1}
    stack = resolve_stack(
        read_stack(
            [trace({**library, "context_line": "needle", "post_context": ["after"]}, library, web)], None, AS_SENT
        )
    )

    lines = stack.texts.split("\n")

    assert {"lib.py", "g", "lib.mod", "needle", "after", "h", "/a.js", "https://cdn.io/a.js"} <= set(lines)
    assert len(lines) == len(set(lines))
    assert not any(frame["raw_id"] in lines for frame in stack.frames[0])


def test_a_kept_raw_frame_resolves_again_to_the_same():
    sent = [
        trace(PYTHON, {"platform": "native", "instruction_addr": "0x5", "function": "f"}),
        {"type": "resolved", "frames": [{"a": 1}]},
    ]
    read = read_stack(sent, [{"debug_id": "D", "image_addr": "0x1", "image_size": 9}], AS_SENT)
    stack = resolve_stack(read)

    stored = msgspec.json.decode(msgspec.json.encode(read), type=type(read))

    assert resolve_stack(stored) == stack
    assert [trace.frames for trace in stored.traces] == stack.raw
