"""The people and programs that may sign in. Hashes come from the caller, and only go to it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import AlreadyExistsError, NotFoundError
from storage.models import TokenRow, UserRow
from storage.records import Role, User

NO_PASSWORD: Final = ""


def add_user(
    db: Database,
    name: str,
    *,
    role: Role,
    password_hash: str,
    display_name: str = "",
    organization: str = "",
    must_change_password: bool = False,
    now: datetime,
) -> User:
    """Add a user.

    Raises:
        AlreadyExistsError: one of that name is there, disabled or not.
    """
    row = UserRow(
        name=name,
        role=role,
        display_name=display_name,
        organization=organization,
        password_hash=password_hash,
        subject=None,
        disabled=False,
        must_change_password=must_change_password,
        created_utc=now,
        changed_utc=now,
    )
    return _added(db, row)


def add_user_of_provider(
    db: Database,
    name: str,
    *,
    role: Role,
    subject: str,
    display_name: str,
    organization: str,
    now: datetime,
) -> User:
    """Add somebody whom an OpenID Connect provider vouches for: no password opens the account.

    Raises:
        AlreadyExistsError: one of that name or ``subject`` is there, disabled or not.
    """
    row = UserRow(
        name=name,
        role=role,
        display_name=display_name,
        organization=organization,
        password_hash=NO_PASSWORD,
        subject=subject,
        disabled=False,
        must_change_password=False,
        created_utc=now,
        changed_utc=now,
    )
    return _added(db, row)


def _added(db: Database, row: UserRow) -> User:
    try:
        with db.transaction() as session:
            session.add(row)
    except AlreadyExistsError:
        raise AlreadyExistsError(f"a user named {row.name} is already there") from None
    return row.record()


def get_user(db: Database, name: str) -> User:
    """One user.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.reading() as session:
        return _row(session, name).record()


def user_of_subject(db: Database, subject: str) -> User | None:
    """Who is known by that name at the OpenID Connect provider, disabled or not."""
    with db.reading() as session:
        row = session.scalars(select(UserRow).where(UserRow.subject == subject)).one_or_none()
        return None if row is None else row.record()


def list_users(db: Database) -> tuple[User, ...]:
    """All users, by name."""
    with db.reading() as session:
        statement = select(UserRow).order_by(UserRow.name)
        return tuple(row.record() for row in session.scalars(statement))


def is_anybody_there(db: Database) -> bool:
    """Whether there is a user at all, disabled or not."""
    with db.reading() as session:
        return session.scalars(select(UserRow.name).limit(1)).first() is not None


def active_admins(db: Database) -> int:
    """How many administrators may sign in."""
    statement = select(func.count()).where(UserRow.role == Role.ADMIN, UserRow.disabled.is_(False))
    with db.reading() as session:
        return session.execute(statement).scalar_one()


def password_hash_of(db: Database, name: str) -> str | None:
    """The hash of a user that may sign in; ``None``: unknown, disabled, or without a password."""
    statement = select(UserRow.password_hash).where(
        UserRow.name == name,
        UserRow.disabled.is_(False),
        UserRow.password_hash != NO_PASSWORD,
    )
    with db.reading() as session:
        return session.scalars(statement).one_or_none()


def set_password(
    db: Database, name: str, password_hash: str, *, must_change: bool = False, now: datetime
) -> User:
    """Another password; every session of the user ends.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.transaction() as session:
        row = _row(session, name)
        row.password_hash, row.must_change_password = password_hash, must_change
        row.changed_utc = now
        _end_sessions(session, name)
        return row.record()


def change_user(
    db: Database,
    name: str,
    *,
    role: Role | None = None,
    display_name: str | None = None,
    organization: str | None = None,
    disabled: bool | None = None,
    now: datetime,
) -> User:
    """Change what is not ``None``. Another role or a disabled user: every session ends.

    Raises:
        NotFoundError: there is none of that name.
    """
    with db.transaction() as session:
        row = _row(session, name)
        if disabled or (role is not None and role is not row.role):
            _end_sessions(session, name)
        if role is not None:
            row.role = role
        if display_name is not None:
            row.display_name = display_name
        if organization is not None:
            row.organization = organization
        if disabled is not None:
            row.disabled = disabled
        row.changed_utc = now
        return row.record()


def _row(session: Session, name: str) -> UserRow:
    row = session.get(UserRow, name)
    if row is None:
        raise NotFoundError(f"there is no user named {name}")
    return row


def _end_sessions(session: Session, name: str) -> None:
    session.execute(delete(TokenRow).where(TokenRow.user_name == name))
