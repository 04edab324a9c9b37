"""Which commands there are, and how every one ends: an exit code, and one line on standard error if it failed."""

import sys
from collections.abc import Sequence
from typing import cast

from cyclopts import App, CycloptsError, Parameter

from mothlight import __version__
from mothlight.cli.environment import OptionVariables
from mothlight.kit.lock import LockHeld
from mothlight.model.errors import Misconfigured, Refused, Unavailable
from mothlight.uploader.failures import UploadFailed

FAILED = 1
MISUSED = 2
INTERRUPTED = 130

GROUPS = {
    "projects": "Projects: where events go.",
    "keys": "Personal API keys.",
    "users": "Users and their place in the organization.",
    "roles": "Roles: groups of users that issues can be assigned to.",
    "quarantine": "Events that could not be stored.",
    "symbols": "Source maps and other files that make stacks readable.",
    "mirror": "The event store's copies of the metadata.",
}

# A command's file is loaded when the command runs: a start loads nothing that it does not need.
COMMANDS = (
    ("serve", "mothlight.cli.serve:serve", "Run the whole product in one process."),
    ("init", "mothlight.cli.init:init", "Create the first organization, user, project and keys."),
    ("projects create", "mothlight.cli.projects:create", "Create a project."),
    ("projects list", "mothlight.cli.projects:list_projects", "List the projects."),
    ("projects delete", "mothlight.cli.projects:delete", "Delete a project with its issues and events."),
    ("keys create", "mothlight.cli.keys:create", "Create a personal API key; its value is shown once."),
    ("keys list", "mothlight.cli.keys:list_keys", "List the keys, without their values."),
    ("keys revoke", "mothlight.cli.keys:revoke", "Make a key stop working."),
    ("users create", "mothlight.cli.users:create", "Create a user."),
    ("users list", "mothlight.cli.users:list_users", "List the users."),
    ("roles create", "mothlight.cli.roles:create", "Create a role."),
    ("roles list", "mothlight.cli.roles:list_roles", "List the roles."),
    ("quarantine list", "mothlight.cli.quarantine:list_events", "List the events that could not be stored."),
    ("quarantine show", "mothlight.cli.quarantine:show", "Print such an event as JSON."),
    ("quarantine retry", "mothlight.cli.quarantine:retry", "Process them again."),
    ("quarantine discard", "mothlight.cli.quarantine:discard", "Delete them."),
    ("mirror rebuild", "mothlight.cli.mirror:rebuild", "Write all copies anew, as after restoring a backup."),
    ("symbols inject", "mothlight.cli.symbols:inject", "Write ids into scripts that have source maps."),
    ("symbols upload", "mothlight.cli.symbols:upload", "Upload symbol files to a server."),
    ("doctor", "mothlight.cli.doctor:doctor", "Check what could be wrong, and say what to do."),
)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0 when it did its work, 1 when it could not, 2 when it was called wrongly, 130 when it was interrupted.
    """
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has gone, which is their decision. Nothing is left to be written at exit.
        sys.stdout = None
        code = FAILED
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        return cast("int", build()(list(arguments), exit_on_error=False, print_error=False))
    except CycloptsError as problem:
        return _fail(str(problem), MISUSED)
    except Unavailable as problem:
        return _fail(problem.reason, FAILED)
    except (Misconfigured, Refused, LockHeld, UploadFailed) as problem:
        return _fail(str(problem), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def build() -> App:
    """Build the parser of all commands."""
    app = App(
        name="mothlight",
        help="Error tracking that a team runs itself.",
        version=__version__,
        config=OptionVariables(),
        default_parameter=Parameter(negative=()),
        result_action="return_int_as_exit_code_else_zero",
        suppress_keyboard_interrupt=False,
    )
    groups = {name: App(name=name, help=text) for name, text in GROUPS.items()}
    for group in groups.values():
        app.command(group)
    for path, place, text in COMMANDS:
        group_name, _, name = path.rpartition(" ")
        groups.get(group_name, app).command(place, name=name, help=text)
    return app


def _fail(text: str, code: int) -> int:
    print(f"mothlight: {' '.join(text.split())}", file=sys.stderr)
    return code
