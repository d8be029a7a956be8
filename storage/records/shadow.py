"""What a shadow model said of a reading, beside what the active one said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.records.series import Outcome, SeriesRecord
from storage.records.verdicts import VerdictRecord


@dataclass(frozen=True, slots=True)
class ReadBy:
    """The model that read; ``sha256`` is of its file."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ShadowClaim:
    """The right to have a series read by the shadow model. ``token`` fences a late writer."""

    series: SeriesRecord
    token: str
    attempts: int
    """With this one."""


@dataclass(frozen=True, slots=True)
class ShadowEnd:
    """How the shadow's reading of a series ended.

    Attributes:
        model: by which model.
        outcome: as of a reading of the active one; never ``pending``.
        result: the result.json, of a series that was analysed.
        reason_code: why it was not.
        reason_text: the same as a sentence.
        duration_s: how long the process was at it.
    """

    model: ReadBy
    outcome: Outcome
    result: Mapping[str, Any] | None = None
    reason_code: str | None = None
    reason_text: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class ShadowReading:
    """One series and the shadow model; ``outcome`` is None while it waits or is read."""

    series_id: int
    series_uid: str
    generation: int
    asked_utc: datetime
    attempts: int
    ended_utc: datetime | None
    duration_s: float | None
    model: ReadBy | None
    outcome: Outcome | None
    reason_code: str | None
    reason_text: str | None
    result: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class TwiceRead:
    """A series that both models have dealt with, and what a reader said of it last."""

    series: SeriesRecord
    shadow: ShadowReading
    verdict: VerdictRecord | None
