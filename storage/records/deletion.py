"""What is left of a series that was deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DeletedSeries:
    """The tombstone of a series: nothing of the patient."""

    token: str
    """Names this deletion."""
    series_uid: str
    study_uid: str
    at_utc: datetime
    actor: str
    cause: str
    instance_count: int
    result_count: int
    verdict_count: int
    kept_by: Mapping[str, int]
    """Peer → how many of its result objects that peer has taken: they stay there."""
    not_sent: int
    """Result objects on their way that nobody gets any more."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A series whose rows are gone, and the files that no row names any more."""

    tombstone: DeletedSeries
    paths: tuple[Path, ...]
