"""The application entities that this node knows, and those it turned away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Peer:
    """Another DICOM application entity that this node knows."""

    name: str
    aet: str
    host: str
    port: int
    may_send: bool = False
    gets_results: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True)
class RefusedCaller:
    """A caller that was turned away; one row per calling AE title, called AE title and host."""

    calling_aet: str
    called_aet: str
    host: str
    reason: str
    count: int
    first_utc: datetime
    last_utc: datetime
