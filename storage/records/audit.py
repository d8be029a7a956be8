"""Who did what: the entries of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry; ``hash`` covers everything else, and with ``previous_hash`` all entries before."""

    seq: int
    """1, 2, …, without a gap."""
    at_utc: datetime
    actor: str
    address: str
    action: str
    object: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first place where the trail does not hold."""

    seq: int
    text: str
