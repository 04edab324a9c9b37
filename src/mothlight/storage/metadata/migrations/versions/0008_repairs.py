"""Repairs of what was stored before its symbol sets arrived, and what grouping keys have to know for them.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "symbol_repairs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("symbol_set_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("stacks", sa.Integer(), nullable=False),
        sa.Column("stacks_total", sa.Integer(), nullable=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("frames_resolved", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_symbol_repairs_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_symbol_repairs")),
        sa.UniqueConstraint("symbol_set_id", "storage_key", name=op.f("uq_symbol_repairs_symbol_set_id_storage_key")),
    )
    op.create_index("ix_symbol_repairs_status", "symbol_repairs", ["status", "created_at"])
    op.create_index("ix_symbol_repairs_project_id_created_at", "symbol_repairs", ["project_id", "created_at"])
    for table, subject in (("symbol_repair_issues", "issue_id"), ("symbol_repair_changes", "change_id")):
        more = [sa.Column("merged", sa.Integer(), nullable=False)] if subject == "change_id" else []
        op.create_table(
            table,
            sa.Column("repair_id", sa.Uuid(), nullable=False),
            sa.Column(subject, sa.Uuid(), nullable=False),
            *more,
            sa.ForeignKeyConstraint(
                ["repair_id"],
                ["symbol_repairs.id"],
                name=op.f(f"fk_{table}_repair_id_symbol_repairs"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("repair_id", subject, name=op.f(f"pk_{table}")),
        )
    op.add_column("grouping_keys", sa.Column("exceptions", sa.Text(), nullable=True))
    op.add_column("grouping_keys", sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True))
    op.add_column("grouping_keys", sa.Column("environments", sa.Text(), nullable=True))
    op.add_column("grouping_keys", sa.Column("renewed_as", sa.Text(), nullable=True))
