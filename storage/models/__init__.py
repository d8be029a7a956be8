"""The tables. These classes stay inside this package; callers get the records they turn into."""

from __future__ import annotations

from storage.models.instances import Conflict, Instance
from storage.models.peers import PeerRow, Refused
from storage.models.results import DeliveryRow, Report
from storage.models.series import Series, Timeline

__all__ = [
    "Conflict",
    "DeliveryRow",
    "Instance",
    "PeerRow",
    "Refused",
    "Report",
    "Series",
    "Timeline",
]
