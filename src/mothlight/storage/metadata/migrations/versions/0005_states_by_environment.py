"""Issues have a state in each environment, and releases are remembered by when they were first seen.

What was there before has one state everywhere; in which environments it was seen shows with its next events.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply the step."""
    op.add_column("issues", sa.Column("states", sa.Text(), nullable=True))
    op.add_column("fingerprints", sa.Column("environments", sa.Text(), nullable=True))
    op.create_table(
        "release_sightings",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_release_sightings_project_id_projects"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "release", name=op.f("pk_release_sightings")),
    )
