"""Series can be deleted: what stays of them, and timeline numbers that never come again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    op.create_table(
        "deleted_series",
        sa.Column("token", sa.Text(), primary_key=True),
        sa.Column("series_uid", sa.Text(), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("at_utc", UTC_TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("result_count", sa.Integer(), nullable=False),
        sa.Column("verdict_count", sa.Integer(), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("not_sent", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_deleted_series_uid", "deleted_series", ["series_uid"])
    op.create_index("ix_deleted_series_step", "deleted_series", ["step_id"])
    op.create_table(
        "deleted_results",
        sa.Column("sop_instance_uid", sa.Text(), primary_key=True),
        sa.Column("token", sa.Text(), sa.ForeignKey("deleted_series.token"), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        # Otherwise SQLite gives the highest number again once its row is deleted, and who
        # watches the timeline would miss what comes under it.
        with op.batch_alter_table(
            "timeline", recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ):
            pass
