"""``/api/v1/deliveries``: what is on its way, and what a person decides of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.api.views import DeliveryView
from storage import audit, deliveries
from storage.records import DeliveryState

router = APIRouter(prefix="/api/v1/deliveries", tags=["deliveries"], responses=ERROR_RESPONSES)

DeliveryId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("", summary="Deliveries in one state")
def list_deliveries(
    context: Context,
    state: DeliveryState = DeliveryState.PARKED,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[DeliveryView]:
    """The newest first; by default those that wait for a person."""
    found = deliveries.deliveries_in(context.database, state, limit=limit)
    return [DeliveryView.of(each) for each in found]


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
