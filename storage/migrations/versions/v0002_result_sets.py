"""Result sets: pieces, order and claims of deliveries, commitment, routes, verdicts.

Columns are only added, with a default where they must have a value: so no table is written anew,
and what is there is a report, first of its reading, for a DICOM peer.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)
STATE = sa.String(16)


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    _reports()
    _deliveries()
    _commitments()
    _peers()
    _verdicts()


def _reports() -> None:
    op.add_column("reports", sa.Column("piece", STATE, nullable=False, server_default="report"))
    op.add_column("reports", sa.Column("ordinal", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("uq_reports_series", "reports")
    op.create_index("uq_reports_piece", "reports", ["series_id", "piece", "ordinal"], unique=True)


def _deliveries() -> None:
    op.add_column(
        "deliveries", sa.Column("position", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("deliveries", sa.Column("sent_utc", UTC_TIME))
    op.add_column("deliveries", sa.Column("claim_owner", sa.Text()))
    op.add_column("deliveries", sa.Column("claim_until_utc", UTC_TIME))
    op.drop_index("ix_deliveries_series", "deliveries")
    op.create_index("ix_deliveries_order", "deliveries", ["series_id", "peer_name", "position"])
    op.create_index("ix_deliveries_peer", "deliveries", ["peer_name", "state", "next_attempt_utc"])


def _commitments() -> None:
    op.create_table(
        "commitments",
        sa.Column("transaction_uid", sa.Text(), primary_key=True),
        sa.Column("peer_name", sa.Text(), nullable=False),
        sa.Column("requested_utc", UTC_TIME, nullable=False),
        sa.Column("deadline_utc", UTC_TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", STATE, nullable=False),
    )
    op.create_index("ix_commitments_state_deadline", "commitments", ["state", "deadline_utc"])
    op.create_table(
        "commitment_items",
        sa.Column(
            "transaction_uid",
            sa.Text(),
            sa.ForeignKey("commitments.transaction_uid"),
            primary_key=True,
        ),
        sa.Column("delivery_id", ROW_ID, sa.ForeignKey("deliveries.id"), primary_key=True),
        sa.Column("outcome", STATE),
        sa.Column("reason", sa.Integer()),
    )
    op.create_index("ix_commitment_items_delivery", "commitment_items", ["delivery_id"])


def _peers() -> None:
    op.add_column(
        "peers", sa.Column("commitment", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("peers", sa.Column("protocol", STATE, nullable=False, server_default="dicom"))
    op.add_column("peers", sa.Column("url", sa.Text()))
    op.create_table(
        "routes",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created_utc", UTC_TIME, nullable=False),
        sa.Column("changed_utc", UTC_TIME, nullable=False),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("series_id", ROW_ID, sa.ForeignKey("series.id"), nullable=False),
        sa.Column("at_utc", UTC_TIME, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column(
            "sop_instance_uid",
            sa.Text(),
            sa.ForeignKey("reports.sop_instance_uid"),
            nullable=False,
        ),
    )
    op.create_index("ix_verdicts_series", "verdicts", ["series_id", "id"])
    op.create_index("uq_verdicts_object", "verdicts", ["sop_instance_uid"], unique=True)
