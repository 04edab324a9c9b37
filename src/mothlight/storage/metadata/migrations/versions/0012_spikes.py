"""Spikes, and when an issue spikes.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply the step."""
    for name in ("spike_threshold", "spike_multiplier", "spike_snooze_duration_minutes"):
        op.add_column("project_settings", sa.Column(name, sa.Integer(), nullable=True))
    op.create_table(
        "spike_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("computed_baseline", sa.Float(), nullable=False),
        sa.Column("current_bucket_value", sa.BigInteger(), nullable=False),
        sa.Column("lost_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_spike_events_issue_id_issues"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_spike_events_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spike_events")),
    )
    op.create_index("ix_spike_events_project_id_detected_at", "spike_events", ["project_id", "detected_at"])
    op.create_index("ix_spike_events_issue_id_detected_at", "spike_events", ["issue_id", "detected_at"])


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("spike_events")
    with op.batch_alter_table("project_settings", schema=None) as batch_op:
        for name in ("spike_snooze_duration_minutes", "spike_multiplier", "spike_threshold"):
            batch_op.drop_column(name)
