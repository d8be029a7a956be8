"""Who somebody is here, by what the provider says of them: a rule without I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dicom_node.errors import RefusedIdentityError
from storage.records import Role

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""As in ``dicom_node.api.people``."""
PRECEDENCE: Final = (Role.ADMIN, Role.RADIOLOGIST, Role.SERVICE)
"""Who has several mapped values gets the first of these."""
COMPONENT: Final = re.compile(r"[\x00-\x1f\x7f\\^=]+")
"""What no component of a person's name has (PS3.5 6.2.1)."""
DISPLAY_NAME_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider vouches for.

    Attributes:
        subject: unique for ever, of the provider and the person (``iss`` and ``sub``).
        name: for a new account; who has one keeps its name.
        display_name: PN (PS3.5 6.2), empty if the provider tells none.
    """

    subject: str
    name: str
    role: Role
    display_name: str


def person_of(
    claims: Mapping[str, Any], *, name_claim: str, role_claim: str, roles: Mapping[str, Role]
) -> Person:
    """Whom checked claims are about.

    Raises:
        RefusedIdentityError: no mapped role, or a name that cannot be one here.
    """
    role = _role(_values(claims, role_claim), roles)
    if role is None:
        raise RefusedIdentityError("role", "The provider gives you no role on this node.")
    said = claims.get(name_claim)
    name = said.lower() if isinstance(said, str) else ""
    if NAME.fullmatch(name) is None:
        raise RefusedIdentityError(
            "name", f"The provider's {name_claim} cannot be a user name on this node."
        )
    return Person(f"{claims['iss']} {claims['sub']}", name, role, _display_name(claims))


def _role(values: Sequence[str], roles: Mapping[str, Role]) -> Role | None:
    found = {roles[value] for value in values if value in roles}
    return next((role for role in PRECEDENCE if role in found), None)


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """A text or a list of texts, at the whole name or along its dots."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    several = found if isinstance(found, list) else [found]
    return [each for each in several if isinstance(each, str)]


def _display_name(claims: Mapping[str, Any]) -> str:
    family, given = (
        COMPONENT.sub(" ", str(claims.get(key, ""))).strip()
        for key in ("family_name", "given_name")
    )
    found = f"{family}^{given}" if family and given else family or given
    return found if len(found) <= DISPLAY_NAME_MAX else ""
