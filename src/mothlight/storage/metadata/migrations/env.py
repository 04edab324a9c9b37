"""What Alembic runs: takes the open transaction of `migrate`, or a URL from its own command line (`-x url=…`)."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from mothlight.storage.metadata.engine import open_database, writing
from mothlight.storage.metadata.tables import UtcDateTime, metadata


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    # A migration is a moment of the past: it names the plain column type, not a class that may change.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _migrate(connection: sa.Connection) -> None:
    # SQLite can roll a schema change back, and its transaction was opened with the write lock held.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_item=_render,
        render_as_batch=True,
    )
    context.run_migrations()


given: sa.Connection | None = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    with writing(open_database(context.get_x_argument(as_dictionary=True)["url"])) as opened:
        _migrate(opened)
