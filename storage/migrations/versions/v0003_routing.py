"""Routing: shadow peers, the scanner's station, priorities.

Columns are only added, with a default: what is there is routine, and nobody is a shadow.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATE = sa.String(16)


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.add_column(
        "peers", sa.Column("shadow", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "series", sa.Column("station_name", sa.Text(), nullable=False, server_default="")
    )
    op.add_column(
        "series", sa.Column("priority", STATE, nullable=False, server_default="routine")
    )
