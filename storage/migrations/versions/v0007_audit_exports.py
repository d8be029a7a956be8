"""How far the audit trail has come at destinations outside."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.create_table(
        "audit_exports",
        sa.Column("destination", sa.Text(), primary_key=True),
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_utc", UTC_TIME, nullable=False),
        sa.Column("sent_utc", UTC_TIME),
        sa.Column("last_error", sa.Text()),
        sa.Column("claim_owner", sa.Text()),
        sa.Column("claim_until_utc", UTC_TIME),
    )
