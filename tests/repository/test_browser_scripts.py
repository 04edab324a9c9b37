"""The build brings the browser client's scripts, or goes on without them and says so."""

import importlib.util
import io
import re
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class App:
    """Keeps the warnings of a build."""

    def __init__(self):
        self.warnings = []

    def display_warning(self, text):
        self.warnings.append(text)


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The hook of a checkout in `tmp_path`; `build.module` is its file."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.delenv("MOTHLIGHT_BUILD_SCRIPTS", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    (tmp_path / "bin").mkdir()
    hook = module.BrowserScripts(str(tmp_path), {}, None, None, "", "wheel", App())
    hook.module = module
    hook.static = tmp_path / module.STATIC
    return hook


def _install_npm(tmp_path, script):
    npm = tmp_path / "bin" / "npm"
    npm.write_text(f"#!{sys.executable}\n{script}")
    npm.chmod(0o755)


def _package(tmp_path, module, names):
    """Makes what npm would fetch, and an npm that brings it."""
    made = tmp_path / "made.tgz"
    with tarfile.open(made, "w:gz") as archive:
        for name in names:
            content = f"// {name}".encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    _install_npm(tmp_path, f"import shutil; shutil.copy({str(made)!r}, 'posthog-js-{module.VERSION}.tgz')\n")
    return made


def _names(module):
    return [f"package/dist/{name}" for name in module.SCRIPTS] + ["package/LICENSE", "package/dist/module.js"]


def _pin(build, made, monkeypatch):
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha512(made.read_bytes()).digest()).decode()
    monkeypatch.setattr(build.module, "INTEGRITY", f"sha512-{digest}")


def test_the_scripts_that_browsers_ask_for_come_with_their_licence(build, tmp_path, monkeypatch):
    _pin(build, _package(tmp_path, build.module, _names(build.module)), monkeypatch)
    build.initialize("standard", {})

    assert build.app.warnings == []
    assert {path.name for path in build.static.iterdir()} == {
        *build.module.SCRIPTS,
        "LICENSE.posthog-js.txt",
        "VERSION",
    }
    assert (build.static / "array.js").read_text() == "// package/dist/array.js"
    assert {"array.js", "exception-autocapture.js"} <= set(build.module.SCRIPTS)


def test_a_package_with_another_checksum_is_not_used(build, tmp_path):
    _package(tmp_path, build.module, _names(build.module))
    build.initialize("standard", {})

    assert build.app.warnings == [
        "The browser scripts are not in this build: posthog-js came with another checksum than the pinned one"
    ]
    assert not build.static.exists()


def test_a_package_without_a_script_is_not_used(build, tmp_path, monkeypatch):
    _pin(build, _package(tmp_path, build.module, ["package/LICENSE"]), monkeypatch)
    build.initialize("standard", {})

    assert "posthog-js has no package/dist/array.js" in build.app.warnings[0]
    assert not build.static.exists()


def test_without_the_network_the_build_goes_on(build, tmp_path):
    _install_npm(tmp_path, "raise SystemExit(1)\n")
    build.initialize("standard", {})

    assert build.app.warnings == ["The browser scripts are not in this build: npm could not fetch posthog-js"]


def test_an_npm_is_asked_for_only_where_there_is_none(build, tmp_path):
    assert build.dependencies() == [build.module.NPM_IN_A_WHEEL]
    _install_npm(tmp_path, "")

    assert build.dependencies() == []


def test_scripts_of_this_version_are_not_fetched_again(build, tmp_path):
    build.static.mkdir(parents=True)
    (build.static / "VERSION").write_text(f"{build.module.VERSION}\n")
    _install_npm(tmp_path, "raise SystemExit(1)\n")
    build.initialize("standard", {})

    assert build.app.warnings == []
    assert build.dependencies() == []


def test_they_can_be_left_out(build, monkeypatch):
    monkeypatch.setenv("MOTHLIGHT_BUILD_SCRIPTS", "off")
    build.initialize("standard", {})

    assert build.dependencies() == []
    assert not build.static.exists()


def test_version_and_checksum_are_pinned(build):
    assert re.fullmatch(r"\d+\.\d+\.\d+", build.module.VERSION)
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", build.module.INTEGRITY)
