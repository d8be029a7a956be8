"""``/api/v1/series/{series_uid}``: one reading, who reads it, and what is done with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from dicom_node.api.auth import Caller, CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.deleted import DeletionView, raise_if_deleted
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.session import RequestBody
from dicom_node.api.views import (
    DeliveryView,
    EarlierReading,
    ObjectView,
    SeriesDetail,
    SeriesRow,
    ShadowReadingView,
    TimelineView,
    VerdictView,
    row_values,
)
from dicom_node.retention import deletion
from storage import (
    audit,
    deliveries,
    destinations,
    instances,
    series,
    shadow_readings,
    verdicts,
    worklist,
)
from storage.deletion import HAS_IT
from storage.errors import NotFoundError
from storage.records import Role, SeriesRecord

router = APIRouter(prefix="/api/v1/series", tags=["series"], responses=ERROR_RESPONSES)

SeriesUid = Annotated[
    str, Path(pattern=r"^[0-9.]{1,64}$", description="Series Instance UID (0020,000E).")
]


class Taking(RequestBody):
    """How a reading is taken."""

    take_over: bool = False
    """Also if another reader has it."""


class Assignment(BaseModel):
    """Who has a reading now."""

    series_uid: str
    assigned_to: str | None


class DeletionRehearsal(BaseModel):
    """What would stay, and what would not be sent any more."""

    series_uid: str
    kept_by: dict[str, int]
    """Peer → how many result objects it has taken."""
    not_sent: int


@router.get("/{series_uid}", summary="One series")
def show_series(series_uid: SeriesUid, caller: CallerDep, context: Context) -> SeriesDetail:
    """Its newest reading with everything that belongs to it. Who saw it is audited.

    410 if it was deleted, and what of it stays at the peers.
    """
    try:
        record = series.get_series(context.database, series_uid)
    except NotFoundError:
        raise_if_deleted(context.database, series_uid)
        raise
    detail = _detail(context, record, caller)
    audit.record(context.database, caller.actor, "series.viewed", series_uid, now=context.now())
    return detail


@router.delete("/{series_uid}", summary="Delete a series")
def delete_series(series_uid: SeriesUid, caller: CallerDep, context: Context) -> DeletionView:
    """Images, results, verdicts, all readings. What was delivered stays at the peers: it says so.

    409 while it is being analysed or sent.
    """
    gone = deletion.delete_series(
        context.database,
        context.data_dir,
        series_uid,
        by=caller.actor,
        cause="a person asked",
        now=context.now(),
    )
    return DeletionView.of(gone)


@router.get("/{series_uid}/deletion", summary="What deleting a series would leave")
def rehearse_deletion(series_uid: SeriesUid, context: Context) -> DeletionRehearsal:
    """Of all its readings. Changes nothing, and shows nothing of the patient."""
    series.get_series(context.database, series_uid)
    sends = destinations.states_by_peer(context.database, series_uid)
    kept: Counter[str] = Counter()
    for (peer, state), count in sends.items():
        if state in HAS_IT:
            kept[peer] += count
    return DeletionRehearsal(
        series_uid=series_uid,
        kept_by=dict(sorted(kept.items())),
        not_sent=sends.total() - kept.total(),
    )


@router.post("/{series_uid}/assignment", summary="Take a series for reading")
def take_series(
    series_uid: SeriesUid, caller: CallerDep, context: Context, body: Taking | None = None
) -> Assignment:
    """409 if another reader has it, and whom to ask."""
    reader, now = caller.user.name, context.now()
    take_over = body is not None and body.take_over
    with audit.audited(
        context.database, caller.actor, "series.taken", series_uid, now=now
    ) as change:
        change.before = _assignment(series.get_series(context.database, series_uid))
        record = worklist.assign(context.database, series_uid, reader, take_over=take_over, now=now)
        change.after = _assignment(record)
        if record.assigned_to != reader:
            raise ApiError(
                409,
                "taken",
                f"{record.assigned_to} has taken this series.",
                detail={"assigned_to": record.assigned_to},
            )
    return Assignment.model_validate(record, from_attributes=True)


@router.delete("/{series_uid}/assignment", summary="Give a series back")
def release_series(series_uid: SeriesUid, caller: CallerDep, context: Context) -> Assignment:
    """An administrator may give back what another reader has taken."""
    now = context.now()
    with audit.audited(
        context.database, caller.actor, "series.released", series_uid, now=now
    ) as change:
        change.before = _assignment(series.get_series(context.database, series_uid))
        record = worklist.release(
            context.database,
            series_uid,
            caller.user.name,
            of_anybody=caller.user.role is Role.ADMIN,
            now=now,
        )
        change.after = _assignment(record)
        if record.assigned_to is not None:
            raise ApiError(
                409,
                "taken",
                f"{record.assigned_to} has taken this series.",
                detail={"assigned_to": record.assigned_to},
            )
    return Assignment.model_validate(record, from_attributes=True)


@router.post("/{series_uid}/retry", summary="Try a series again")
def retry_series(series_uid: SeriesUid, caller: CallerDep, context: Context) -> SeriesRow:
    """For a series that failed or was not analysed; 409 in any other state."""
    return _step(context, caller, "series.retried", series_uid, series.retry)


@router.post("/{series_uid}/park", summary="Take a series out of the queue")
def park_series(series_uid: SeriesUid, caller: CallerDep, context: Context) -> SeriesRow:
    """For a series that waits; 409 in any other state. It is shown as failed until a retry."""
    return _step(context, caller, "series.parked", series_uid, series.take_out)


def _step(
    context: ApiContext,
    caller: Caller,
    action: str,
    series_uid: str,
    step: Callable[..., SeriesRecord],
) -> SeriesRow:
    now = context.now()
    with audit.audited(context.database, caller.actor, action, series_uid, now=now) as change:
        change.before = _state(series.get_series(context.database, series_uid))
        record = step(context.database, series_uid, now=now)
        change.after = _state(record)
    return SeriesRow.of(record)


def _detail(context: ApiContext, record: SeriesRecord, caller: Caller) -> SeriesDetail:
    database = context.database
    # A reader must not be led by a model that nobody has validated.
    sees_shadow = caller.user.role is Role.ADMIN
    shadow = shadow_readings.reading_of(database, record.id) if sees_shadow else None
    return SeriesDetail(
        **row_values(record),
        result=None if record.result is None else dict(record.result),
        middle_sop_uid=instances.middle_of(database, record.series_uid),
        attempts=record.attempts,
        timeline=[TimelineView.of(each) for each in series.timeline(database, record.id)],
        objects=[ObjectView.of(each) for each in deliveries.objects_of(database, record.id)],
        deliveries=[
            DeliveryView.of(each) for each in deliveries.deliveries_of(database, record.id)
        ],
        verdicts=[VerdictView.of(each) for each in verdicts.verdicts_of(database, record.id)],
        supersedes=[
            EarlierReading(
                generation=each.generation,
                first_received_utc=each.first_received_utc,
                instance_count=each.instance_count,
                patient_overall=(each.result or {}).get("patient_overall"),
            )
            for each in series.predecessors(database, record)
        ],
        shadow=None if shadow is None else ShadowReadingView.of(shadow),
    )


def _assignment(record: SeriesRecord) -> dict[str, object]:
    return {"assigned_to": record.assigned_to}


def _state(record: SeriesRecord) -> dict[str, object]:
    return {"state": record.state.value, "generation": record.generation}
