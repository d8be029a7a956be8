"""``/api/v1/audit``: who did what. Looking at it is an entry of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from dicom_node.administration.undo import can_be_undone, undo
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.audit_messages.build import destination_of
from storage import audit, audit_exports
from storage.records import AuditEntry, AuditExport, AuditFault

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], responses=ERROR_RESPONSES)

SEQ_MAX: Final = 2**63 - 1


class AuditEntryView(BaseModel):
    """One entry."""

    seq: int
    at_utc: datetime
    actor: str
    address: str
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous_hash: str
    hash: str
    can_be_undone: bool
    """A change of the configuration; whether something newer stands against it shows the try."""

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditEntryView:
        """As the API shows it."""
        return cls(**asdict(entry), can_be_undone=can_be_undone(entry.action))


class AuditDestinationView(BaseModel):
    """A syslog receiver that the trail is sent on to, and how far it has come there."""

    destination: str
    configured: bool
    """False: it was sent there before, and is no longer."""
    waiting: int
    oldest_waiting_utc: datetime | None
    sent_utc: datetime | None
    last_error: str | None


class AuditVerdict(BaseModel):
    """Whether the trail holds."""

    holds: bool
    entries: int | None
    first_fault_seq: int | None
    text: str


@router.get("", summary="The newest entries")
def list_entries(
    context: Context,
    before_seq: Annotated[int | None, Query(ge=1, le=SEQ_MAX)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    kind: Annotated[str, Query(pattern=r"^[a-z]{0,32}$")] = "",
    actor: Annotated[str, Query(max_length=64)] = "",
    about: Annotated[str, Query(max_length=255)] = "",
) -> list[AuditEntryView]:
    """The newest first; ``before_seq`` is for the next page. What else is given must hold.

    ``kind`` is the part of the action before the dot (``user``, ``setting``, …); ``actor`` and
    ``about`` stand somewhere in who did it and in what was done with.
    """
    found = audit.latest(
        context.database, before_seq=before_seq, limit=limit, kind=kind, actor=actor, about=about
    )
    return [AuditEntryView.of(each) for each in found]


@router.post("/{seq}/undo", summary="Undo a change of the configuration")
def undo_change(
    seq: Annotated[int, Path(ge=1, le=SEQ_MAX)], caller: CallerDep, context: Context
) -> list[AuditEntryView]:
    """What the entry says was before holds again; 409 if something newer stands against it.

    Returns the entries that this makes: the change, which can be undone too, and that it undid.
    """
    made = undo(context.database, context.settings, seq, by=caller.actor, now=context.now())
    return [AuditEntryView.of(each) for each in made]


@router.get("/destinations", summary="Where the trail is sent on to")
def list_destinations(context: Context) -> list[AuditDestinationView]:
    """The configured receiver, also if nothing was sent to it yet, and earlier ones."""
    known = {each.destination: each for each in audit_exports.exports(context.database)}
    wanted = destination_of(context.settings.audit)
    names = dict.fromkeys((*([] if wanted is None else [wanted]), *known))
    return [_destination(context, name, known.get(name), name == wanted) for name in names]


@router.get("/verification", summary="Does the trail hold?")
def verify(context: Context) -> AuditVerdict:
    """Every entry's hash and its chain to the one before."""
    found = audit.verify(context.database)
    if isinstance(found, AuditFault):
        text = f"entry {found.seq}: {found.text}"
        return AuditVerdict(holds=False, entries=None, first_fault_seq=found.seq, text=text)
    return AuditVerdict(
        holds=True, entries=found, first_fault_seq=None, text=f"all {found} entries hold"
    )


@router.get(
    "/export",
    summary="All entries, one JSON object a line",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "JSON lines."}},
)
def export(caller: CallerDep, context: Context) -> StreamingResponse:
    """The oldest first."""
    audit.record(context.database, caller.actor, "audit.exported", "audit", now=context.now())

    def lines() -> Iterator[str]:
        for entry in audit.every_entry(context.database):
            yield audit.as_line(entry) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _destination(
    context: ApiContext, name: str, export: AuditExport | None, configured: bool
) -> AuditDestinationView:
    waits = audit_exports.backlog(context.database, name)
    return AuditDestinationView(
        destination=name,
        configured=configured,
        waiting=waits.entries,
        oldest_waiting_utc=waits.oldest_utc,
        sent_utc=None if export is None else export.sent_utc,
        last_error=None if export is None else export.last_error,
    )
