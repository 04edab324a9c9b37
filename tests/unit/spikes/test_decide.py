"""When an issue spikes (pipeline 8.1 to 8.3)."""

import pytest

from mothlight.spikes.decide import is_spike, issue_baseline, project_baseline
from mothlight.storage.metadata.repositories.settings import SpikeConfig

NOW = 100


def before(*counts):
    """Events by bucket, the last of them just before the current one; None: no bucket."""
    return {NOW - place: count for place, count in enumerate(reversed(counts), 1) if count is not None}


@pytest.mark.parametrize(
    ("own", "project", "current", "baseline", "spiking"),
    [
        pytest.param(before(*[10] * 11), {}, 500, 10, True, id="far above the usual"),
        pytest.param(before(10), {}, 600, 10, True, id="one bucket is a past"),
        pytest.param({}, before((15, 3), (12, 4), (8, 2)), 600, 4.0, True, id="no past: that of the project"),
        pytest.param(before(100), {}, 700, 100, False, id="less than ten times the usual"),
        pytest.param({}, before((200, 1)), 600, 200, False, id="the project is always loud"),
        pytest.param({}, {}, 500, 0, True, id="nothing is known"),
        pytest.param({}, {}, 499, 0, False, id="too few to speak of"),
        pytest.param(before(50), {}, 500, 50, False, id="exactly ten times is not more"),
        pytest.param(before(20, None, None, 40), {}, 500, 30, True, id="buckets without events are absent, not zero"),
        pytest.param(before(9_000, *[10] * 11), {}, 500, 10, True, id="what is older than an hour is forgotten"),
        pytest.param({NOW: 9_000}, {}, 500, 0, True, id="the current bucket is not its own past"),
        pytest.param({}, before((0, 0), (30, 3)), 500, 10, True, id="buckets without issues do not count"),
    ],
)
def test_decisions(own, project, current, baseline, spiking):
    found = issue_baseline(own, NOW)
    found = project_baseline(project, NOW) if found is None else found

    assert found == baseline
    assert is_spike(current, found, SpikeConfig()) is spiking


@pytest.mark.parametrize(
    ("config", "spiking"),
    [
        (SpikeConfig(threshold=100, multiplier=4), True),
        (SpikeConfig(threshold=101, multiplier=4), False),
        (SpikeConfig(threshold=1, multiplier=4), True),
        (SpikeConfig(threshold=1, multiplier=5), False),
    ],
)
def test_a_project_decides_what_a_spike_is(config, spiking):
    assert is_spike(100, 20, config) is spiking
