"""What a project's symbol sets can answer has a version; a grouping key knows the version of its stack.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the step."""
    op.add_column("projects", sa.Column("symbols_version", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("grouping_keys", sa.Column("stack_version", sa.BigInteger(), server_default="1", nullable=False))
    # Sets that were uploaded before anything read them.
    op.execute("UPDATE projects SET symbols_version = 1 WHERE id IN (SELECT project_id FROM symbol_sets)")
