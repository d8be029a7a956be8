"""``/api/v1/destinations`` and ``/api/v1/deliveries``: what is on its way to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from pyqt_console.client import NodeClient, parsed
from pyqt_console.i18n import mark

ROWS_MAX: Final = 500
RESUME_S: Final = 120.0
STATES: Final[Mapping[str, str]] = {
    "parked": mark("parked"),
    "pending": mark("waiting"),
    "sent": mark("taken, not committed to yet"),
    "delivered": mark("delivered"),
}
"""The API's word → ours, in the order in which somebody asks for them."""
PIECES: Final[Mapping[str, str]] = {
    "report": mark("report"),
    "key-image": mark("key image"),
    "summary": mark("summary page"),
    "key-objects": mark("key object selection"),
    "presentation": mark("presentation state"),
    "heat-map": mark("heat map"),
    "verdict": mark("verified report"),
}


@dataclass(frozen=True, slots=True)
class Destination:
    """A peer that anything was ever for."""

    peer_name: str
    pending: int
    sent: int
    delivered: int
    parked: int
    waiting_since_utc: datetime | None
    next_attempt_utc: datetime | None
    last_error: str | None
    last_sent_utc: datetime | None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Destination:
        """Of the API's document."""
        return cls(
            peer_name=given["peer_name"],
            pending=int(given["pending"]),
            sent=int(given["sent"]),
            delivered=int(given["delivered"]),
            parked=int(given["parked"]),
            waiting_since_utc=_time_or_none(given["waiting_since_utc"]),
            next_attempt_utc=_time_or_none(given["next_attempt_utc"]),
            last_error=given["last_error"],
            last_sent_utc=_time_or_none(given["last_sent_utc"]),
        )


@dataclass(frozen=True, slots=True)
class Sending:
    """One object on its way to one peer."""

    id: int
    series_uid: str
    piece: str
    peer_name: str
    state: str
    attempts: int
    made_utc: datetime
    next_attempt_utc: datetime
    sent_utc: datetime | None
    last_error: str | None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Sending:
        """Of the API's document."""
        return cls(
            id=int(given["id"]),
            series_uid=given["series_uid"],
            piece=given["piece"],
            peer_name=given["peer_name"],
            state=given["state"],
            attempts=int(given["attempts"]),
            made_utc=datetime.fromisoformat(given["made_utc"]),
            next_attempt_utc=datetime.fromisoformat(given["next_attempt_utc"]),
            sent_utc=_time_or_none(given["sent_utc"]),
            last_error=given["last_error"],
        )


@dataclass(frozen=True, slots=True)
class Resumed:
    """How many parked objects are tried again, and how many need another request."""

    resumed: int
    parked: int


def list_destinations(client: NodeClient) -> tuple[Destination, ...]:
    """By name."""
    found = client.ask("GET", "/api/v1/destinations")
    return parsed(lambda: tuple(Destination.from_json(each) for each in found))


def list_sendings(client: NodeClient, peer_name: str, state: str) -> tuple[Sending, ...]:
    """The newest first; at most ``ROWS_MAX``."""
    parameters: dict[str, str | int] = {"peer": peer_name, "state": state, "limit": ROWS_MAX}
    found = client.ask("GET", "/api/v1/deliveries", params=parameters)
    return parsed(lambda: tuple(Sending.from_json(each) for each in found))


def resume(client: NodeClient, delivery_id: int) -> None:
    """A parked one is tried again at once."""
    client.ask("POST", f"/api/v1/deliveries/{delivery_id}/resume")


def resend(client: NodeClient, delivery_id: int) -> None:
    """The same object under the same UID, also where the peer has it."""
    client.ask("POST", f"/api/v1/deliveries/{delivery_id}/resend")


def resume_all(client: NodeClient, peer_name: str) -> Resumed:
    """All that is parked for a peer is tried again, some hundreds at a time."""
    path = f"/api/v1/destinations/{quote(peer_name, safe='')}/resume"
    found = client.ask("POST", path, timeout=RESUME_S)
    return parsed(lambda: Resumed(int(found["resumed"]), int(found["parked"])))


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
