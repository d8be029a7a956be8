"""``/api/v1/destinations``: how each peer that gets results is, and what waits for it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path
from pydantic import BaseModel

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES
from storage import audit, deliveries, destinations
from storage.records import DeliveryState, DestinationHealth

router = APIRouter(prefix="/api/v1/destinations", tags=["deliveries"], responses=ERROR_RESPONSES)

PeerName = Annotated[str, Path(max_length=64)]
AT_ONCE: Final = 500
"""So many are resumed by one request."""


class DestinationView(BaseModel):
    """A peer that anything was ever for."""

    peer_name: str
    pending: int
    sent: int
    """Taken by the peer, which has not committed to them yet."""
    delivered: int
    parked: int
    waiting_since_utc: datetime | None
    """When the oldest object that is pending was made."""
    next_attempt_utc: datetime | None
    last_error: str | None
    """Of what is pending or parked."""
    last_sent_utc: datetime | None

    @classmethod
    def of(cls, health: DestinationHealth) -> DestinationView:
        """As the API shows it."""
        return cls.model_validate(health, from_attributes=True)


class Resumed(BaseModel):
    """What became of the parked deliveries to one peer."""

    resumed: int
    parked: int
    """Still: so many that they need another request."""


@router.get("", summary="How each destination is")
def list_destinations(context: Context) -> list[DestinationView]:
    """By name."""
    return [DestinationView.of(each) for each in destinations.destination_health(context.database)]


@router.post("/{peer_name}/resume", summary="Try all parked deliveries to a peer again")
def resume_all(peer_name: PeerName, caller: CallerDep, context: Context) -> Resumed:
    """At once, each with its audit entry; up to 500 by one request."""
    database, parked = context.database, DeliveryState.PARKED
    found = destinations.list_deliveries(
        database, peer_name=peer_name, state=parked, limit=AT_ONCE + 1
    )
    for each in found[:AT_ONCE]:
        now = context.now()
        with audit.audited(database, caller.actor, "delivery.resumed", str(each.id), now=now):
            deliveries.resume(database, each.id, now)
    more = found[AT_ONCE:]
    left = destinations.parked_count(database, peer_name) if more else 0
    return Resumed(resumed=len(found) - len(more), parked=left)
