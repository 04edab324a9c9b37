"""What an operator may choose of a new installation. Loads nothing, because the command line asks for it."""

from dataclasses import dataclass

PROJECT_NAME = "Default project"
ADMIN_EMAIL = "admin@localhost"


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What the operator chose; None leaves the choice to us."""

    project_name: str | None = None
    project_token: str | None = None
    personal_api_key: str | None = None
    admin_email: str | None = None
    admin_password: str | None = None
