"""Gives options their variables: `MOTHLIGHT_` and the option's name in capitals. Without one: `options.NO_VARIABLE`."""

import os
import re

from cyclopts import App, Token
from cyclopts.argument import Argument, ArgumentCollection
from cyclopts.config import Env

from mothlight.settings import PREFIX


def option_variables(app: App) -> set[str]:
    """Name the variables of all options of all commands."""
    arguments = app.assemble_argument_collection() if app.default_command else ()
    names = {
        PREFIX + argument.name.lstrip("-").upper().replace("-", "_")
        for argument in arguments
        if _has_variable(argument)
    }
    return names.union(*(option_variables(app[name]) for name in app if not name.startswith("-")))


def _has_variable(argument: Argument) -> bool:
    return argument.name.startswith("--") and argument.parameter.show_env_var


class OptionVariables(Env):
    """Reads options that were not given from the environment.

    The library's own way also takes `MOTHLIGHT_PROJECT_NAME` for a part of `--project`; here a variable is one
    option's, by its whole name. Options that can be repeated take several values, with commas or blanks between.
    """

    def __init__(self) -> None:
        super().__init__(PREFIX, command=False)

    def __call__(self, app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        """Fill in what is missing. An empty variable counts as absent."""
        for argument in arguments:
            name = self._convert_argument(commands, argument)
            value = os.environ.get(name, "").strip()
            if not value or argument.tokens or argument.children or not _has_variable(argument):
                continue
            several = argument.token_count()[1]
            values = [part for part in re.split(r"[,\s]+", value) if part] if several else [value]
            for index, part in enumerate(values):
                argument.append(Token(keyword=name, value=part, source=self.source, index=index))
