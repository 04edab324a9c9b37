"""`python -m tests.browser.screenshots` takes pictures of every page at both widths, light and dark.

The pages are those of `states.STATES`; the server is filled for it, and goes again. Names of states take fewer;
`--best` also renews the pictures that the README shows.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.end_to_end.server import Server

from .chromium import NARROW, WIDE, chromium
from .filled import fill
from .states import STATES, State
from .walk import walking

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "screenshots"
BEST = {"issues-1440-light": "issues", "issue-1440-light": "issue"}
"""Pictures of the README: the name here, and there."""
TALLEST = 5_000


def main() -> None:
    """Read the options, fill a server, take the pictures."""
    options = read_options()
    states = [state for state in STATES if not options.states or state.name in options.states]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        try:
            with chromium() as browser, walking(browser, fill(server)) as walk:
                for state in states:
                    page, _ = walk.to(state)
                    take(page, state)
        finally:
            server.discard()
    if options.best:
        for taken, shown in BEST.items():
            shutil.copy(FOLDER / f"{taken}.png", ROOT / "docs" / "screenshots" / f"{shown}.png")
    sys.stdout.write(f"Pictures of {len(states)} states are in {FOLDER}\n")


def read_options() -> argparse.Namespace:
    """What is wanted."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("states", nargs="*", help="names of states; without them all")
    parser.add_argument("--best", action="store_true", help="renew the pictures of the README")
    options = parser.parse_args()
    if unknown := set(options.states) - {state.name for state in STATES}:
        parser.error(f"there is no state {', '.join(sorted(unknown))}")
    return options


def take(page: Page, state: State) -> None:
    """Four pictures: two widths, two sets of colours. Wide ones show a screen, narrow ones the whole page."""
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        if width == NARROW[0] and state.part is None:
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(max(whole, height), TALLEST)})
        for colours in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
            page.screenshot(path=FOLDER / f"{state.name}-{width}-{colours}.png")


if __name__ == "__main__":
    main()
