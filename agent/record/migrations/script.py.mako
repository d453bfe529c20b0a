"""${message}"""

from alembic import op
import sqlalchemy as sa

from agent.tables import Count, Json, Key, Long, Moment, Real, Result, Short

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
