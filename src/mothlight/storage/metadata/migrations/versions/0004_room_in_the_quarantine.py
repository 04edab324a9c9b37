"""What is refused has room of its own in the quarantine, and what goes for want of it is counted.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply the step."""
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index("ix_quarantine_size")
        batch_op.create_index("ix_quarantine_room", ["cause", "failed_at", "size"], unique=False)

    op.create_table(
        "quarantine_losses",
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_quarantine_losses")),
    )
