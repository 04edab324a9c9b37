"""New identifiers."""

from datetime import UTC, datetime, timedelta

from mothlight.kit.ids import id_maker, uuid7

MOMENT = datetime(2026, 4, 24, 12, 0, 0, 123_456, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time():
    made = uuid7(MOMENT, lambda size: b"\xff" * size)

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == 1_777_032_000_123


def test_ids_sort_by_time_to_a_microsecond():
    moments = [MOMENT + timedelta(microseconds=step) for step in (0, 1, 2, 543, 544, 1_000_000)]

    made = [uuid7(moment, lambda size: b"\x00" * size) for moment in moments]

    assert made == sorted(set(made))


def test_ids_of_one_moment_differ_by_chance():
    chance = iter([b"\x00" * 8, b"\x01" * 8])

    make = id_maker(lambda: MOMENT, lambda _size: next(chance))

    assert make() != make()
