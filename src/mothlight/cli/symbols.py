"""`mothlight symbols …`: ids into scripts, and symbol files to a server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mothlight.cli.options import NO_VARIABLE
from mothlight.cli.uploading import find_target, say, say_skipped, upload_visibly
from mothlight.uploader.debug_file_uploads import dsym_uploads, elf_uploads, find_dsyms, mapping_upload
from mothlight.uploader.hermes_uploads import hermes_uploads
from mothlight.uploader.inject import inject as inject_pair
from mothlight.uploader.inject import stable_id
from mothlight.uploader.releases import read_release, resolve_release
from mothlight.uploader.script_uploads import delete_maps, script_uploads
from mothlight.uploader.scripts import Pair, Selection, find_pairs
from mothlight.uploader.server import Server
from mothlight.uploader.uploads import AT_ONCE, Rules, Upload


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Where:
    """The project of a server."""

    url: Annotated[str | None, Parameter(help="The server's address; else POSTHOG_CLI_HOST.")] = None
    api_key: Annotated[str | None, Parameter(help="A key with error_tracking:write; else POSTHOG_CLI_API_KEY.")] = None
    project_id: Annotated[str | None, Parameter(help="The project's id; else POSTHOG_CLI_PROJECT_ID.")] = None

    def server(self) -> Server:
        """The way to it. Raises `Misconfigured` where something is not said."""
        return Server(find_target(self.url, self.api_key, self.project_id))


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class What:
    """Which files of a folder, and what they are."""

    include: Annotated[
        list[str] | None, NO_VARIABLE, Parameter(help="Take scripts alone whose paths fit. Can be repeated.")
    ] = None
    exclude: Annotated[
        list[str] | None, NO_VARIABLE, Parameter(help="Leave out scripts whose paths fit. Can be repeated.")
    ] = None
    release: Annotated[
        str | None, NO_VARIABLE, Parameter(help="The release that this is, as NAME@VERSION; made if it is new.")
    ] = None
    dry_run: Annotated[bool, NO_VARIABLE, Parameter(help="Say what would be done, and change nothing.")] = False

    def pairs(self, directory: Path) -> list[Pair]:
        """The scripts with maps; says which have none."""
        found = find_pairs(Selection([directory], self.include or (), self.exclude or ()))
        say_skipped("has no source map", found.without_map)
        return found.pairs

    def release_id(self, where: Where, directory: Path) -> str | None:
        """The release's id, where one is named and something is done."""
        if self.release is None or self.dry_run:
            return None
        return resolve_release(where.server(), read_release(self.release), directory)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class How:
    """How to upload."""

    force: Annotated[bool, NO_VARIABLE, Parameter(help="Put other content in the place of what is there.")] = False
    skip: Annotated[bool, NO_VARIABLE, Parameter(help="Leave what is there with other content.")] = False
    parallel: Annotated[int, NO_VARIABLE, Parameter(help="How many files are uploaded at once.")] = AT_ONCE
    delete_after: Annotated[bool, NO_VARIABLE, Parameter(help="Delete source maps once they are uploaded.")] = False


EVERYTHING, ANYWHERE, USUALLY = What(), Where(), How()
Folder = Annotated[Path, NO_VARIABLE, Parameter(help="The folder with what was built, or one file.")]
MapId = Annotated[
    str | None, NO_VARIABLE, Parameter(help="The file is a mapping of ProGuard or R8, and frames name it so.")
]
Hermes = Annotated[bool, NO_VARIABLE, Parameter(help="The maps are those of React Native's engine Hermes.")]


def inject(directory: Folder, /, *, what: What = EVERYTHING, where: Where = ANYWHERE) -> None:
    """Write an id into each script that has a source map, and into the map.

    Run it before scripts are uploaded and deployed. With --release, exceptions say which release they are of.
    """
    pairs = what.pairs(directory)
    if what.dry_run:
        for pair in pairs:
            say(f"{pair.script}: {stable_id(pair.read_script())}")
        say(f"{len(pairs)} scripts with maps")
        return
    release_id = what.release_id(where, directory)
    done = [inject_pair(pair, stable_id, release_id=release_id, bound_release=None) for pair in pairs]
    say(f"{len(pairs)} scripts with maps, {sum(each.is_new for each in done)} changed")


def upload(
    directory: Folder,
    /,
    *,
    map_id: MapId = None,
    hermes: Hermes = False,
    what: What = EVERYTHING,
    how: How = USUALLY,
    where: Where = ANYWHERE,
) -> None:
    """Upload source maps, dSYMs and debug files. What the server has already is left out.

    With --release, the files are bound to it: exceptions that they make readable are of that release.
    """
    server = None if what.dry_run else where.server()
    release_id = what.release_id(where, directory)
    rules = Rules(force=how.force, skip=how.skip, at_once=max(1, how.parallel), dry_run=what.dry_run)
    if map_id is not None:
        upload_visibly(server, [mapping_upload(directory, map_id, release_id)], rules)
    elif hermes:
        maps = hermes_uploads(directory, release_id)
        say_skipped("has no chunk id", maps.without_id)
        upload_visibly(server, maps.uploads, rules)
    else:
        pairs = what.pairs(directory)
        upload_visibly(server, _uploads(directory, pairs, release_id), rules)
        if how.delete_after and not what.dry_run:
            delete_maps(pairs)


def _uploads(directory: Path, pairs: list[Pair], release_id: str | None) -> list[Upload]:
    scripts = script_uploads(pairs, release_id)
    say_skipped("has no chunk id: run `mothlight symbols inject` first", scripts.without_id)
    say_skipped("has an empty source map", scripts.empty)
    dsyms = dsym_uploads(find_dsyms(directory), release_id)
    return [*scripts.uploads, *dsyms, *elf_uploads(directory, release_id)]
