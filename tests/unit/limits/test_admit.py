"""Which events limits let through (pipeline 7.1, 7.2, 7.4)."""

import random
from uuid import UUID

import pytest

from mothlight.kit.token_bucket import Bucket
from mothlight.limits.admit import PROJECT, Asking, Fate, admit, subjects
from mothlight.limits.counts import LimitCounts
from mothlight.limits.rates import Limits, limits_of
from mothlight.storage.metadata.repositories.settings import ProjectSettings

A, B = UUID(int=1), UUID(int=2)
LETTERS = {Fate.KEPT: "k", Fate.OVER_ISSUE_LIMIT: "i", Fate.OVER_PROJECT_LIMIT: "p"}


def limits(issue=None, project=None, minutes=None):
    return limits_of(ProjectSettings(project, minutes, issue, minutes))


def asking(*wanted):
    """Issue and second of each, in order of receipt."""
    return [Asking(number, issue, second) for number, (issue, second) in enumerate(wanted)]


def fates(asked, of, buckets=None):
    return "".join(LETTERS[fate] for fate in admit(asked, of, buckets or {}).fates)


@pytest.mark.parametrize(
    ("issue", "project", "asked", "expected"),
    [
        pytest.param(None, None, [(A, 0)] * 4, "kkkk", id="no limits"),
        pytest.param(2, None, [(A, 0)] * 4, "kkii", id="the first of an issue are kept"),
        pytest.param(None, 2, [(A, 0)] * 4, "kkpp", id="the first of a project are kept"),
        pytest.param(3, 2, [(A, 0)] * 5, "kkpii", id="first the project's drops, then the issue's"),
        pytest.param(2, None, [(A, 0), (B, 0)] * 3, "kkkkii", id="each issue has a bucket"),
        pytest.param(1, 3, [(A, 0), (A, 0), (B, 0)], "kik", id="what an issue's limit drops costs the project nothing"),
        pytest.param(2, None, [(None, 0)] * 3, "kkk", id="no issue yet, no limit of an issue"),
        pytest.param(2, 1, [(None, 0)] * 3, "kpp", id="no issue yet, but a limit of the project"),
        pytest.param(1, None, [(A, 0), (A, 30), (A, 60), (A, 61)], "kiki", id="time refills"),
    ],
)
def test_fates(issue, project, asked, expected):
    assert fates(asking(*asked), limits(issue, project, minutes=1)) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ProjectSettings(), Limits(None, None)),
        (ProjectSettings(0, 5, 0, 5), Limits(None, None)),
        (ProjectSettings(60, None, None, None), limits(project=60, minutes=60)),
        (ProjectSettings(60, 0, None, None), limits(project=60, minutes=1)),
        (ProjectSettings(None, None, 5, 2), limits(issue=5, minutes=2)),
    ],
)
def test_settings_mean_limits(settings, expected):
    assert limits_of(settings) == expected
    assert limits_of(settings).any == (expected != Limits(None, None))


@pytest.mark.parametrize("seed", range(20))
def test_batches_make_no_difference(seed):
    """However events are cut into batches, each has the same fate."""
    draw = random.Random(seed)
    seconds = sorted(draw.randrange(300) for _ in range(200))
    asked = asking(*((A, second) for second in seconds))
    of = limits(draw.randrange(1, 40), draw.randrange(1, 40), minutes=draw.randrange(1, 4))
    whole = admit(asked, of, {})
    cuts = sorted(draw.sample(range(1, 200), 9))
    buckets, parts = {}, []

    for start, end in zip([0, *cuts], [*cuts, 200], strict=True):
        part = admit(asked[start:end], of, buckets)
        buckets = part.buckets
        parts += part.fates

    assert [fate is Fate.KEPT for fate in parts] == [fate is Fate.KEPT for fate in whole.fates]
    # Within one second the same number is dropped by each of the limits only if the second is whole.
    assert buckets[PROJECT].tokens == pytest.approx(whole.buckets[PROJECT].tokens)


def test_which_buckets_a_decision_needs():
    asked = asking((A, 0), (B, 0), (None, 0))

    assert subjects(asked, limits(issue=1)) == {str(A), str(B)}
    assert subjects(asked, limits(project=1)) == {PROJECT}


def test_what_is_left_comes_from_the_buckets_that_exist():
    admission = admit(asking((A, 5)), limits(issue=3, minutes=1), {str(A): Bucket(0.5, 5)})

    assert admission.fates == [Fate.OVER_ISSUE_LIMIT]
    assert admission.buckets == {str(A): Bucket(0.5, 5)}


def test_usage_is_counted_by_limit_and_outcome():
    counts, both = LimitCounts(), limits(issue=3, project=2)

    counts.decided(both, [Fate.KEPT] * 2 + [Fate.OVER_PROJECT_LIMIT] + [Fate.OVER_ISSUE_LIMIT] * 4)
    counts.bypassed(both, 5)
    counts.bypassed(limits(issue=3), 1)
    counts.failed(9)

    assert counts.read() == (
        {
            ("issue", "allowed"): 3,
            ("issue", "rate_limited"): 4,
            ("issue", "bypassed"): 6,
            ("project", "allowed"): 2,
            ("project", "rate_limited"): 1,
            ("project", "bypassed"): 5,
        },
        9,
    )
