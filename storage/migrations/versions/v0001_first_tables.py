"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)
STATE = sa.String(16)


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    _series()
    _instances()
    _results()
    _peers()


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("series_uid", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("predecessor_id", ROW_ID, sa.ForeignKey("series.id")),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason_text", sa.Text()),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("patient_name", sa.Text(), nullable=False),
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("study_description", sa.Text(), nullable=False),
        sa.Column("series_description", sa.Text(), nullable=False),
        sa.Column("study_date", sa.Date()),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("source_aet", sa.Text(), nullable=False),
        sa.Column("called_aet", sa.Text(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("first_received_utc", UTC_TIME, nullable=False),
        sa.Column("last_received_utc", UTC_TIME, nullable=False),
        sa.Column("quiet_until_utc", UTC_TIME, nullable=False),
        sa.Column("queued_utc", UTC_TIME),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until_utc", UTC_TIME),
        sa.UniqueConstraint("series_uid", "generation", name="uq_series_uid_generation"),
    )
    live = sa.text("state <> 'superseded'")
    op.create_index(
        "uq_series_live",
        "series",
        ["series_uid"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("ix_series_state_quiet", "series", ["state", "quiet_until_utc"])
    op.create_index("ix_series_state_queued", "series", ["state", "queued_utc"])
    op.create_table(
        "timeline",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("series_id", ROW_ID, sa.ForeignKey("series.id"), nullable=False),
        sa.Column("at_utc", UTC_TIME, nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index("ix_timeline_series", "timeline", ["series_id", "id"])


def _instances() -> None:
    op.create_table(
        "instances",
        sa.Column("sop_instance_uid", sa.Text(), primary_key=True),
        sa.Column("series_id", ROW_ID, sa.ForeignKey("series.id"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        *_stored_instance_columns(),
    )
    op.create_index("ix_instances_series", "instances", ["series_uid", "sop_instance_uid"])
    op.create_table(
        "conflicts",
        sa.Column("sop_instance_uid", sa.Text(), primary_key=True),
        sa.Column("sha256", sa.Text(), primary_key=True),
        *_stored_instance_columns(),
    )
    op.create_index("ix_conflicts_series", "conflicts", ["series_uid", "sop_instance_uid"])


def _stored_instance_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("transfer_syntax_uid", sa.Text(), nullable=False),
        sa.Column("study_uid", sa.Text(), nullable=False),
        sa.Column("series_uid", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("source_aet", sa.Text(), nullable=False),
        sa.Column("called_aet", sa.Text(), nullable=False),
        sa.Column("source_host", sa.Text(), nullable=False),
        sa.Column("received_utc", UTC_TIME, nullable=False),
    ]


def _results() -> None:
    op.create_table(
        "reports",
        sa.Column("sop_instance_uid", sa.Text(), primary_key=True),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("series_id", ROW_ID, sa.ForeignKey("series.id"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("created_utc", UTC_TIME, nullable=False),
    )
    op.create_index("uq_reports_series", "reports", ["series_id"], unique=True)
    op.create_table(
        "deliveries",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("series_id", ROW_ID, sa.ForeignKey("series.id"), nullable=False),
        sa.Column(
            "sop_instance_uid",
            sa.Text(),
            sa.ForeignKey("reports.sop_instance_uid"),
            nullable=False,
        ),
        sa.Column("peer_name", sa.Text(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_utc", UTC_TIME, nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.UniqueConstraint("sop_instance_uid", "peer_name", name="uq_deliveries_object_peer"),
    )
    op.create_index("ix_deliveries_state_next", "deliveries", ["state", "next_attempt_utc"])
    op.create_index("ix_deliveries_series", "deliveries", ["series_id"])


def _peers() -> None:
    op.create_table(
        "peers",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("aet", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("may_send", sa.Boolean(), nullable=False),
        sa.Column("gets_results", sa.Boolean(), nullable=False),
        sa.Column("tls", sa.Boolean(), nullable=False),
        sa.Column("added_utc", UTC_TIME, nullable=False),
    )
    op.create_index("ix_peers_aet", "peers", ["aet"])
    op.create_table(
        "refused_callers",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("calling_aet", sa.Text(), nullable=False),
        sa.Column("called_aet", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_utc", UTC_TIME, nullable=False),
        sa.Column("last_utc", UTC_TIME, nullable=False),
        sa.UniqueConstraint("calling_aet", "called_aet", "host", name="uq_refused_callers"),
    )
    op.create_index("ix_refused_callers_last", "refused_callers", ["last_utc"])
