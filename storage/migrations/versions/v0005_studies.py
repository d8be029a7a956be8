"""The series of a study are found without looking at all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LIVE = sa.text("state <> 'superseded'")


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.create_index(
        "ix_series_study",
        "series",
        ["study_uid", "id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    # With the superseded ones: their results are still there.
    op.create_index("ix_series_study_all", "series", ["study_uid"])
