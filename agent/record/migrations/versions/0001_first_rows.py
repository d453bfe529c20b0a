"""The first rows: runs, steps, decisions and their answers, candidates, clips, lines, artifacts, labels, spending."""

import sqlalchemy as sa
from alembic import op

from agent.record.tables import Count, Json, Key, Long, Moment, Real, Result, Short

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("tenant", Key(64), nullable=False),
        sa.Column("video", Short(1024), nullable=False),
        sa.Column("wish", Long(), nullable=False),
        sa.Column("brief", Json(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", Long(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", Moment(), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.Column("finished", Moment(), nullable=True),
        sa.Column("dollars", Real(), nullable=True),
        sa.Column("seconds", Real(), nullable=True),
        sa.Column("engines", Json(), nullable=True),
        sa.Column("outcome", Result(), nullable=True),
        sa.Column("plan", Key(64), nullable=True),
        sa.Column("parent", Key(64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("thread", Key(128), nullable=True),
        sa.PrimaryKeyConstraint("run"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_index("run_by_age", "run", ["tenant", "created"], unique=False)
    op.create_index("run_by_lease", "run", ["state", "lease_until"], unique=False)
    op.create_index("run_by_thread", "run", ["thread"], unique=False)
    op.create_table(
        "spend",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tenant", Key(64), nullable=False),
        sa.Column("micros", Count(), nullable=False),
        sa.PrimaryKeyConstraint("day", "tenant"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "answer",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", Long(), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("tokens_in", Count(), nullable=False),
        sa.Column("tokens_out", Count(), nullable=False),
        sa.Column("tokens_cached", Count(), nullable=False),
        sa.Column("dollars", Real(), nullable=True),
        sa.Column("ms", Count(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "seq"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "artifact",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("name", Key(191), nullable=False),
        sa.Column("sha256", Short(64), nullable=False),
        sa.Column("bytes", Count(), nullable=False),
        sa.Column("media_type", Short(128), nullable=False),
        sa.Column("duration", Real(), nullable=True),
        sa.Column("certificate", Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "name"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "candidate",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ids", Json(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("score", Real(), nullable=True),
        sa.Column("parts", Json(), nullable=False),
        sa.Column("reason", Long(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "seq", "n"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "clip",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("plan", Key(64), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("label", Short(16), nullable=False),
        sa.Column("ids", Json(), nullable=False),
        sa.Column("role", Short(32), nullable=False),
        sa.Column("reason", Long(), nullable=False),
        sa.Column("text", Long(), nullable=False),
        sa.Column("start", Real(), nullable=True),
        sa.Column("end", Real(), nullable=True),
        sa.Column("first_frame", Count(), nullable=False),
        sa.Column("frames", Count(), nullable=False),
        sa.Column("certificate", Json(), nullable=False),
        sa.Column("flags", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "plan", "n"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "decision",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", Short(128), nullable=False),
        sa.Column("model_id", Short(255), nullable=False),
        sa.Column("prompt_digest", Short(64), nullable=False),
        sa.Column("args", Json(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "seq"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "label",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("clip", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("thumb", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "clip"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "line",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("platform", Key(64), nullable=False),
        sa.Column("kind", Key(32), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", Long(), nullable=False),
        sa.Column("evidence", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "platform", "kind", "n"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "step",
        sa.Column("run", Key(64), nullable=False),
        sa.Column("name", Key(191), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("result", Result(), nullable=True),
        sa.Column("ms", Count(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.run"],
        ),
        sa.PrimaryKeyConstraint("run", "name"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
