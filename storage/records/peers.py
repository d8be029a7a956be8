"""The application entities that this node knows, what they get, and those it turned away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class PeerProtocol(StrEnum):
    """How results reach a peer."""

    DICOM = "dicom"  # C-STORE
    STOW = "stow"  # STOW-RS (PS3.18 10.5)


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
    commitment: bool = False
    """It is asked to commit to the storage of what it took."""
    protocol: PeerProtocol = PeerProtocol.DICOM
    url: str | None = None
    """Of its STOW-RS service."""
    shadow: bool = False
    """What it sends is analysed and kept, and nothing of it is sent to anybody."""


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


@dataclass(frozen=True, slots=True)
class Route:
    """A rule that says which results go where; the caller knows what is in ``rule``."""

    name: str
    position: int
    """0, 1, …: the order in which the rules are asked."""
    enabled: bool
    rule: Mapping[str, Any]
    created_utc: datetime
    changed_utc: datetime
