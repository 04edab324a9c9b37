"""Grouping keys that wait for the new-issue budget.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "waiting_keys",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("grouping_key", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earliest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("environments", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_waiting_keys_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "grouping_key", name=op.f("pk_waiting_keys")),
    )
    op.create_index("ix_waiting_keys_project_id_since", "waiting_keys", ["project_id", "since"])


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("waiting_keys")
