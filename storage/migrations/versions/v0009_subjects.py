"""Users who sign in at an OpenID Connect provider."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.add_column("users", sa.Column("subject", sa.Text()))
    op.create_index("uq_users_subject", "users", ["subject"], unique=True)
