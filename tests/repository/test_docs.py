"""What the documentation says of the code is so: links, paths, names, and every table that repeats something."""

import ast
import importlib
import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from mothlight.access.scopes import ALL, SCOPES
from mothlight.bootstrap import server as bootstrap
from mothlight.cli.app import COMMANDS, build
from mothlight.cli.environment import option_variables
from mothlight.cli.first_run_options import FirstRunOptions
from mothlight.journal.backlog import UNREADABLE
from mothlight.kit.lock import FILE_NAME as LOCK
from mothlight.model.outcome import DropReason
from mothlight.model.tally import Tally
from mothlight.settings import PREFIX, VARIABLES, read_settings
from mothlight.web.api.routes import ROUTES
from mothlight.web.intake.dialects.interface import BadEvent
from mothlight.web.intake.endpoints import ENDPOINTS, Treatment
from mothlight.web.operation import ApiRequests, Operation, operation_routes
from mothlight.web.sdk.routes import sdk_routes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "mothlight"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"\.?[\w-]+(?:[/.][\w.-]+)*\.(?:py|md|toml|lock|mako|json|mjs|js)|\.?[\w-]+(?:/[\w.-]+)*/")
NAMED = re.compile(r"`([A-Za-z_]\w*)` in `([\w./-]+\.py)`")
CONSTANT = re.compile(r"([\w/]+)\.py: (\w+)")
UNITS = {"MiB": 1024 * 1024, "KiB": 1024}


def _id(page):
    return str(page.relative_to(ROOT))


def _prose(page):
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text())


def _slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")


def _anchors(page):
    return {_slug(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)}


def _tables(page, heading=None):
    """The rows of all tables of a page, or of one section, each as its cells; without the lines of titles."""
    text = (DOCS / page).read_text()
    if heading is not None:
        text = re.split(r"^## ", text.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = text.splitlines()
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for number, line in enumerate(lines)
        if line.startswith("|") and not line.startswith("| ---")
        if not "".join(lines[number + 1 : number + 2]).startswith("| ---")
    ]
    assert rows, f"{page} has no table under {heading}"
    return rows


def _plain(cell):
    """What stands in the first code span of a cell."""
    return SPAN.search(cell)[1]


def _place(name):
    """Where a named file or folder may be: in the repository, or in the package."""
    return [ROOT / name, SOURCE / name]


# Pages


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(_prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page

        assert linked.exists(), target
        assert not anchor or anchor in _anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_named_file_exists(page):
    for name in SPAN.findall(_prose(page)):
        if FILE.fullmatch(name) and name != LOCK and not _is_a_script_of_the_client(name):
            assert any(place.exists() for place in [*_place(name), page.parent / name]), name


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_name_stands_in_the_file_that_is_named_with_it(page):
    for name, file in NAMED.findall(page.read_text()):
        found = [place for place in _place(file) if place.exists()]

        assert found, file
        assert re.search(rf"\b{name}\b", found[0].read_text()), f"{name} in {file}"


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_command_exists(page):
    text = page.read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())
    names = {path for path, _, _ in COMMANDS}
    groups = {path.split()[0] for path in names if " " in path}
    ours = re.findall(r"(?:`|^    |^ExecStart=\S*/|/bin/)mothlight ([a-z]+(?: [a-z]+)?)", text, re.MULTILINE)

    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE)) <= targets
    for command in ours:
        first = command.split()[0]
        assert command in names or first in names or (command == first and first in groups), command


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_code_block_can_be_read(page):
    for _, language, code in FENCE.findall(page.read_text()):
        match language:
            case "python":
                ast.parse(code)
            case "json":
                json.loads(code)
            case other:
                assert other in ("js", "html", "text", "ini", "sql", "python", "json"), "a block says its language"


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_variable_is_read_by_something(page):
    read = {PREFIX + name for name in VARIABLES} | option_variables(build())
    elsewhere = {"MOTHLIGHT_TEST_POSTGRES_URL", "MOTHLIGHT_BUILD_SCRIPTS"}

    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", page.read_text())) <= read | elsewhere


def test_every_page_is_in_the_index_of_its_folder():
    for folder in {page.parent for page in PAGES if DOCS in page.parents}:
        index = folder / "README.md"
        linked = {(folder / target.partition("#")[0]).resolve() for target in LINK.findall(index.read_text())}

        assert linked >= {page for page in folder.glob("*.md") if page != index}, folder
        assert linked >= {inner / "README.md" for inner in folder.iterdir() if list(inner.glob("*.md"))}, folder


def test_the_index_of_decisions_has_their_titles_in_order():
    files = sorted((DOCS / "decisions").glob("0*.md"))
    numbers = [file.name[:4] for file in files]

    assert numbers == [f"{number:04d}" for number in range(1, len(files) + 1)]
    rows = _tables("decisions/README.md")
    assert [link for link, _ in rows] == [f"[{file.name[:4]}]({file.name})" for file in files]
    for file, (_, title) in zip(files, rows, strict=True):
        heading = file.read_text().splitlines()[0]
        assert heading.startswith(f"# {file.name[:4]} · ")
        assert title.startswith(heading.partition(" · ")[2]), file.name


def test_the_words_of_the_glossary_are_in_order_and_are_used():
    words = [re.fullmatch(r"\*\*(.*)\*\*", row[0])[1] for row in _tables("glossary.md") if row[0] != "word"]
    code = "\n".join(path.read_text() for path in sorted(SOURCE.rglob("*.py"))).lower().replace("_", " ")

    assert words == sorted(words)
    assert [word for word in words if word not in code] == []


# Settings and commands


def _options(command):
    app = build()
    for name in command.split():
        app = app[name]
    return {argument.name for argument in app.assemble_argument_collection() if argument.name.startswith("--")}


def test_the_settings_of_the_server_are_those_that_are_read():
    documented = {_plain(row[0]) for row in _tables("operating/settings.md", "The server")}

    assert documented == {PREFIX + name for name in VARIABLES} | {PREFIX + "HOST", PREFIX + "PORT", PREFIX + "DATA_DIR"}


def test_the_defaults_of_the_server_are_the_real_ones():
    settings = read_settings(data_dir=Path("/d"), environment={})
    shown = {True: "on", False: "off", (): "none", None: "the address of the request"}
    rows = {
        _plain(row[0]).removeprefix(PREFIX).lower(): row[2].strip("`")
        for row in _tables("operating/settings.md", "The server")
    }

    assert rows.pop("data_dir") in str(build()["serve"].assemble_argument_collection()["--data-dir"].field_info.default)
    for name, default in rows.items():
        value = getattr(settings, name)
        expected = shown.get(value, str(value)) if not isinstance(value, int) or isinstance(value, bool) else str(value)
        assert default.replace("<data-dir>", "/d").replace("////", "///") == expected.replace("////", "///"), name


def test_the_choices_of_the_first_run_are_those_of_init():
    documented = {(_plain(row[0]), _plain(row[1])) for row in _tables("operating/settings.md", "The first run")}
    fields = FirstRunOptions.__dataclass_fields__

    assert documented == {(PREFIX + name.upper(), f"--{name.replace('_', '-')}") for name in fields}


def test_the_commands_and_their_options_are_the_real_ones():
    first_run = {f"--{name.replace('_', '-')}" for name in FirstRunOptions.__dataclass_fields__}
    rows = {_plain(row[0]).removeprefix("mothlight "): row[1] for row in _tables("operating/settings.md", "Commands")}

    assert rows.keys() == {path for path, _, _ in COMMANDS}
    for command, cell in rows.items():
        named = set(SPAN.findall(cell)) | (first_run if "first run" in cell else set())
        # Build machines have no data directory.
        assert named | (set() if command.startswith("symbols ") else {"--data-dir"}) == _options(command), command


def test_every_variable_of_an_option_is_named():
    text = (DOCS / "operating" / "settings.md").read_text()

    assert [name for name in sorted(option_variables(build())) if f"`{name}`" not in text] == []


# Health and logs


def _ask(path):
    tally = Tally()
    tally.accept(2, {"duplicate": 1})
    registry = CollectorRegistry()
    ApiRequests(registry).observe("GET", "/", 200, 0.1)
    operation = Operation(
        version="1", tally=tally, lag_seconds=lambda: 0.0, waiting_for_issue=lambda: 1, quarantine_lost=lambda: 1
    )
    app = Starlette(routes=operation_routes(operation, registry))

    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.get(path)

    return anyio.run(ask)


def test_the_routes_of_operation_are_documented():
    app = operation_routes(Operation("1", Tally(), lambda: 0.0), CollectorRegistry())
    first_table = _tables("operating/health.md")[: len(app)]

    assert {_plain(row[0]) for row in first_table} == {route.path for route in app}


def test_the_fields_of_stats_are_documented():
    documented = [_plain(row[0]) for row in _tables("operating/health.md", "The fields of `/_stats`")]

    assert documented == list(_ask("/_stats").json())


def test_the_figures_are_documented():
    documented = {_plain(row[0]) for row in _tables("operating/health.md", "The figures of `/metrics`")}
    families = re.findall(r"^# TYPE (mothlight\w*) ", _ask("/metrics").text, re.MULTILINE)

    assert documented == {name for name in families if not name.endswith("_created")}


def test_the_checks_of_readiness_are_documented():
    documented = [_plain(row[0]) for row in _tables("operating/health.md", "What `/_readyz` checks")]

    assert documented == list(bootstrap._checks(None, None, None, None))


def test_the_reasons_of_drops_are_documented():
    rows = _tables("operating/health.md", "Why events are dropped")
    at_receipt = {_plain(row[0]) for row in rows if row[1] == "at receipt"}
    later = {_plain(row[0]) for row in rows if row[1] == "pipeline"}

    assert at_receipt == {str(reason) for reason in BadEvent}
    assert later == {str(reason) for reason in DropReason} | {UNREADABLE}


def test_the_life_of_an_event_says_where_each_reason_ends_it():
    ends = " ".join(row[1] for row in _tables("life-of-an-event.md", "Where events end"))
    reasons = {str(reason) for reason in [*BadEvent, *DropReason]} | {UNREADABLE}

    assert {name for name in SPAN.findall(ends) if not name.startswith("$")} == reasons


def _logged(path):
    """Events and levels of the calls of loggers in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(ast.Attribute(ast.Name("log" | "_log"), method), [ast.Constant(event), *_]):
                yield event, {"exception": "error"}.get(method, method)


def test_the_events_of_the_log_are_documented_with_their_levels():
    documented = {(_plain(row[0]), row[1]) for row in _tables("operating/logs.md")}

    assert documented == {found for path in sorted(SOURCE.rglob("*.py")) for found in _logged(path)}


# The API and the SDKs


def test_the_endpoints_of_the_api_are_documented():
    documented = {(row[0], _plain(row[1]), _plain(row[2])) for row in _tables("api.md", "Where")}
    routes = {(route.method, f"{route.path}/", route.scope) for route in ROUTES}
    environments = {route for route in routes if route[1].startswith("/api/environments/")}

    assert documented == routes - environments
    assert {(method, path.replace("environments", "projects", 1), scope) for method, path, scope in environments} == {
        route for route in documented if "/error_tracking/" in route[1]
    }


def test_the_scopes_are_documented():
    assert {_plain(row[0]) for row in _tables("api.md", "Who asks")} == SCOPES | {ALL}


def test_the_capture_paths_are_documented_with_what_becomes_of_their_events():
    words = {Treatment.STORE: "processed", Treatment.COUNT: "counted", Treatment.DISCARD: "unread"}
    documented = {_plain(row[0]): row[1] for row in _tables("sdks.md", "Paths")}

    assert documented.keys() == {f"/{path}/" for path in ENDPOINTS}
    for path, endpoint in ENDPOINTS.items():
        assert words[endpoint.treatment] in documented[f"/{path}/"], path


def test_what_sdks_load_is_documented():
    patterns = [route.pattern for route in sdk_routes(None, None, None)]
    documented = [_plain(row[0]) for row in _tables("sdks.md", "What SDKs load")]

    assert [[index for index, each in enumerate(patterns) if each.search(path)] for path in documented] == [
        [index] for index in sorted(_first_by_path(patterns, documented))
    ]
    assert len(documented) == len(patterns)


def _first_by_path(patterns, documented):
    return [next(index for index, each in enumerate(patterns) if each.search(path)) for path in documented]


def test_the_limits_are_those_of_the_code():
    for _, limit, place, _ in _tables("sdks.md", "Limits"):
        number, unit = re.fullmatch(r"([\d,]+) ?(\w*).*", limit).groups()
        module, name = CONSTANT.fullmatch(_plain(place)).groups()
        module = importlib.import_module("mothlight." + module.removesuffix("/__init__").replace("/", "."))
        value = getattr(module, name)
        value = value.days if isinstance(value, timedelta) else value

        assert value == int(number.replace(",", "")) * UNITS.get(unit, 1), place


def _is_a_script_of_the_client(name):
    return f'"{name}"' in (ROOT / "hatch_build.py").read_text()


# The repository


def test_development_lists_every_target():
    documented = {_plain(row[0]) for row in _tables("development.md")[: len(_targets())]}

    assert documented == {f"make {name}" for name in _targets()}


def _targets():
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {line.split()[1] for line in listed.stdout.splitlines()} - {"help"}


def test_development_names_every_folder_of_tests():
    documented = {_plain(row[0]) for row in _tables("development.md", "Tests")}
    folders = {
        f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "_."
    }

    assert documented == folders


def test_the_layers_are_those_that_are_checked():
    drawn = FENCE.search((DOCS / "development.md").read_text())[3]
    checked = re.search(r"layers = \[\n(.*?)\n\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)[1]
    layers = [layer for layer in re.findall(r'"([^"]+)"', checked) if layer != "__main__"]

    assert re.sub(r"\s+", " ", drawn).strip() == " > ".join(layers)
