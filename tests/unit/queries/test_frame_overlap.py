"""What two stacks have in common."""

from mothlight.queries.frame_overlap import CodePlace, outline, shared
from tests.support.event_rows import frame


def test_places_are_those_of_ones_own_code_whatever_the_line():
    found = outline([[frame("lib", in_app=False), frame("a", line=1)], None, [frame("b", line=2)]])

    assert found.places == {CodePlace("src/main.ts", "a"), CodePlace("src/main.ts", "b")}
    assert found.top == CodePlace("src/main.ts", "b")


def test_without_own_code_all_frames_count():
    assert outline([[frame("lib", in_app=False)]]).top == CodePlace("src/main.ts", "lib")


def test_without_frames_there_is_nothing():
    assert (outline([None, []]).places, outline([None]).top) == (frozenset(), None)
    assert shared([], [outline([[frame("a")]])]) == (0, 0)


def test_the_two_most_alike_count():
    one = outline([[frame("a"), frame("b")]])
    others = [outline([[frame("a"), frame("c")]]), outline([[frame("a"), frame("b"), frame("c")]])]

    assert shared([one], others) == (2, 3)
