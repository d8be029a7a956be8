"""The audit trail: entries that are only added, each chained to the one before by its hash.

A change and its entry are one transaction: :func:`audited` opens it, and every function of
``storage`` that is called inside joins it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import NotFoundError, StorageError
from storage.models import AuditHead, AuditRow
from storage.records import Actor, AuditEntry, AuditFault

FIRST_HASH: Final = "0" * 64
"""What the first entry is chained to."""
HEAD: Final = 1
CHUNK: Final = 1000


@dataclass(slots=True)
class Change:
    """What the block inside :func:`audited` tells of its change."""

    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@contextmanager
def audited(
    db: Database, by: Actor, action: str, object_: str, *, now: datetime
) -> Iterator[Change]:
    """One transaction around a change, with its entry: both are there, or neither.

    Nothing that touches the network or waits belongs inside.
    """
    change = Change()
    with db.transaction() as session:
        yield change
        _append(session, by, action, object_, change, now)


def record(
    db: Database,
    by: Actor,
    action: str,
    object_: str,
    *,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """An entry for what changes no row: somebody looked, exported, failed to sign in."""
    with audited(db, by, action, object_, now=now) as change:
        change.after = after


def entries(
    db: Database, *, after_seq: int = 0, limit: int = CHUNK, object_: str | None = None
) -> tuple[AuditEntry, ...]:
    """Entries in order, those behind ``after_seq``."""
    statement = select(AuditRow).where(AuditRow.seq > after_seq).order_by(AuditRow.seq).limit(limit)
    if object_ is not None:
        statement = statement.where(AuditRow.object == object_)
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def entry(db: Database, seq: int) -> AuditEntry:
    """One entry.

    Raises:
        NotFoundError: there is none of that number.
    """
    with db.reading() as session:
        row = session.get(AuditRow, seq)
        if row is None:
            raise NotFoundError(f"there is no entry {seq}")
        return row.record()


def latest(
    db: Database,
    *,
    before_seq: int | None = None,
    limit: int = 100,
    actions: Collection[str] | None = None,
    kind: str = "",
    actor: str = "",
    about: str = "",
) -> tuple[AuditEntry, ...]:
    """The newest entries first, those before ``before_seq``; what is given must hold.

    ``kind`` is the part of the action before the dot; ``actor`` and ``about`` stand somewhere in
    the actor and in the object.
    """
    statement = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
    if before_seq is not None:
        statement = statement.where(AuditRow.seq < before_seq)
    if actions is not None:
        statement = statement.where(AuditRow.action.in_(actions))
    if kind:
        statement = statement.where(AuditRow.action.startswith(f"{kind}.", autoescape=True))
    if actor:
        statement = statement.where(AuditRow.actor.icontains(actor, autoescape=True))
    if about:
        statement = statement.where(AuditRow.object.icontains(about, autoescape=True))
    with db.reading() as session:
        return tuple(row.record() for row in session.scalars(statement))


def every_entry(db: Database) -> Iterator[AuditEntry]:
    """All entries in order, some at a time."""
    seq = 0
    while found := entries(db, after_seq=seq):
        yield from found
        seq = found[-1].seq


def verify(db: Database) -> AuditFault | int:
    """How many entries there are, if all hold; else the first that was changed, or is missing."""
    with db.reading() as session:
        head = session.get(AuditHead, HEAD)
        last_seq, last_hash = (head.seq, head.hash) if head else (0, FIRST_HASH)
        if head is None and session.scalars(select(AuditRow.seq).limit(1)).first() is not None:
            return AuditFault(1, "the number of entries is missing")
    seq, previous = 0, FIRST_HASH
    for entry in every_entry(db):
        if entry.seq > last_seq:  # written meanwhile
            break
        fault = _fault(entry, seq, previous)
        if fault is not None:
            return fault
        seq, previous = entry.seq, entry.hash
    if seq != last_seq:
        return AuditFault(seq + 1, f"this entry and all up to {last_seq} are missing")
    if previous != last_hash:
        return AuditFault(seq, "the last entry is not the one that was written last")
    return seq


def _fault(entry: AuditEntry, seq: int, previous: str) -> AuditFault | None:
    """What is wrong with the entry behind ``seq``."""
    if entry.seq != seq + 1:
        return AuditFault(seq + 1, "this entry is missing")
    if entry.previous_hash != previous:
        return AuditFault(entry.seq, "this entry is not chained to the one before")
    if entry.hash != entry_hash(entry):
        return AuditFault(entry.seq, "this entry was changed")
    return None


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 of everything in the entry but the hash itself, as canonical JSON."""
    content = [
        entry.seq,
        entry.at_utc.isoformat(timespec="microseconds"),
        entry.actor,
        entry.address,
        entry.action,
        entry.object,
        entry.before,
        entry.after,
        entry.previous_hash,
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def as_line(entry: AuditEntry) -> str:
    """One entry as one line of JSON, for export."""
    document = asdict(entry) | {"at_utc": entry.at_utc.isoformat()}
    return json.dumps(document, ensure_ascii=False)


def _append(
    session: Session, by: Actor, action: str, object_: str, change: Change, now: datetime
) -> None:
    session.flush()
    statement = select(AuditHead).where(AuditHead.id == HEAD).with_for_update()
    head = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if head is None:
        if session.scalars(select(AuditRow.seq).limit(1)).first() is not None:
            raise StorageError("the audit trail has lost the number of its entries")
        head = AuditHead(id=HEAD, seq=0, hash=FIRST_HASH)
        session.add(head)
    entry = AuditEntry(
        seq=head.seq + 1,
        at_utc=now,
        actor=_clean(by.name),
        address=_clean(by.address),
        action=_clean(action),
        object=_clean(object_),
        before=plain(change.before),
        after=plain(change.after),
        previous_hash=head.hash,
        hash="",
    )
    digest = entry_hash(entry)
    session.add(
        AuditRow(
            seq=entry.seq,
            at_utc=entry.at_utc,
            actor=entry.actor,
            address=entry.address,
            action=entry.action,
            object=entry.object,
            before=entry.before,
            after=entry.after,
            previous_hash=entry.previous_hash,
            hash=digest,
        )
    )
    head.seq, head.hash = entry.seq, digest


def _clean(text: str) -> str:
    """As the column keeps it (``storage.columns.AnyText``), so that the hash holds."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def plain(document: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Plain JSON values: what is read back is what was hashed."""
    if document is None:
        return None
    made: Mapping[str, Any] = json.loads(json.dumps(document, allow_nan=False, default=str))
    return made
