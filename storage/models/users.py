"""The rows of users and of their sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import ROW_ID, Base
from storage.records import Role, SessionToken, User


class UserRow(Base):
    """Somebody who may sign in."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_subject", "subject", unique=True),)

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[Role]
    display_name: Mapped[str]
    organization: Mapped[str]
    password_hash: Mapped[str]
    """Empty: no password opens this account."""
    subject: Mapped[str | None]
    """Who this is at the OpenID Connect provider; None: an account of ours alone."""
    disabled: Mapped[bool]
    must_change_password: Mapped[bool]
    created_utc: Mapped[datetime]
    changed_utc: Mapped[datetime]

    def record(self) -> User:
        """What callers see: not the hash."""
        return User(
            name=self.name,
            role=self.role,
            display_name=self.display_name,
            organization=self.organization,
            disabled=self.disabled,
            must_change_password=self.must_change_password,
            created_utc=self.created_utc,
            changed_utc=self.changed_utc,
        )


class TokenRow(Base):
    """A session. Who reads this table can sign in with nothing of it."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index("uq_tokens_digest", "digest", unique=True),
        Index("ix_tokens_user", "user_name", "id"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    digest: Mapped[str]
    """SHA-256 of the token."""
    user_name: Mapped[str] = mapped_column(ForeignKey("users.name"))
    address: Mapped[str]
    created_utc: Mapped[datetime]
    last_used_utc: Mapped[datetime]
    expires_utc: Mapped[datetime]

    def record(self) -> SessionToken:
        """What callers see."""
        return SessionToken(
            id=self.id,
            user_name=self.user_name,
            address=self.address,
            created_utc=self.created_utc,
            last_used_utc=self.last_used_utc,
            expires_utc=self.expires_utc,
        )
