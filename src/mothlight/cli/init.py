"""`mothlight init`, and what the first run of `serve` has in common with it."""

from mothlight.access.first_run import Installation, initialise
from mothlight.cli.data_directory import prepare_directory
from mothlight.cli.first_run_options import NOTHING_CHOSEN, FirstRunOptions
from mothlight.cli.options import DEFAULT_DATA_DIR, AsJson, DataDir
from mothlight.cli.output import print_json
from mothlight.kit.clock import system_clock
from mothlight.settings import Settings, read_settings
from mothlight.storage.metadata.engine import writing
from mothlight.storage.metadata.migrate import open_migrated


def init(
    *,
    options: FirstRunOptions = NOTHING_CHOSEN,
    as_json: AsJson = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create the first organization, user, project and keys. Where they are there already, nothing changes."""
    settings = read_settings(data_dir=data_dir)
    installation = install(settings, options)
    if as_json:
        print_json(
            {
                "project_id": installation.project.id if installation.project else None,
                "project_token": installation.project.api_token if installation.project else None,
                "personal_api_key": installation.personal_api_key,
                "admin_email": installation.admin_email,
                "admin_password": installation.admin_password,
            }
        )
    elif installation.is_new:
        print(describe(installation, settings))
    else:
        print(f"{settings.data_dir} is set up already; nothing changed")


def install(settings: Settings, options: FirstRunOptions) -> Installation:
    """Make the data directory, the schema and what an installation starts with, as far as they are missing."""
    prepare_directory(settings.data_dir)
    engine = open_migrated(settings.database_url)
    try:
        with writing(engine) as connection:
            return initialise(connection, options.chosen, system_clock())
    finally:
        engine.dispose()


def describe(installation: Installation, settings: Settings) -> str:
    """Write for people what a first run made, with its secrets."""
    lines = {
        "Address": settings.address,
        "Sign in as": installation.admin_email,
        "Password": installation.admin_password,
        "Project token": installation.project.api_token if installation.project else None,
        "Personal API key": installation.personal_api_key,
    }
    rows = "\n".join(f"  {title:<18}{value}" for title, value in lines.items())
    return f"Mothlight is set up. Keep these secrets: they are not shown again.\n\n{rows}\n"
