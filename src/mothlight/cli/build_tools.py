"""The program `mothlight-symbols`: takes the calls that build tools make of `posthog-cli`, as they are (ingest.md 18).

It stands where a plugin's `cliBinaryPath` points. Standard output is the answer, if a call has one; all else is told on
standard error. Options that change nothing here are taken and passed over.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

from cyclopts import App, CycloptsError, Parameter

from mothlight import __version__
from mothlight.cli.uploading import find_target, say, say_skipped, upload_visibly
from mothlight.model.errors import Misconfigured
from mothlight.uploader.debug_file_uploads import dsym_uploads, elf_uploads, find_dsyms, mapping_upload
from mothlight.uploader.debug_file_uploads import release_of as release_of_bundles
from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.hermes_uploads import copy_ids, hermes_uploads
from mothlight.uploader.inject import inject, stable_id
from mothlight.uploader.releases import ReleaseName, mobile_version, resolve_release
from mothlight.uploader.script_uploads import delete_maps, script_uploads
from mothlight.uploader.scripts import Pair, Selection, find_pairs
from mothlight.uploader.server import Server
from mothlight.uploader.uploads import AT_ONCE, BATCH, Rules

FAILED = 1
MISUSED = 2
EVENT: Literal["event"] = "event"

Mode = Annotated[
    Literal["event", "symbol-set"],
    Parameter(env_var="POSTHOG_RELEASE_MODE", help="Whether events or symbol sets name the release."),
]


@Parameter(name="*")
@dataclass(frozen=True)
class ReleaseOptions:
    """Which release it is; what is missing is taken from git."""

    name: Annotated[str | None, Parameter(name=["--release-name", "--project"])] = None
    version: Annotated[str | None, Parameter(name=["--release-version", "--version"])] = None
    build: Annotated[str | None, Parameter(name="--build")] = None
    skip_release_on_fail: Annotated[bool, Parameter(name="--skip-release-on-fail")] = True

    @property
    def wanted(self) -> ReleaseName:
        """The same for those who resolve it."""
        return ReleaseName(self.name, self.version, self.build)


@Parameter(name="*")
@dataclass(frozen=True)
class FileOptions:
    """Which scripts are meant."""

    directory: Annotated[list[Path], Parameter(name=["--directory", "-d", "--file"])] = field(default_factory=list)
    stdin: Annotated[bool, Parameter(name="--stdin")] = False
    exclude: Annotated[list[str], Parameter(name=["--exclude", "-e", "--ignore"])] = field(default_factory=list)
    include: Annotated[list[str], Parameter(name=["--include", "-i"])] = field(default_factory=list)
    public_path_prefix: Annotated[str, Parameter(name=["--public-path-prefix", "-p"])] = ""

    def select(self) -> Selection:
        """The files, with those that standard input names, one a line."""
        roots = list(self.directory)
        if self.stdin:
            roots += [Path(line.strip()) for line in sys.stdin if line.strip()]
        elif not roots:
            raise UploadFailed("no --directory is given")
        return Selection(roots, self.include, self.exclude, self.public_path_prefix)


@Parameter(name="*")
@dataclass(frozen=True)
class UploadOptions:
    """How to upload."""

    batch_size: Annotated[int, Parameter(name="--batch-size")] = BATCH
    concurrency: Annotated[int, Parameter(name="--concurrency", env_var="POSTHOG_CLI_SOURCEMAP_UPLOAD_CONCURRENCY")] = (
        AT_ONCE
    )
    force: Annotated[bool, Parameter(name="--force")] = False
    skip_on_conflict: Annotated[bool, Parameter(name="--skip-on-conflict")] = False

    def rules(self, release: ReleaseOptions, *, is_event: bool = False) -> Rules:
        """The same for those who upload. Where events name the release, chunks change with each one."""
        return Rules(
            force=self.force or is_event,
            skip=self.skip_on_conflict and not is_event,
            batch=max(1, self.batch_size),
            at_once=max(1, self.concurrency),
            without_release=release.skip_release_on_fail,
        )


NO_RELEASE, NO_FILES, USUAL = ReleaseOptions(), FileOptions(), UploadOptions()


class Calls:
    """What the program can be called for. `verify`: whether certificates are checked."""

    def __init__(self, host: str | None, *, verify: bool) -> None:
        self._host = host
        self._verify = verify

    def resolve(self, *, release: ReleaseOptions = NO_RELEASE) -> None:
        """Print the id of the release, which is made if it is new; nothing where none is named."""
        release_id = resolve_release(self._server(), release.wanted, Path.cwd())
        if release_id is not None:
            print(release_id)

    def inject(
        self, *, files: FileOptions = NO_FILES, release: ReleaseOptions = NO_RELEASE, release_mode: Mode = EVENT
    ) -> None:
        """Write ids into scripts and their maps."""
        self._inject(files.select(), release, release_mode)

    def upload(
        self,
        *,
        files: FileOptions = NO_FILES,
        release: ReleaseOptions = NO_RELEASE,
        options: UploadOptions = USUAL,
        release_mode: Mode = EVENT,
        delete_after: bool = False,
        skip_missing_debug_ids: bool = False,
    ) -> None:
        """Upload scripts that have ids, with their maps."""
        self._upload(find_pairs(files.select()).pairs, release, options, release_mode, delete_after=delete_after)

    def process(
        self,
        *,
        files: FileOptions = NO_FILES,
        release: ReleaseOptions = NO_RELEASE,
        options: UploadOptions = USUAL,
        release_mode: Mode = EVENT,
        delete_after: bool = False,
    ) -> None:
        """Write ids, then upload."""
        pairs = self._inject(files.select(), release, release_mode)
        self._upload(pairs, release, options, release_mode, delete_after=delete_after)

    def upload_hermes(
        self,
        *,
        directory: Annotated[Path, Parameter(name=["--directory", "-d"])],
        release: ReleaseOptions = NO_RELEASE,
        options: UploadOptions = USUAL,
    ) -> None:
        """Upload the composed maps of React Native."""
        server = self._server()
        found = hermes_uploads(directory, resolve_release(server, release.wanted, directory))
        say_skipped("has no chunk id", found.without_id)
        upload_visibly(server, found.uploads, options.rules(release))

    def clone_hermes(
        self,
        *,
        minified_map_path: Annotated[Path, Parameter(name=["--minified-map-path", "-m"])],
        composed_map_path: Annotated[Path, Parameter(name=["--composed-map-path", "-c"])],
        release: ReleaseOptions = NO_RELEASE,
    ) -> None:
        """Give the composed map the ids of the one that Metro wrote."""
        release_id = resolve_release(self._server(), release.wanted, minified_map_path.parent)
        chunk_id = copy_ids(minified_map_path, composed_map_path, release_id)
        say(f"{composed_map_path}: {chunk_id}")

    def upload_mapping(
        self,
        *,
        path: Annotated[Path, Parameter(name=["--path", "-p"])],
        map_id: Annotated[str, Parameter(name=["--map-id", "-m"])],
        release: ReleaseOptions = NO_RELEASE,
        options: UploadOptions = USUAL,
    ) -> None:
        """Upload a mapping of ProGuard or R8."""
        server = self._server()
        release_id = resolve_release(server, mobile_version(release.wanted), path.parent)
        upload_visibly(server, [mapping_upload(path, map_id, release_id)], options.rules(release))

    def upload_dsyms(
        self,
        *,
        directory: Annotated[Path, Parameter(name=["--directory", "-d"])],
        release: ReleaseOptions = NO_RELEASE,
        options: UploadOptions = USUAL,
        main_dsym: str | None = None,
        include_source: bool = False,
    ) -> None:
        """Upload the dSYM bundles below a folder."""
        files = find_dsyms(directory)
        if not files:
            say(f"no dSYM bundle below {directory}")
            return
        _say_without_sources(include_source=include_source)
        told = release_of_bundles(list(dict.fromkeys(file.bundle for file in files)), main_dsym)
        given = release.wanted
        wanted = ReleaseName(*(mine or its for mine, its in zip(given, told, strict=True)))
        server = self._server()
        release_id = resolve_release(server, mobile_version(wanted), directory)
        upload_visibly(server, dsym_uploads(files, release_id), options.rules(release))

    def upload_debug_files(
        self,
        *,
        directory: Annotated[Path, Parameter(name=["--directory", "-d"])],
        release: ReleaseOptions = NO_RELEASE,
        options: UploadOptions = USUAL,
        include_source: bool = False,
    ) -> None:
        """Upload the programs and libraries below a folder that have debug information."""
        _say_without_sources(include_source=include_source)
        server = self._server()
        release_id = resolve_release(server, mobile_version(release.wanted), directory)
        upload_visibly(server, elf_uploads(directory, release_id), options.rules(release))

    def _inject(self, selection: Selection, release: ReleaseOptions, mode: str) -> list[Pair]:
        found = find_pairs(selection)
        say_skipped("has no source map", found.without_map)
        release_id = resolve_release(self._server(), release.wanted, Path.cwd())
        for pair in found.pairs:
            if mode == EVENT:
                inject(pair, stable_id, release_id=release_id, bound_release=None)
            else:
                inject(pair, lambda _: str(uuid4()), release_id=None, bound_release=release_id)
        return found.pairs

    def _upload(
        self, pairs: list[Pair], release: ReleaseOptions, options: UploadOptions, mode: str, *, delete_after: bool
    ) -> None:
        server = self._server()
        is_event = mode == EVENT
        release_id = None if is_event else resolve_release(server, release.wanted, Path.cwd())
        made = script_uploads(pairs, release_id)
        say_skipped("has no chunk id", made.without_id)
        say_skipped("has an empty source map", made.empty)
        upload_visibly(server, made.uploads, options.rules(release, is_event=is_event))
        if delete_after:
            delete_maps(pairs)

    def _server(self) -> Server:
        return Server(find_target(self._host, verify=self._verify))


def run(arguments: Sequence[str]) -> int:
    """Take one call.

    Returns:
        0 when it did its work, 1 when it could not, 2 when it was called wrongly; always 0 with `--no-fail`.
    """
    own, rest = _own_options(arguments)
    code = _run(build(Calls(own.host, verify=own.verify)), rest)
    return 0 if own.no_fail else code


def build(calls: Calls) -> App:
    """Build the parser of all calls."""
    app = App(
        name="mothlight-symbols",
        help="Takes the calls that build tools make of posthog-cli, and uploads to a Mothlight server.",
        version=__version__,
        version_flags=["--version"],
        default_parameter=Parameter(negative=()),
        result_action="return_int_as_exit_code_else_zero",
    )
    places: dict[str, dict[str, Callable[..., None]]] = {
        "release": {"resolve": calls.resolve},
        "sourcemap": {"inject": calls.inject, "upload": calls.upload, "process": calls.process},
        "hermes": {"upload": calls.upload_hermes, "clone": calls.clone_hermes},
        "proguard": {"upload": calls.upload_mapping},
        "dsym": {"upload": calls.upload_dsyms},
        "symbol-sets": {"upload": calls.upload_debug_files},
    }
    for group_name, group_calls in places.items():
        group = App(name=group_name, version_flags=[])
        for name, call in group_calls.items():
            group.command(call, name=name, version_flags=[])
        app.command(group)
    return app


@dataclass
class _Own:
    host: str | None = None
    verify: bool = True
    no_fail: bool = False


def _own_options(arguments: Sequence[str]) -> tuple[_Own, list[str]]:
    """The options of the program itself, which may stand anywhere, and the rest."""
    own, rest = _Own(), []
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if name == "--host":
            own.host = value if equals else next(waiting, None)
        elif argument == "--skip-ssl-verification":
            own.verify = False
        elif argument == "--no-fail":
            own.no_fail = True
        else:
            rest.append(argument)
    return own, rest


def _run(app: App, arguments: list[str]) -> int:
    try:
        return int(app(arguments, exit_on_error=False, print_error=False) or 0)
    except CycloptsError as problem:
        return _fail(str(problem), MISUSED)
    except (UploadFailed, Misconfigured) as problem:
        return _fail(str(problem), FAILED)


def _fail(text: str, code: int) -> int:
    say(f"mothlight-symbols: {' '.join(text.split())}")
    return code


def _say_without_sources(*, include_source: bool) -> None:
    if include_source:
        say("source code is not uploaded with debug files: frames get names and lines, and no source lines")
