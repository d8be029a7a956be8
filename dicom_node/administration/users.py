"""Users are changed in one way, whoever asks: with before and after in the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from dicom_node.errors import ContradictionError
from storage import audit, users
from storage.database import Database
from storage.records import Actor, Role, User


class UserEdit(TypedDict, total=False):
    """What is to be changed of a user; what is not said, or ``None``, stays."""

    role: Role | None
    display_name: str | None
    organization: str | None
    disabled: bool | None


def change_user(
    database: Database,
    name: str,
    edit: UserEdit,
    *,
    action: str = "user.changed",
    by: Actor,
    now: datetime,
) -> User:
    """Change what is said and not ``None``. Another role or a disabled user: every session ends.

    Raises:
        NotFoundError: there is none of that name.
        ContradictionError: nobody would be left to look after the node.
    """
    with audit.audited(database, by, action, name, now=now) as change:
        change.before = user_document(users.get_user(database, name))
        admins = users.active_admins(database)
        user = users.change_user(database, name, **edit, now=now)
        if admins > 0 == users.active_admins(database):
            text = "That would leave nobody to look after the node."
            raise ContradictionError(text, code="last_admin")
        change.after = user_document(user)
        return user


def user_document(user: User) -> dict[str, object]:
    """For the audit trail."""
    return {
        "name": user.name,
        "role": user.role.value,
        "display_name": user.display_name,
        "organization": user.organization,
        "disabled": user.disabled,
        "must_change_password": user.must_change_password,
    }
