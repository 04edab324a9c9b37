"""A grouping key remembers the fingerprints that it had.

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply the step."""
    op.add_column("grouping_keys", sa.Column("former", sa.Text(), nullable=True))
