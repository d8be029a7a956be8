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


@dataclass(frozen=True, slots=True)
class AuditExport:
    """How far the trail has come at one destination outside."""

    destination: str
    seq: int
    """The last entry that was sent; 0: none yet."""
    failures: int
    """In a row; 0: the last attempt succeeded."""
    next_attempt_utc: datetime
    sent_utc: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class AuditBacklog:
    """What a destination outside has not got yet."""

    entries: int
    oldest_utc: datetime | None
    """When the first of them was written; None: there is none."""


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """The study that an entry is about; only for messages whose form demands the patient."""

    study_uid: str
    patient_id: str
    """Empty: the images have none, or the study is no longer here."""
    peer_name: str = ""
    """Where an object of it is sent, in an entry about a delivery."""
