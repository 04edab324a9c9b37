"""Every page and state of `states.STATES`: nothing that axe-core finds, valid HTML, all in reach of the keyboard."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.end_to_end.packages import installed_packages, unavailable
from tests.end_to_end.server import Server

from .chromium import NARROW, WIDE
from .filled import fill
from .states import STATES, State
from .walk import Walk, walking

CHECKERS = Path(__file__).parent / "checkers"
TALLEST = 16_000
DARK_RULES = ("color-contrast", "link-in-text-block")
"""What can differ between light and dark, where everything else is the same."""
AXE = """async ([part, rules]) => {
    const found = await axe.run(part ? {include: [[part]]} : document, {
        resultTypes: ['violations', 'incomplete'],
        ...(rules ? {runOnly: rules} : {rules: {'target-size': {enabled: true}, 'region': {enabled: !part}}}),
    });
    const told = (each, sure) => each.nodes.map((node) => ({
        rule: each.id,
        sure,
        impact: each.impact,
        why: sure ? null : node.any.map((check) => check.data?.messageKey).find(Boolean) ?? null,
        strip: Boolean(document.querySelector(node.target.at(-1))?.closest('.views, .recs, .side')),
        where: node.target.join(' '),
        html: node.html.slice(0, 200),
        words: node.failureSummary,
    }));
    return [
        ...found.violations.flatMap((each) => told(each, true)),
        ...found.incomplete.flatMap((each) => told(each, false)),
    ];
}"""
UNDECIDED = {
    "bgImage": "a select has the picture of its arrow beside its text, not behind it",
    "bgGradient": "the glow behind the moth of the sign-in page; where it is strongest the muted text has 4.5:1 still",
    "imgNode": "the text of a chart stands below and above its bars, not on them",
    "shortTextContent": "an arrow that says which way a column is sorted, which `aria-sort` says too",
    "emptyContent": "a field without a value has no text",
}
"""What axe-core cannot decide about contrast, and what people found. Nothing else may stay undecided, but for:

- what was scrolled out of a strip (`.views`, `.recs`, `.side`): its colours are those seen at the other width;
- a menu that lies above the page: it has its own ground.
"""
UNREACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter((one) => one.checkVisibility() && one.tabIndex < 0 && !one.closest('svg.chart'))
    .map((one) => one.outerHTML.slice(0, 160))"""
"""What has no place in the order of Tab. The bars of a chart have none: the form under “Zoom” does the same."""


@pytest.fixture(scope="module")
def packages() -> Path:
    """The checkers, from npm."""
    return installed_packages(CHECKERS, "page-checkers")


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """What the server has answered, by a name for it."""
    return {}


@pytest.fixture(scope="module")
def walk(server: Server, browser: Browser, sources: dict[str, str]) -> Iterator[Walk]:
    """A filled server, and who goes through its pages."""
    with walking(browser, fill(server)) as walk:
        walk.on_response(lambda state, answer: keep_html(sources, state, answer))
        yield walk


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Server]:
    """One that is not started yet."""
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        yield running
        running.stop()
        assert "page_policy_violated" not in running.log(), running.log_tail()
        assert "Traceback" not in running.log(), running.log_tail()
    finally:
        running.discard()


def keep_html(sources: dict[str, str], state: State, answer: Response) -> None:
    """Keep a page or a part of one."""
    if "text/html" in answer.headers.get("content-type", "") and not 300 <= answer.status < 400:
        kind = "part" if answer.request.headers.get("hx-request-type") == "partial" else "page"
        sources[f"{state.name}.{kind}{len(sources)}"] = answer.text()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_nothing_stands_in_the_way_of_anybody(state: State, walk: Walk, packages: Path) -> None:
    page, _ = walk.to(state)
    page.evaluate((packages / "axe-core" / "axe.min.js").read_text() + ";0")
    found = []
    for size in (WIDE, NARROW):
        show_whole(page, size)
        found += look(page, state, size, "light", None)
        found += look(page, state, size, "dark", DARK_RULES)

    assert found == []
    assert page.evaluate(UNREACHABLE) == []


def test_the_html_of_every_page_is_valid(walk: Walk, packages: Path, sources: dict[str, str], tmp_path: Path) -> None:
    java = shutil.which("java")
    if java is None:
        unavailable("the HTML checker needs Java (on Debian: apt-get install default-jre-headless)")
    for state in STATES:
        if not any(name.startswith(f"{state.name}.") for name in sources):
            walk.to(state)
    assert len(sources) >= len(STATES)
    for name, source in sources.items():
        (tmp_path / f"{name}.html").write_text(source if ".page" in name else as_page(source))

    found = invalid(java, packages / "vnu-jar" / "build" / "dist" / "vnu.jar", tmp_path)
    assert found == [], "\n".join(found)


def show_whole(page: Page, size: tuple[int, int]) -> None:
    """As wide as it is seen and as high as it is, so that nothing is under the line at the bottom."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size[0], "height": min(max(height, size[1]), TALLEST)})


def look(
    page: Page, state: State, size: tuple[int, int], colours: Any, rules: tuple[str, ...] | None
) -> list[dict[str, Any]]:
    """What axe-core finds, and what it cannot decide and nobody has explained."""
    page.emulate_media(color_scheme=colours)
    found = page.evaluate(AXE, [state.part, rules])
    return [
        {"width": size[0], "colours": colours, **each}
        for each in found
        if each["sure"] or not is_explained(each, state)
    ]


def is_explained(found: dict[str, Any], state: State) -> bool:
    """Whether `UNDECIDED` says why axe-core does not know."""
    is_above = state.part is not None and found["why"] == "elmPartiallyObscuring"
    return found["rule"] == "color-contrast" and (found["why"] in UNDECIDED or found["strip"] or is_above)


def as_page(part: str) -> str:
    """A part of a page, with as much around it as it needs."""
    return f'<!DOCTYPE html><html lang="en"><head><title>A part</title></head><body><h1>A part</h1>{part}</body></html>'


def invalid(java: str, checker: Path, folder: Path) -> list[str]:
    """What the checker has to say about all files of a folder."""
    command = [java, "-jar", str(checker), "--format", "json", "--exit-zero-always", "--skip-non-html", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    messages = json.loads(done.stderr)["messages"]
    return [
        f"{Path(each.get('url', '')).name}:{each.get('lastLine')}: {each['message']} {each.get('extract', '')!r}"
        for each in messages
    ]
