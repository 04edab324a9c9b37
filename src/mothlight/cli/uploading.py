"""What commands that upload share: where to, and what people see meanwhile."""

import os
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mothlight.model.errors import Misconfigured
from mothlight.uploader.server import Server, Target
from mothlight.uploader.uploads import Done, Rules, Upload, upload_all

HOST, KEY, PROJECT = "POSTHOG_CLI_HOST", "POSTHOG_CLI_API_KEY", "POSTHOG_CLI_PROJECT_ID"
OLDER = {KEY: "POSTHOG_CLI_TOKEN", PROJECT: "POSTHOG_CLI_ENV_ID"}
"""Names of older versions of the same variables."""


def find_target(
    host: str | None = None, key: str | None = None, project: str | None = None, *, verify: bool = True
) -> Target:
    """Where to upload to: what is given, else what the environment says as it does for posthog-cli.

    Raises:
        Misconfigured: something is not given.
    """
    found = {HOST: host or _variable(HOST), KEY: key or _variable(KEY), PROJECT: project or _variable(PROJECT)}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise Misconfigured(f"it is not said where to upload to: {', '.join(missing)} is not set")
    if not found[HOST].startswith(("http://", "https://")):
        raise Misconfigured(f"the server's address must be like https://errors.example.com, not {found[HOST]!r}")
    return Target(found[HOST], found[KEY], found[PROJECT], verify)


def upload_visibly(server: Server | None, uploads: list[Upload], rules: Rules) -> None:
    """Upload with a bar, and say in the end what was done. Raises `UploadFailed`."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done: list[Done] = []
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Uploading", total=len(uploads))

        def tell(each: Done) -> None:
            done.append(each)
            progress.update(task, advance=1)

        upload_all(server, uploads, rules, tell)
    say(_summary(done, dry_run=rules.dry_run))


def say(text: str) -> None:
    """Tell people something; standard output is for programs."""
    print(text, file=sys.stderr)


def say_skipped(what: str, names: Iterable[object]) -> None:
    """Tell of files that are left out."""
    for name in names:
        say(f"{name}: {what}")


def _summary(done: list[Done], *, dry_run: bool) -> str:
    if dry_run:
        lines = [f"{each.upload.name}: {each.upload.chunk_id}, {each.size} bytes" for each in done]
        return "\n".join([*lines, f"{len(done)} would be uploaded"])
    sent = [each for each in done if each.was_sent]
    size = sum(each.size for each in sent)
    return f"{len(sent)} uploaded ({size / 1_000_000:.1f} MB), {len(done) - len(sent)} were there already"


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip() or os.environ.get(OLDER.get(name, ""), "").strip()
