"""The HTTP door: users, sessions, the audit trail, and the worklist's columns.

What is there gets its place in the worklist; nobody has read it yet as far as this table knows,
but for the readings that have a verdict.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime(timezone=True)
STATE = sa.String(16)


def upgrade() -> None:
    """There is no way back: an older program refuses a newer database."""
    _users()
    _audit()
    _worklist()
    _fill_worklist()


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("role", STATE, nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("created_utc", UTC_TIME, nullable=False),
        sa.Column("changed_utc", UTC_TIME, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), sa.ForeignKey("users.name"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_utc", UTC_TIME, nullable=False),
        sa.Column("last_used_utc", UTC_TIME, nullable=False),
        sa.Column("expires_utc", UTC_TIME, nullable=False),
    )
    op.create_index("uq_tokens_digest", "tokens", ["digest"], unique=True)
    op.create_index("ix_tokens_user", "tokens", ["user_name", "id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", ROW_ID, primary_key=True, autoincrement=False),
        sa.Column("at_utc", UTC_TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_object", "audit", ["object", "seq"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION cspine_audit_is_append_only() RETURNS trigger AS $$ "
            "BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION cspine_audit_is_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{event.lower()} BEFORE {event} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )


def _worklist() -> None:
    for column in (
        sa.Column("outcome", STATE, nullable=False, server_default="pending"),
        sa.Column("triage_rank", sa.Integer(), nullable=False, server_default="31000"),
        sa.Column("search_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("read_utc", UTC_TIME),
        sa.Column("assigned_to", sa.Text()),
        sa.Column("assigned_utc", UTC_TIME),
    ):
        op.add_column("series", column)
    live = "state <> 'superseded'"
    # It holds all that the worklist filters by: no filter needs to visit the wide rows.
    op.create_index(
        "ix_series_worklist",
        "series",
        ["triage_rank", "id", "search_text", "outcome", "state", "read_utc", "assigned_to"],
        sqlite_where=sa.text(live),
        postgresql_where=sa.text(live),
    )
    unread = f"{live} AND read_utc IS NULL"
    op.create_index(
        "ix_series_unread",
        "series",
        ["outcome", "assigned_to", "first_received_utc"],
        sqlite_where=sa.text(unread),
        postgresql_where=sa.text(unread),
    )


def _fill_worklist() -> None:
    """The rule of this revision, written out: a later one must not change what this did."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT id, state, result, patient_name, patient_id, accession_number FROM series"
        )
    ).all()
    for row_id, state, result, *words in rows:
        outcome, rank = _place(state, json.loads(result) if result else None)
        text = " ".join(words).replace("^", " ").replace("=", " ").casefold()
        connection.execute(
            sa.text(
                "UPDATE series SET outcome = :outcome, triage_rank = :rank, search_text = :text, "
                "read_utc = (SELECT max(at_utc) FROM verdicts WHERE series_id = :id) WHERE id = :id"
            ),
            {"outcome": outcome, "rank": rank, "text": " ".join(text.split())[:500], "id": row_id},
        )


def _place(state: str, result: Any) -> tuple[str, int]:
    if state in ("receiving", "complete", "queued", "analysing"):
        return "pending", 31_000
    if state in ("not_analysed", "failed"):
        return state, 21_000
    if result is None:
        return "not_analysed", 21_000
    overall, threshold = result.get("patient_overall"), result.get("operating_point")
    known = [overall, *result.get("levels", {}).values()]
    highest = max((min(max(float(p), 0.0), 1.0) for p in known if p is not None), default=0.0)
    within = 1000 - round(1000 * highest)
    judged = overall is not None and threshold is not None
    if result.get("findings") or (judged and overall >= threshold):
        return "positive", within
    cut = any(each != "whole" for each in result.get("level_coverage", {}).values())
    if not judged or cut or result.get("not_assessed"):
        return "partial", 10_000 + within
    return "negative", 40_000 + within
