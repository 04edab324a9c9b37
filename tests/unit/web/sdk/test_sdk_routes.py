"""Remote config, flags and scripts (ingest 10 to 12)."""

import base64
import gzip
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus
from uuid import UUID

import pytest
from starlette.applications import Starlette

from mothlight.web.sdk.remote_config import config_script
from mothlight.web.sdk.routes import sdk_routes
from tests.support.asgi import Received, call
from tests.support.intake import TOKEN, find_project, replay

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REQUEST_ID = UUID("00000000-0000-4000-8000-000000000001")
ORIGIN = {"Origin": "https://shop.example"}
SCRIPT = b"/* the client */"

CONFIG = {
    "token": TOKEN,
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "autocaptureExceptions": True,
    "errorTracking": {"autocaptureExceptions": True, "suppressionRules": []},
    "analytics": {"endpoint": "/i/v0/e/"},
    "elementsChainAsString": True,
    "autocapture_opt_out": True,
    "capturePerformance": False,
    "captureDeadClicks": False,
    "sessionRecording": False,
    "heatmaps": False,
    "defaultIdentifiedOnly": True,
    "siteApps": [],
}
FLAGS = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "quotaLimited": [],
    "requestId": str(REQUEST_ID),
    "evaluatedAt": int(NOW.timestamp() * 1000),
}


async def find_rules(_project_id: int) -> list[dict[str, object]]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "array.js").write_bytes(SCRIPT)
    (tmp_path / "exception-autocapture.js").write_bytes(SCRIPT)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Starlette:
    return Starlette(routes=sdk_routes(find_project, find_rules, lambda: NOW, new_id=lambda: REQUEST_ID, folder=folder))


def get(app: Starlette, path: str, headers: dict[str, str] | None = None, query: str = "") -> Received:
    return call(app, "GET", path, headers={**ORIGIN, **(headers or {})}, query=query)


@pytest.mark.parametrize("prefix", ["", "/ingest"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_config_of_a_known_token_turns_exceptions_on_and_nothing_else(app, prefix, slash):
    answer = get(app, f"{prefix}/array/{TOKEN}/config{slash}")

    assert (answer.status, answer.json()) == (200, CONFIG)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    assert "access-control-allow-credentials" not in answer.headers
    assert "max-age" in answer.headers["cache-control"]


def test_the_config_script_leaves_the_config_where_the_browser_looks(app):
    answer = get(app, f"/array/{TOKEN}/config.js")
    script = answer.body.decode()

    assert answer.headers["content-type"].startswith("application/javascript")
    assert run_script(script) == {TOKEN: {"config": CONFIG, "siteApps": []}}


def run_script(script: str) -> object:
    """What a script leaves in the window."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    program = f"globalThis.window = {{}};{script};console.log(JSON.stringify(window._POSTHOG_REMOTE_CONFIG))"
    return json.loads(subprocess.run([node, "-e", program], capture_output=True, check=True, text=True).stdout)


def test_a_token_cannot_break_out_of_the_script():
    script = config_script('"</script><!--\u2028\u2029').decode()

    assert "<" not in script
    assert "\u2028" not in script
    assert "\u2029" not in script


def test_the_loader_of_a_token_is_the_client_after_its_config(app):
    answer = get(app, f"/array/{TOKEN}/array.js")

    assert answer.body == config_script(TOKEN) + SCRIPT


@pytest.mark.parametrize("file", ["config", "config.js", "array.js"])
@pytest.mark.parametrize("token", ["phc_unknown", "phx_personal", "x" * 70, "%22"])
def test_an_unknown_token_is_404_and_appears_nowhere(app, file, token):
    answer = get(app, f"/array/{token}/{file}")

    assert answer.status == 404
    assert token.encode() not in answer.body
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize(
    "path", [f"/array/{TOKEN}/config", f"/array/{TOKEN}/config.js", f"/array/{TOKEN}/array.js", "/static/array.js"]
)
def test_what_a_client_has_is_not_sent_again(app, path):
    first = get(app, path)
    again = get(app, path, {"If-None-Match": first.headers["etag"]})
    other = get(app, path, {"If-None-Match": '"other"'})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.body == first.body


@pytest.mark.parametrize(
    "path",
    [
        "/static/array.js",
        "/static/exception-autocapture.js",
        "/static/1.449.2/exception-autocapture.js",
        "/ingest/static/1.130.2/array.js",
    ],
)
def test_scripts_are_served_plain_and_for_every_version(app, path):
    answer = get(app, path, query="v=1.449.2")

    assert (answer.status, answer.body) == (200, SCRIPT)
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    assert "max-age" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["/static/no.js", "/static/secret.txt", "/static/..js", "/static/.js", "/static/1/2/array.js", "/static/a b.js"],
)
def test_anything_else_under_static_is_404(app, path):
    assert get(app, path).status == 404


def test_a_script_that_changes_on_disk_is_served_anew(app, folder):
    before = get(app, "/static/array.js")
    (folder / "array.js").write_bytes(b"newer and longer")
    after = get(app, "/static/array.js")

    assert after.body == b"newer and longer"
    assert after.headers["etag"] != before.headers["etag"]


def test_without_built_scripts_everything_else_works(tmp_path):
    app = Starlette(routes=sdk_routes(find_project, find_rules, lambda: NOW, folder=tmp_path / "never-built"))

    assert get(app, "/static/array.js").status == 404
    assert get(app, f"/array/{TOKEN}/array.js").status == 404
    assert get(app, f"/array/{TOKEN}/config").status == 200


@pytest.mark.parametrize("path", ["/flags", "/flags/", "/ingest/flags/"])
@pytest.mark.parametrize("query", ["v=2", "v=4", ""])
def test_there_are_no_flags_and_no_error(app, path, query):
    answer = call(app, "POST", path, b'{"token":"x"}', ORIGIN, query)

    assert (answer.status, answer.json()) == (200, FLAGS)
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("name", ["python-flags", "web-flags-gzip"])
def test_recorded_flag_requests_are_answered(app, name):
    answer = replay(app, name)

    assert (answer.status, answer.json()) == (200, FLAGS)


BODY = json.dumps({"token": TOKEN, "distinct_id": "ada"}).encode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (BODY, "application/json"),
        (gzip.compress(BODY), "text/plain"),
        (b"data=" + quote_plus(base64.b64encode(BODY)).encode(), "application/x-www-form-urlencoded"),
        (BODY.replace(b'"token"', b'"api_key"'), "application/json"),
        (BODY.replace(b'"ada"', b"NaN"), "application/json"),
    ],
)
def test_old_clients_get_their_config_with_the_flags(app, body, content_type):
    headers = {"Content-Type": content_type}
    flags = call(app, "POST", "/flags/", body, headers, "v=2&config=true")
    decide = call(app, "POST", "/decide/", body, headers, "v=3")

    assert flags.json() == {**FLAGS, **CONFIG}
    assert decide.json() == {
        **FLAGS,
        **CONFIG,
        "toolbarParams": {},
        "isAuthenticated": False,
        "autocaptureExceptions": {"endpoint": "/e/"},
    }


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"token":"phc_unknown"}', b'{"token":5}', b"\x1f\x8b\x08"])
@pytest.mark.parametrize(("path", "query"), [("/flags/", "config=true"), ("/decide/", "v=3"), ("/flags/", "v=2")])
def test_whatever_is_sent_there_is_an_answer(app, path, query, body):
    answer = call(app, "POST", path, body, query=query)

    assert answer.status == 200
    assert answer.json()["flags"] == {}
    assert "token" not in answer.json()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/flags/definitions", {"flags": [], "group_type_mapping": {}, "cohorts": {}}),
        ("/api/feature_flag/local_evaluation/", {"flags": [], "group_type_mapping": {}, "cohorts": {}}),
        ("/api/surveys/", {"surveys": [], "survey_config": None}),
        ("/api/early_access_features/", {"earlyAccessFeatures": []}),
        ("/api/web_experiments", {"experiments": []}),
        ("/ingest/api/product_tours/", {"product_tours": []}),
    ],
)
def test_what_we_do_not_have_is_said_in_the_way_that_keeps_clients_quiet(app, path, body):
    answer = get(app, path, query=f"token={TOKEN}&send_cohorts")

    assert (answer.status, answer.json()) == (200, body)
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [("GET", "/flags/"), ("POST", "/static/array.js"), ("PUT", "/decide/")])
def test_other_methods_are_405(app, method, path):
    answer = call(app, method, path, headers=ORIGIN)

    assert answer.status == 405
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize("path", ["/flags/", "/decide/", f"/array/{TOKEN}/config", "/static/array.js", "/api/surveys/"])
def test_preflights_are_allowed(app, path):
    asked = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = call(app, "OPTIONS", path, headers=asked)

    assert answer.status == 200
    assert answer.headers["access-control-allow-headers"] == "content-type"


@pytest.mark.parametrize("path", ["/", "/myflags/", "/static/a.css", "/array/x/y/config", "/api/projects/1/surveys/"])
def test_other_paths_are_left_to_others(app, path):
    assert all(route.matches({"type": "http", "path": path, "method": "GET"})[0].value == 0 for route in app.routes)
