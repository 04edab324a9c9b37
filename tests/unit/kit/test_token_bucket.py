"""Token buckets (pipeline 7.2): so many at once, refilled steadily, fractions carried over."""

import pytest

from mothlight.kit.token_bucket import Bucket, Rate, take

HUNDRED_A_MINUTE = Rate.over(100, 1)


@pytest.mark.parametrize(
    ("bucket", "want", "second", "given", "tokens"),
    [
        pytest.param(None, 30, 0, 30, 70, id="a new bucket is full"),
        pytest.param(None, 130, 0, 100, 0, id="no more than it holds"),
        pytest.param(None, 0, 0, 0, 100, id="nothing is wanted"),
        pytest.param(None, -1, 0, 0, 100, id="less than nothing is wanted"),
        pytest.param(Bucket(0, 0), 9, 3, 5, 0, id="three seconds are five tokens"),
        pytest.param(Bucket(0, 0), 9, 1, 1, 2 / 3, id="what is given is whole"),
        pytest.param(Bucket(2 / 3, 1), 9, 2, 2, 1 / 3, id="fractions carry over"),
        pytest.param(Bucket(90, 0), 0, 60, 0, 100, id="never more than it holds"),
        pytest.param(Bucket(5, 100), 9, 40, 5, 0, id="the past refills nothing"),
        pytest.param(Bucket(0, 0), 500, 86_400, 100, 0, id="a bucket of a day ago is a new one"),
    ],
)
def test_what_a_bucket_gives(bucket, want, second, given, tokens):
    found, left = take(bucket, want, HUNDRED_A_MINUTE, second)

    assert found == given
    assert left.tokens == pytest.approx(tokens)


def test_a_slow_bucket_is_full_after_its_lifetime():
    slow = Rate.over(10, 60 * 24 * 30)

    assert take(Bucket(0, 0), 10, slow, 86_399)[0] == 0
    assert take(Bucket(0, 0), 10, slow, 86_400)[0] == 10


def test_time_never_goes_back():
    _, left = take(Bucket(10, 100), 1, HUNDRED_A_MINUTE, 40)

    assert left.second == 100, "or the time since then would refill it twice"


@pytest.mark.parametrize("parts", [[7], [1] * 7, [3, 4]])
def test_taking_in_steps_gives_as_many_as_taking_at_once(parts):
    bucket, total = Bucket(5.5, 10), 0
    for part in parts:
        given, bucket = take(bucket, part, HUNDRED_A_MINUTE, 10)
        total += given

    assert (total, bucket.tokens) == (5, 0.5)


def test_no_token_is_lost_to_the_arithmetic():
    bucket, total = Bucket(0, 0), 0
    for second in range(1, 60_001):
        given, bucket = take(bucket, 10, HUNDRED_A_MINUTE, second)
        total += given

    assert total == 100_000
