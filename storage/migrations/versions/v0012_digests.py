"""The digest of each result object's file, so that one that changed on disk is not sent."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.add_column("reports", sa.Column("sha256", sa.Text()))
