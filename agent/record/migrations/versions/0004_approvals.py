"""Who approved or rejected a promo, and when."""

import sqlalchemy as sa
from alembic import op

from agent.record.tables import Key, Moment, Short

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("verdict", sa.Integer(), nullable=False),
        sa.Column("who", Short(255), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
