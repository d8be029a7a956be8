"""The rules that say which results go where, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import RouteRow
from storage.records import Route


def list_routes(db: Database) -> tuple[Route, ...]:
    """All rules, in their order."""
    with db.reading() as session:
        return tuple(row.record() for row in _rows(session, lock=False))


def put_route(
    db: Database, name: str, rule: Mapping[str, Any], *, enabled: bool = True, now: datetime
) -> Route:
    """Add a rule behind the others, or replace the one of that name at its place."""

    def work(session: Session) -> Route:
        rows = _rows(session, lock=True)
        row = next((each for each in rows if each.name == name), None)
        if row is None:
            row = RouteRow(name=name, position=len(rows), created_utc=now)
            session.add(row)
        row.rule, row.enabled, row.changed_utc = dict(rule), enabled, now
        return row.record()

    return db.converge(work)


def remove_route(db: Database, name: str) -> None:
    """Remove a rule; those behind it move up.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.transaction() as session:
        rows = _rows(session, lock=True)
        row = _named(rows, name)
        session.delete(row)
        _number([each for each in rows if each is not row])


def move_route(db: Database, name: str, position: int, *, now: datetime) -> None:
    """Put a rule at a place, 0 the first; a place behind the last is the last.

    Raises:
        NotFoundError: there is none of that name.
        ValueError: the position is negative.
    """
    if position < 0:
        raise ValueError("a position is 0 or more")
    with db.transaction() as session:
        rows = _rows(session, lock=True)
        row = _named(rows, name)
        rows.remove(row)
        rows.insert(position, row)
        row.changed_utc = now
        _number(rows)


def _rows(session: Session, *, lock: bool) -> list[RouteRow]:
    statement = select(RouteRow)
    if lock:  # by name: two writers never wait for each other in a circle
        session.scalars(statement.order_by(RouteRow.name).with_for_update()).all()
        statement = statement.execution_options(populate_existing=True)
    return list(session.scalars(statement.order_by(RouteRow.position, RouteRow.name)))


def _named(rows: Sequence[RouteRow], name: str) -> RouteRow:
    for row in rows:
        if row.name == name:
            return row
    raise NotFoundError(f"there is no route named {name}")


def _number(rows: Sequence[RouteRow]) -> None:
    for position, row in enumerate(rows):
        row.position = position
