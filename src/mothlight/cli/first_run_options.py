"""The options of `init` and `serve` that say what a new installation starts with."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from mothlight.access.first_run_choices import ADMIN_EMAIL, PROJECT_NAME, FirstRun


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class FirstRunOptions:
    """What a new installation starts with. None of it changes one that is there."""

    project_name: Annotated[str | None, Parameter(help=f"The first project's name; {PROJECT_NAME} if not given.")] = (
        None
    )
    project_token: Annotated[str | None, Parameter(help="Its token, phc_…; made up if not given.")] = None
    personal_api_key: Annotated[str | None, Parameter(help="The first key, phx_…; made up if not given.")] = None
    admin_email: Annotated[str | None, Parameter(help=f"The administrator; {ADMIN_EMAIL} if not given.")] = None
    admin_password: Annotated[str | None, Parameter(help="Made up if not given.")] = None

    @property
    def chosen(self) -> FirstRun:
        """The same for those who make it."""
        return FirstRun(
            self.project_name, self.project_token, self.personal_api_key, self.admin_email, self.admin_password
        )


NOTHING_CHOSEN = FirstRunOptions()
