"""The bounded memory."""

from mothlight.kit.recent import Recent


def test_remembers_the_keys_used_last():
    recent = Recent(2)
    for key in "abc":
        recent.put(key, key.upper())

    assert recent.get("b") == "B"
    assert recent.get("c") == "C"


def test_never_holds_more_than_twice_its_capacity():
    recent = Recent(10)

    for key in range(1_000):
        recent.put(key, str(key))
        assert len(recent) <= 20

    assert 999 in recent
    assert 0 not in recent
    assert recent.get(0) is None


def test_what_is_used_stays():
    recent = Recent(2)
    recent.put("kept", 1)

    for key in range(100):
        recent.put(key, key)
        assert recent.get("kept") == 1
