"""Builds the minified programs with Rollup, and lets build tools upload to a running server as they are installed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

from . import packages
from .client import EVERYTHING, Client, Json, eventually

SOURCES = packages.PROGRAMS / "minified"
BUILD_SECONDS = 60
REPAIR_SECONDS = 10
"""How long after an upload what was stored before may stay as it was."""

Frame = Json


class Build:
    """A folder with the sources of the minified programs, and what is built of them."""

    def __init__(self, folder: Path, client: Client) -> None:
        self.folder = folder / "shop"
        self.dist = self.folder / "dist"
        copytree(SOURCES, self.folder)
        (self.folder / "node_modules").symlink_to(packages.node_modules())
        self._client = client

    def build(self, entry: str, format_: str, *, version: str = "1.0", uploads: bool = True) -> None:
        """Build an entry; with the released plugin of Rollup, which uploads, or without."""
        rollup = self.folder / "node_modules" / "rollup" / "dist" / "bin" / "rollup"
        self.run(
            [packages.node(), str(rollup), "--config", "rollup.config.mjs"],
            BUILD_ENTRY=entry,
            BUILD_FORMAT=format_,
            BUILD_UPLOADS="yes" if uploads else "no",
            SHOP_KEY=self._client.key,
            SHOP_PROJECT=str(self._client.project_id),
            SHOP_VERSION=version,
            SHOP_HOST=str(self._client.http.base_url),
            SHOP_UPLOADER=str(program("mothlight-symbols")),
        )

    def symbols(self, command: str, *options: str) -> str:
        """`mothlight symbols` for what was built; gives what it says."""
        return self.run(
            [str(program("mothlight")), "symbols", command, str(self.dist), *options],
            MOTHLIGHT_URL=str(self._client.http.base_url),
            MOTHLIGHT_API_KEY=self._client.key,
            MOTHLIGHT_PROJECT_ID=str(self._client.project_id),
        )

    def run(self, command: list[str], **variables: str) -> str:
        """Run a program where the sources are; gives what it says."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOTHLIGHT_")}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=inherited | variables,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def program(name: str) -> Path:
    """A program that the package installs."""
    path = Path(sys.executable).parent / name
    if not path.exists():
        packages.unavailable(f"{path} is not there: install the package anew")
    return path


def line_of(file: str, statement: str) -> int:
    """Where a statement of the sources stands, from 1."""
    lines = (SOURCES / file).read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, start=1) if line.strip() == statement]
    return number


def crash_frame(event: Json) -> Frame:
    """The innermost frame of the first exception."""
    frames: list[Frame] = event["properties"]["$exception_list"][0]["stacktrace"]["frames"]
    return frames[-1]


def is_readable(frame: Frame) -> bool:
    """Whether the frame is where the price is looked up in the sources."""
    place = (frame["resolved"], frame.get("resolved_name"), Path(frame.get("source", "")).name, frame["line"])
    return place == (True, "lookUpPrice", "pricing.mjs", line_of("pricing.mjs", "return PRICES[sku].cents;"))


def context_of(client: Client, frame: Frame) -> Json:
    """The source lines around a frame, as the API gives them."""
    answer = client.http.post(
        f"/api/environments/{client.project_id}/error_tracking/stack_frames/batch_get/",
        json={"raw_ids": [frame["raw_id"]]},
    )
    answer.raise_for_status()
    context: Json = answer.json()["results"][0]["context"]
    return context


def newest_release(client: Client) -> Json | None:
    """The release of the newest event of the project's only issue."""
    (issue,) = client.issues()
    release: Json | None = client.post("query/issue_event", {"issueId": issue["id"], **EVERYTHING})["event"]["release"]
    return release


def only_issue(client: Client, seconds: float, holds: Callable[[list[Json]], bool]) -> list[Json]:
    """The events of the project's only issue, once they are as expected."""

    def look() -> list[Json] | None:
        issues = client.issues()
        events = client.events(issues[0]["id"], verbosity="raw") if len(issues) == 1 else []
        return events if events and holds(events) else None

    return eventually(look, seconds, lambda: f"{[(each['name'], each['id']) for each in client.issues()]}")
