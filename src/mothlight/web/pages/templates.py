"""The templates' environment. All values are escaped, and a missing name is a defect."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mothlight.web.pages.words import FILTERS

FOLDER = Path(__file__).parent


def templates(folder: Path = FOLDER) -> Environment:
    """An environment whose templates are named from `web/pages/` on: `sign_in/sign_in.html`."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters.update(FILTERS)
    return environment
