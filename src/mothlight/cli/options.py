"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

DEFAULT_DATA_DIR = Path("mothlight-data")

NO_VARIABLE = Parameter(show_env_var=False)
"""Of arguments that name what a command works on, and of consent: only the command line gives them."""

DataDir = Annotated[Path, Parameter(help="The directory with everything that this server keeps.")]
AsJson = Annotated[bool, Parameter(name="--json", help="Print JSON for programs.")]
Yes = Annotated[bool, NO_VARIABLE, Parameter(help="Really do it; it cannot be undone.")]
