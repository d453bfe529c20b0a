"""What a run has set aside of a day's dollars, under its name, so that a killed run does not keep it."""

import sqlalchemy as sa
from alembic import op

from agent.record.tables import Count, Key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tenant", Key(64), nullable=False),
        sa.Column("micros", Count(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
