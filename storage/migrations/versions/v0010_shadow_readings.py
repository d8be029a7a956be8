"""What a shadow model said of readings, beside what the active one said."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)
WAITING = sa.text("outcome IS NULL")


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.create_table(
        "shadow_readings",
        sa.Column("series_id", ROW_ID, sa.ForeignKey("series.id"), primary_key=True),
        sa.Column("asked_utc", UTC_TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_owner", sa.Text()),
        sa.Column("claim_token", sa.Text()),
        sa.Column("claim_until_utc", UTC_TIME),
        sa.Column("ended_utc", UTC_TIME),
        sa.Column("duration_s", sa.Double()),
        sa.Column("model_name", sa.Text()),
        sa.Column("model_version", sa.Text()),
        sa.Column("model_sha256", sa.Text()),
        sa.Column("outcome", sa.String(16)),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason_text", sa.Text()),
        sa.Column("result", sa.Text()),
    )
    op.create_index(
        "ix_shadow_waiting",
        "shadow_readings",
        ["attempts", "series_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_shadow_ended", "shadow_readings", ["ended_utc"])
