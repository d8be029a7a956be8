"""Sessions: opaque tokens of which only the SHA-256 is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select

from storage.database import Database
from storage.errors import NotFoundError
from storage.models import TokenRow, UserRow
from storage.records import LiveSession, SessionToken

TOUCH_S: Final = 60
"""A busy session writes this often that it was used, and no oftener."""


def open_session(
    db: Database,
    user_name: str,
    *,
    digest: str,
    address: str,
    longest_s: float,
    idle_s: float,
    now: datetime,
) -> SessionToken:
    """Remember a new token; sessions that have ended are swept away on the way."""
    row = TokenRow(
        digest=digest,
        user_name=user_name,
        address=address,
        created_utc=now,
        last_used_utc=now,
        expires_utc=now + timedelta(seconds=longest_s),
    )
    with db.transaction() as session:
        session.execute(delete(TokenRow).where(_ended(idle_s, now)))
        session.add(row)
    return row.record()


def find_session(db: Database, digest: str, *, idle_s: float, now: datetime) -> LiveSession | None:
    """The session of a token, if it holds: neither too old nor idle, and its user not disabled."""
    statement = (
        select(TokenRow, UserRow)
        .join(UserRow, UserRow.name == TokenRow.user_name)
        .where(TokenRow.digest == digest, ~_ended(idle_s, now), UserRow.disabled.is_(False))
    )
    with db.reading() as session:
        found = session.execute(statement).one_or_none()
        if found is None:
            return None
        result = LiveSession(found[0].record(), found[1].record())
    if now - result.token.last_used_utc >= timedelta(seconds=TOUCH_S):
        with db.transaction() as session:
            row = session.get(TokenRow, result.token.id)
            if row is not None:
                row.last_used_utc = now
    return result


def session_holds(db: Database, session_id: int, *, idle_s: float, now: datetime) -> bool:
    """Whether a session goes on; to ask is not to use it."""
    statement = (
        select(TokenRow.id)
        .join(UserRow, UserRow.name == TokenRow.user_name)
        .where(TokenRow.id == session_id, ~_ended(idle_s, now), UserRow.disabled.is_(False))
    )
    with db.reading() as session:
        return session.scalars(statement).first() is not None


def sessions_of(
    db: Database, user_name: str, *, idle_s: float, now: datetime
) -> tuple[SessionToken, ...]:
    """A user's sessions that hold, the oldest first."""
    statement = (
        select(TokenRow)
        .where(TokenRow.user_name == user_name, ~_ended(idle_s, now))
        .order_by(TokenRow.id)
    )
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def close_session(db: Database, session_id: int, *, user_name: str) -> None:
    """End one session of a user.

    Raises:
        NotFoundError: the user has none of that number.
    """
    with db.transaction() as session:
        row = session.get(TokenRow, session_id)
        if row is None or row.user_name != user_name:
            raise NotFoundError(f"{user_name} has no session {session_id}")
        session.delete(row)


def _ended(idle_s: float, now: datetime) -> ColumnElement[bool]:
    idle_since = now - timedelta(seconds=idle_s)
    return or_(TokenRow.expires_utc <= now, TokenRow.last_used_utc <= idle_since)
