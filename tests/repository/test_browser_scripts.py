"""The build brings the scripts that come from npm, or goes on without them and says so."""

import base64
import dataclasses
import hashlib
import importlib.util
import io
import re
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPY = "import shutil, sys; shutil.copy({folder!r} + '/' + sys.argv[2].replace('@', '-') + '.tgz', '.')\n"


class App:
    """Keeps the warnings of a build."""

    def __init__(self):
        self.warnings = []

    def display_warning(self, text):
        self.warnings.append(text)


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The hook of a checkout in `tmp_path`; `build.module` is its file, `build.folders` what it fills."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "hatch_build", module)
    spec.loader.exec_module(module)
    monkeypatch.delenv("MOTHLIGHT_BUILD_SCRIPTS", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    (tmp_path / "bin").mkdir()
    hook = module.BrowserScripts(str(tmp_path), {}, None, None, "", "wheel", App())
    hook.module = module
    hook.folders = {package.name: tmp_path / package.folder for package in module.PACKAGES}
    return hook


def _install_npm(tmp_path, script):
    npm = tmp_path / "bin" / "npm"
    npm.write_text(f"#!{sys.executable}\n{script}")
    npm.chmod(0o755)


def _offer(build, tmp_path, monkeypatch, *, but=()):
    """Makes what npm would fetch, without some files, pins it, and installs an npm that brings it."""
    offered = tmp_path / "offered"
    offered.mkdir()
    pinned = []
    for package in build.module.PACKAGES:
        archive = offered / f"{package.name}-{package.version}.tgz"
        _pack(archive, [f"package/{name}" for name in [*package.files, "dist/other.js"] if name not in but])
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        pinned.append(dataclasses.replace(package, integrity=f"sha512-{digest}"))
    monkeypatch.setattr(build.module, "PACKAGES", tuple(pinned))
    _install_npm(tmp_path, COPY.format(folder=str(offered)))


def _pack(archive, names):
    with tarfile.open(archive, "w:gz") as opened:
        for name in names:
            content = f"// {name}".encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))


def test_the_scripts_come_with_their_licences_and_nothing_else(build, tmp_path, monkeypatch):
    _offer(build, tmp_path, monkeypatch)
    build.initialize("standard", {})

    assert build.app.warnings == []
    for package in build.module.PACKAGES:
        found = {path.name for path in build.folders[package.name].iterdir()}
        assert found == {*package.files.values(), "VERSION"}
    assert (build.folders["posthog-js"] / "array.js").read_text() == "// package/dist/array.js"
    assert (build.folders["htmx.org"] / "htmx.js").read_text() == "// package/dist/htmx.min.js"


def test_what_browsers_ask_for_is_among_them(build):
    assert {"array.js", "exception-autocapture.js"} <= set(build.module.SCRIPTS)


def test_a_package_with_another_checksum_is_not_used(build, tmp_path, monkeypatch):
    _offer(build, tmp_path, monkeypatch)
    archive = tmp_path / "offered" / "posthog-js-1.449.2.tgz"
    archive.write_bytes(archive.read_bytes() + b"x")
    build.initialize("standard", {})

    assert build.app.warnings == [
        "The scripts of posthog-js are not in this build: it came with another checksum than the pinned one"
    ]
    assert not build.folders["posthog-js"].exists()
    assert build.folders["htmx.org"].exists()


def test_a_package_without_a_script_is_not_used(build, tmp_path, monkeypatch):
    _offer(build, tmp_path, monkeypatch, but=["dist/array.js"])
    build.initialize("standard", {})

    assert build.app.warnings == ["The scripts of posthog-js are not in this build: it has no dist/array.js"]
    assert not build.folders["posthog-js"].exists()


def test_without_the_network_the_build_goes_on(build, tmp_path):
    _install_npm(tmp_path, "raise SystemExit(1)\n")
    build.initialize("standard", {})

    assert build.app.warnings == [
        f"The scripts of {name} are not in this build: npm could not fetch it" for name in ("posthog-js", "htmx.org")
    ]


def test_an_npm_is_asked_for_only_where_there_is_none(build, tmp_path):
    assert build.dependencies() == [build.module.NPM_IN_A_WHEEL]
    _install_npm(tmp_path, "")

    assert build.dependencies() == []


def test_scripts_of_this_version_are_not_fetched_again(build, tmp_path):
    for package in build.module.PACKAGES:
        build.folders[package.name].mkdir(parents=True)
        (build.folders[package.name] / "VERSION").write_text(f"{package.version}\n")
    assert build.dependencies() == []
    _install_npm(tmp_path, "raise SystemExit(1)\n")
    build.initialize("standard", {})

    assert build.app.warnings == []


def test_they_can_be_left_out(build, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_BUILD_SCRIPTS", "off")
    build.initialize("standard", {})

    assert build.dependencies() == []
    assert not any(folder.exists() for folder in build.folders.values())


def test_versions_and_checksums_are_pinned(build):
    for package in build.module.PACKAGES:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package.version)
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package.integrity)


def test_the_folders_are_in_the_package_and_not_in_the_repository(build):
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    project = (ROOT / "pyproject.toml").read_text()

    for package in build.module.PACKAGES:
        assert f"/{package.folder.as_posix()}/" in ignored
        assert f'"{package.folder.as_posix()}/*"' in project
