"""What a user is called, and how one stands in the audit trail; shared with the commands."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from storage.records import User

UserName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", min_length=1, max_length=64)
]
"""Small letters, digits, dot, dash, underscore."""
PersonText = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\\]*$")]
"""At most VR LO (PS3.5 6.2)."""


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
