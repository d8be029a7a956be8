"""What the node tells, as the console keeps it. Nothing here knows of Qt or of HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

LEVELS: Final = ("C1", "C2", "C3", "C4", "C5", "C6", "C7")
WHOLE: Final = "whole"
"""In ``SeriesDetail.level_coverage``: all of the level was in the images and assessed."""


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in."""

    name: str
    role: str
    display_name: str
    organization: str
    must_change_password: bool

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> User:
        """Of the API's document."""
        return cls(
            name=given["name"],
            role=given["role"],
            display_name=given["display_name"],
            organization=given["organization"],
            must_change_password=given["must_change_password"],
        )


@dataclass(frozen=True, slots=True)
class Session:
    """A session; ``idle_s`` unused seconds end it, and ``expires_utc`` at the latest."""

    user: User
    expires_utc: datetime
    idle_s: float
    token: str = field(repr=False)

    @classmethod
    def from_json(cls, given: Mapping[str, Any], token: str) -> Session:
        """Of the API's document."""
        return cls(
            user=User.from_json(given["user"]),
            expires_utc=_time(given["expires_utc"]),
            idle_s=float(given["idle_s"]),
            token=token,
        )


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One line of the worklist. A probability that is not known is ``None``, never small."""

    series_uid: str
    generation: int
    study_uid: str
    state: str
    outcome: str
    triage_rank: int
    reading_id: int
    reason_code: str | None
    reason_text: str | None
    patient_name: str
    patient_id: str
    accession_number: str
    study_description: str
    series_description: str
    study_date: date | None
    source_aet: str
    priority: str
    instance_count: int
    first_received_utc: datetime
    patient_overall: float | None
    levels: Mapping[str, float | None]
    coverage: str | None
    read_utc: datetime | None
    assigned_to: str | None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> SeriesRow:
        """Of the API's document."""
        return cls(
            **{name: given[name] for name in _PLAIN},
            study_date=None
            if given["study_date"] is None
            else date.fromisoformat(given["study_date"]),
            first_received_utc=_time(given["first_received_utc"]),
            read_utc=_time_or_none(given["read_utc"]),
            levels=dict(given["levels"]),
        )


_PLAIN: Final = (
    *("series_uid", "generation", "study_uid", "state", "outcome", "triage_rank"),
    *("reading_id", "reason_code", "reason_text"),
    *("patient_name", "patient_id", "accession_number", "study_description"),
    *("series_description", "source_aet", "priority", "instance_count", "patient_overall"),
    *("coverage", "assigned_to"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in the node's order; ``next_cursor`` of the last page is ``None``."""

    rows: tuple[SeriesRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many readings are behind each tab, and since when the oldest wait."""

    of_tab: Mapping[str, int]
    oldest_unread_utc: datetime | None
    oldest_critical_utc: datetime | None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Counts:
        """Of the API's document."""
        tabs = ("unread", "critical", "mine", "not_analysed", "all")
        return cls(
            of_tab={tab: int(given[tab]) for tab in tabs},
            oldest_unread_utc=_time_or_none(given["oldest_unread_utc"]),
            oldest_critical_utc=_time_or_none(given["oldest_critical_utc"]),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """A fracture that the machine sees. ``box`` is (x, y, width, height) in the slice's pixels."""

    level: str
    probability: float
    key_slice_sop_uid: str
    key_slice_frame: int | None
    key_slice_index: int
    box: tuple[int, int, int, int]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Finding:
        """Of the result's document."""
        x, y, width, height = given["box"]
        return cls(
            level=given["level"],
            probability=given["probability"],
            key_slice_sop_uid=given["key_slice_sop_uid"],
            key_slice_frame=given.get("key_slice_frame"),
            key_slice_index=given["key_slice_index"],
            box=(x, y, width, height),
        )


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """What a reader said and signed; ``document`` is that of ``docs/verdicts.md``."""

    at_utc: datetime
    reader: str
    organization: str
    document: Mapping[str, Any]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> GivenVerdict:
        """Of the API's document."""
        return cls(
            at_utc=_time(given["at_utc"]),
            reader=given["reader"],
            organization=given["organization"],
            document=dict(given["document"]),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a series on its way."""

    at_utc: datetime
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One result object on its way to one peer."""

    peer_name: str
    state: str
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class SeriesDetail:
    """Everything about one reading."""

    row: SeriesRow
    model: str | None
    """Name and version; ``None``: no model read it."""
    operating_point: float | None
    findings: tuple[Finding, ...]
    level_coverage: Mapping[str, str]
    verdicts: tuple[GivenVerdict, ...]
    timeline: tuple[Step, ...]
    deliveries: tuple[Delivery, ...]
    result: Mapping[str, Any] | None
    """The machine's own document, for who draws it."""
    middle_sop_uid: str | None
    """Of the image that came as the middle one."""

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> SeriesDetail:
        """Of the API's document."""
        result = given["result"] or {}
        model = result.get("model")
        return cls(
            row=SeriesRow.from_json(given),
            model=f"{model['name']} {model['version']}" if model else None,
            operating_point=result.get("operating_point"),
            findings=tuple(Finding.from_json(each) for each in result.get("findings") or ()),
            level_coverage=dict(result.get("level_coverage") or {}),
            verdicts=tuple(GivenVerdict.from_json(each) for each in given["verdicts"]),
            timeline=tuple(
                Step(_time(each["at_utc"]), each["state"], each["note"])
                for each in given["timeline"]
            ),
            deliveries=tuple(
                Delivery(each["peer_name"], each["state"], each["attempts"], each["last_error"])
                for each in given["deliveries"]
            ),
            result=given["result"],
            middle_sop_uid=given.get("middle_sop_uid"),
        )

    @property
    def in_part(self) -> tuple[str, ...]:
        """Levels that the machine did not assess whole."""
        return tuple(each for each in LEVELS if self.level_coverage.get(each) != WHOLE)


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a series, as it happens."""

    id: int
    series_uid: str
    state: str
    outcome: str
    was: str | None = None
    """The state before; the same where only something was noted."""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one uploaded file."""

    name: str
    outcome: str
    """``stored``, ``skipped``, ``refused``."""
    series_uid: str | None = None
    reason: str | None = None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else _time(text)
