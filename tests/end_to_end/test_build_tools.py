"""The calls of build tools against a running server: what they upload makes frames of their platform readable."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.symbols import GOLDEN

from .builds import program
from .client import Client, Json, ok
from .server import Server


@pytest.fixture
def project(server: Server) -> Client:
    """A project of the test's own."""
    made = server.command("projects", "create", "Builds", "--json")
    return server.client().of_project(made["id"], made["api_token"])


def call(client: Client, *arguments: str, stdin: str = "", code: int = 0) -> "subprocess.CompletedProcess[str]":
    """A call of `mothlight-symbols`, with the variables that build tools set."""
    variables = {
        "POSTHOG_CLI_HOST": str(client.http.base_url),
        "POSTHOG_CLI_API_KEY": client.key,
        "POSTHOG_CLI_PROJECT_ID": str(client.project_id),
    }
    done = subprocess.run(
        [str(program("mothlight-symbols")), *arguments],
        env={**os.environ, **variables},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def sets(client: Client) -> dict[str, Json]:
    """The project's symbol sets by reference."""
    place = f"/api/environments/{client.project_id}/error_tracking/symbol_sets/"
    return {each["ref"]: each for each in ok(client.http.get(place))["results"]}


def frame_after(client: Client, frame: Json, images: list[Json] | None = None) -> Json:
    """How a frame is shown once an event with it was sent."""
    trace = {"type": "raw", "frames": [frame]}
    exception = {"type": "Error", "value": "x", "mechanism": {"handled": True}, "stacktrace": trace}
    properties: Json = {"distinct_id": "ada", "$exception_list": [exception], "$debug_images": images or []}
    assert client.capture({"event": "$exception", "properties": properties}).status_code == 200
    client.wait_until_queryable()
    (issue,) = client.issues()
    (event,) = client.events(issue["id"], verbosity="raw")
    shown: Json = event["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]
    return shown


def test_a_release_is_made_once_and_its_id_is_all_that_is_printed(project: Client) -> None:
    arguments = ("release", "resolve", "--release-name", "shop", "--release-version", "1.0", "--build", "7")

    first = call(project, *arguments).stdout
    again = call(project, *arguments).stdout

    place = f"/api/environments/{project.project_id}/error_tracking/releases/"
    (release,) = ok(project.http.get(place))["results"]
    assert first == again == release["id"] + "\n"
    assert (release["project"], release["version"], release["metadata"]["build"]) == ("shop", "1.0", "7")


def test_scripts_are_processed_and_their_maps_deleted(project: Client, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    shutil.copytree(GOLDEN / "web" / "plain", dist)
    release = ("--project", "shop", "--version", "2.0")

    call(project, "sourcemap", "process", "--directory", str(dist), *release, "--delete-after")

    scripts = sorted(dist.glob("*.js"))
    ids = {script.read_text().split("//# chunkId=")[1].strip() for script in scripts}
    assert sets(project).keys() == ids
    assert all(each["has_uploaded_file"] and each["release"] is None for each in sets(project).values())
    assert not list(dist.glob("*.map"))
    assert not any("sourceMappingURL" in script.read_text() for script in scripts)
    assert all("_posthogReleaseId" in script.read_text() for script in scripts)


def test_symbol_sets_are_bound_to_the_release_in_the_older_mode(project: Client, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    shutil.copytree(GOLDEN / "web" / "injected-symbol-set", dist)
    paths = "\n".join(str(path) for path in dist.glob("*.js"))
    release = ("--release-name", "shop", "--release-version", "3.0")

    for _ in range(2):
        call(project, "sourcemap", "upload", "--stdin", *release, "--release-mode", "symbol-set", stdin=paths)

    assert [each["release"]["version"] for each in sets(project).values()] == ["3.0", "3.0"]


def test_a_hermes_map_gets_the_id_of_metros_map_and_is_uploaded(project: Client, tmp_path: Path) -> None:
    minified, composed = tmp_path / "bundle.map", tmp_path / "out" / "bundle.hbc.map"
    composed.parent.mkdir()
    shutil.copy(GOLDEN / "hermes" / "bundle.map", composed)
    minified.write_text(json.dumps({"version": 3, "sources": ["a"], "names": [], "mappings": "AAAA", "debugId": "h-1"}))

    call(project, "hermes", "clone", "-m", str(minified), "-c", str(composed), "--release-name", "a", "--version", "1")
    call(project, "hermes", "upload", "--directory", str(composed.parent), "--release-name", "a", "--version", "1")

    assert sets(project)["h-1"]["release"]["version"] == "1"
    line = (GOLDEN / "hermes" / "stack.txt").read_text()
    offset = int(line.split("address at")[1].split(":")[2].split(")")[0])
    sent = {"platform": "hermes", "filename": "index.bundle", "function": "f", "lineno": 1, "colno": offset}
    shown = frame_after(project, {**sent, "in_app": True, "chunk_id": "h-1"})
    assert shown["resolved"] is True, shown
    assert shown["source"].endswith(".js")


def test_a_mapping_is_uploaded_under_its_id(project: Client, tmp_path: Path) -> None:
    path = tmp_path / "mapping.txt"
    path.write_text("shop.Cart -> a.a:\n    1:1:int total():10:10 -> b\n")

    call(project, "proguard", "upload", "--path", str(path), "--map-id", "s@1", "--project", "s", "--version", "1")

    assert sets(project)["s@1"]["release"]["version"] == "1"
    sent = {"platform": "java", "module": "a.a", "function": "b", "lineno": 1, "in_app": True, "map_id": "s@1"}
    shown = frame_after(project, sent)
    assert (shown["resolved"], shown["module"], shown["resolved_name"], shown["line"]) == (
        True,
        "shop.Cart",
        "total",
        10,
    )


def test_a_dsym_is_uploaded_under_the_id_of_its_binary(project: Client, tmp_path: Path) -> None:
    dwarf = tmp_path / "Shop.app.dSYM" / "Contents" / "Resources" / "DWARF" / "Shop"
    dwarf.parent.mkdir(parents=True)
    shutil.copy(GOLDEN / "native" / "shop.dsym", dwarf)
    call(
        project, "dsym", "upload", "--directory", str(tmp_path), "--release-name", "a", "--version", "1", "--build", "2"
    )

    (ref,) = sets(project)
    assert ref == ref.upper()
    assert len(ref) == 36
    assert sets(project)[ref]["release"]["version"] == "1+2"


def test_a_program_is_uploaded_with_its_debug_information(project: Client, tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    built, stripped = tmp_path / "shop", tmp_path / "stripped"
    command = ["gcc", "-g", "-O0", "-Wl,--build-id", "-o", str(built), str(GOLDEN / "native" / "calls.c")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    subprocess.run(["strip", "-o", str(stripped), str(built)], timeout=60, check=True)

    call(project, "symbol-sets", "upload", "--directory", str(tmp_path), "--release-name", "s", "--version", "1")

    (ref,) = sets(project)
    symbols = subprocess.run(["nm", str(built)], capture_output=True, text=True, timeout=60, check=True).stdout
    main = next(int(line.split()[0], 16) for line in symbols.splitlines() if line.endswith(" T main"))
    image = {"debug_id": ref, "image_addr": "0x0", "image_size": 0x100000, "code_file": "shop", "type": "elf"}
    shown = frame_after(
        project,
        {"platform": "native", "instruction_addr": hex(main + 5), "image_addr": "0x0", "in_app": True, "lang": "c"},
        [image],
    )
    assert (shown["resolved"], shown["resolved_name"]) == (True, "main"), shown
    assert shown["source"].endswith("calls.c")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("sourcemap", "upload"), 1, "no --directory"),
        (("sourcemap", "upload", "-d", "/nowhere"), 1, "/nowhere does not exist"),
        (("--no-fail", "sourcemap", "upload", "-d", "/nowhere"), 0, "/nowhere does not exist"),
        (("sourcemap", "upload", "--nonsense"), 2, "--nonsense"),
        (
            ("--host", "http://127.0.0.1:9", "release", "resolve", "--project", "a", "--version", "1"),
            1,
            "cannot be reached",
        ),
    ],
)
def test_a_call_that_fails_says_why_on_one_line(
    project: Client, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = call(project, *arguments, code=code)

    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_key_that_may_not_is_told_so(project: Client, server: Server) -> None:
    made = server.command("keys", "create", "--scope", "error_tracking:read", "--json")
    reader = Client(str(project.http.base_url), project.project_id, project.token, made["value"])

    done = call(reader, "release", "resolve", "--release-name", "a", "--release-version", "1", code=1)

    assert "403" in done.stderr
    assert made["value"] not in done.stderr
