"""``/api/v1/deliveries``: what is on its way, and what a person decides of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.api.views import DeliveryView
from storage import audit, deliveries, destinations, series
from storage.records import DeliveryState, Piece

router = APIRouter(prefix="/api/v1/deliveries", tags=["deliveries"], responses=ERROR_RESPONSES)

DeliveryId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class ListedDelivery(DeliveryView):
    """A delivery among those of other series."""

    series_uid: str
    piece: Piece
    made_utc: datetime
    """When the object was made."""


@router.get("", summary="Deliveries in one state")
def list_deliveries(
    context: Context,
    state: DeliveryState = DeliveryState.PARKED,
    peer: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[ListedDelivery]:
    """The newest first; by default those that wait for a person."""
    found = destinations.list_deliveries(context.database, peer_name=peer, state=state, limit=limit)
    uids = series.series_uids(context.database, {each.series_id for each in found})
    return [
        ListedDelivery.model_validate(asdict(each) | {"series_uid": uids[each.series_id]})
        for each in found
        if each.series_id in uids  # else it was deleted a moment ago
    ]


@router.post("/{delivery_id}/resume", status_code=204, summary="Try a parked delivery again")
def resume_delivery(delivery_id: DeliveryId, caller: CallerDep, context: Context) -> Response:
    """At once. One that is not parked stays as it is."""
    now = context.now()
    with audit.audited(
        context.database, caller.actor, "delivery.resumed", str(delivery_id), now=now
    ):
        deliveries.resume(context.database, delivery_id, now)
    return Response(status_code=204)


@router.post("/{delivery_id}/resend", status_code=204, summary="Send an object again")
def resend_delivery(delivery_id: DeliveryId, caller: CallerDep, context: Context) -> Response:
    """Also where the peer has it: the same object, under the same UID."""
    now = context.now()
    with audit.audited(
        context.database, caller.actor, "delivery.resent", str(delivery_id), now=now
    ):
        deliveries.resend(context.database, delivery_id, now=now)
    return Response(status_code=204)
