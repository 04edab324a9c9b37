"""Which paths are capture paths (ingest 1)."""

import pytest

from mothlight.web.intake.endpoints import ENDPOINTS, Treatment, find_endpoint, is_capture_path

STORED = ["/batch", "/i/v0/e", "/e", "/capture", "/track", "/engage", "/i/v1/analytics/events"]
COUNTED = ["/i/v0/ai/batch", "/i/v0/ai"]
DISCARDED = ["/s", "/i/v1/logs", "/i/v1/metrics", "/i/v1/traces"]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("prefix", ["", "/ingest", "/a/b/c/d/e"])
@pytest.mark.parametrize("path", STORED + COUNTED + DISCARDED)
def test_every_capture_path_is_known_under_any_prefix_with_and_without_slash(path, prefix, slash):
    assert is_capture_path(prefix + path + slash)


@pytest.mark.parametrize(
    ("paths", "treatment"), [(STORED, Treatment.STORE), (COUNTED, Treatment.COUNT), (DISCARDED, Treatment.DISCARD)]
)
def test_the_longest_ending_decides_what_happens(paths, treatment):
    assert {find_endpoint(path).treatment for path in paths} == {treatment}
    assert {find_endpoint("/ingest" + path).treatment for path in paths} == {treatment}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/metrics",
        "/logs",
        "/flags/",
        "/decide/",
        "/events",
        "/analytics/events",
        "/batches",
        "/prebatch",
        "/static/array.js",
        "/api/projects/1/error_tracking/batch",
        "/api/environments/1/query/e",
        "/array/phc_x/config",
    ],
)
def test_other_paths_are_left_to_others(path):
    assert not is_capture_path(path)


def test_only_the_old_paths_answer_to_get():
    readable = {path for path, endpoint in ENDPOINTS.items() if "GET" in endpoint.methods}

    assert readable == {"batch", "e", "i/v0/e", "capture", "track", "engage"}
