"""What was said to a door: one answer for a key, and what waits to be made."""

import sqlalchemy as sa
from alembic import op

from agent.record.tables import Json, Key, Long, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("tenant", Key(64), nullable=False),
        sa.Column("key", Key(160), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("thread", Key(128), nullable=True),
        sa.Column("run", Key(64), nullable=True),
        sa.Column("job", Json(), nullable=True),
        sa.Column("answer", Json(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended", Moment(), nullable=True),
        sa.Column("reason", Long(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_index("request_by_thread", "request", ["thread"], unique=False)
    op.create_index("request_by_run", "request", ["run"], unique=False)
