"""Settings that were changed while the node ran; the caller knows which there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.models import SettingRow


def stored(db: Database) -> dict[str, Any]:
    """Key → value, by key."""
    with db.reading() as session:
        rows = session.scalars(select(SettingRow).order_by(SettingRow.key))
        return {row.key: row.value["value"] for row in rows}


def put(db: Database, key: str, value: Any, *, now: datetime) -> None:
    """Store a plain JSON value."""

    def work(session: Session) -> None:
        row = session.get(SettingRow, key)
        if row is None:
            row = SettingRow(key=key)
            session.add(row)
        row.value, row.changed_utc = {"value": value}, now

    db.converge(work)


def drop(db: Database, key: str) -> None:
    """Forget a value, if there is one."""
    with db.transaction() as session:
        session.execute(delete(SettingRow).where(SettingRow.key == key))
