"""Buckets of rate limits, and what they decided about events that are not stored yet.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "token_buckets",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_token_buckets_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "subject", name=op.f("pk_token_buckets")),
    )
    op.create_index("ix_token_buckets_second", "token_buckets", ["second"])
    op.create_table(
        "limit_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("decided", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_decisions")),
    )
    op.create_index("ix_limit_decisions_writer", "limit_decisions", ["writer"])
    op.create_index("ix_limit_decisions_created_at", "limit_decisions", ["created_at"])


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("limit_decisions")
    op.drop_table("token_buckets")
