"""Query/Retrieve: what a PACS has, and having it sent to the node (``docs/api.md``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from pyqt_console.client import NodeClient, parsed

SEARCH_S: Final = 120.0
LIMIT: Final = 200
UNFINISHED: Final = frozenset({"waiting", "running"})
ACCESSION_NUMBER, PATIENT_ID = "00080050", "00100020"


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; at least one of them narrows it. ``*`` and ``?`` are wild cards."""

    patient_name: str = ""
    patient_id: str = ""
    accession_number: str = ""
    study_date_from: date | None = None
    study_date_until: date | None = None
    modality: str = ""

    def document(self) -> dict[str, Any]:
        """A body for the API."""
        begin, end = self.study_date_from, self.study_date_until
        return {
            "patient_name": self.patient_name,
            "patient_id": self.patient_id,
            "accession_number": self.accession_number,
            "study_date_from": begin.isoformat() if begin else None,
            "study_date_until": end.isoformat() if end else None,
            "modality": self.modality,
            "limit": LIMIT,
        }


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study that the PACS has; numbers are ``None`` where it does not say."""

    study_uid: str
    patient_id: str
    patient_name: str
    accession_number: str
    study_date: date | None
    study_time: str
    study_description: str
    modalities: tuple[str, ...]
    series_count: int | None
    instance_count: int | None
    held_count: int
    """Images of it that the node has received."""

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> FoundStudy:
        """Of the API's document."""
        day = given["study_date"]
        return cls(
            study_uid=given["study_uid"],
            patient_id=given["patient_id"],
            patient_name=given["patient_name"],
            accession_number=given["accession_number"],
            study_date=date.fromisoformat(day) if day else None,
            study_time=given["study_time"],
            study_description=given["study_description"],
            modalities=tuple(given["modalities"]),
            series_count=given["series_count"],
            instance_count=given["instance_count"],
            held_count=int(given["held_count"]),
        )


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """A series that the PACS has."""

    study_uid: str
    series_uid: str
    modality: str
    series_number: int | None
    series_description: str
    body_part: str
    instance_count: int | None
    held_count: int

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> FoundSeries:
        """Of the API's document."""
        return cls(**{name: given[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Found:
    """What the PACS answered; not ``is_whole``: there may be more."""

    studies: tuple[FoundStudy, ...]
    series: tuple[FoundSeries, ...]
    is_whole: bool
    remarks: tuple[str, ...]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Found:
        """Of the API's document."""
        return cls(
            studies=tuple(FoundStudy.from_json(each) for each in given["studies"]),
            series=tuple(FoundSeries.from_json(each) for each in given["series"]),
            is_whole=bool(given["is_whole"]),
            remarks=tuple(given["remarks"]),
        )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What is fetched, or was; numbers of images are ``None`` where the PACS does not say."""

    id: str
    peer_name: str
    study_uid: str
    series_uids: tuple[str, ...]
    asked_by: str
    asked_utc: datetime
    state: str
    remaining: int | None
    completed: int | None
    failed: int | None
    warning: int | None
    text: str

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Retrieval:
        """Of the API's document."""
        plain = ("id", "peer_name", "study_uid", "asked_by", "state", "text")
        counts = ("remaining", "completed", "failed", "warning")
        return cls(
            **{name: given[name] for name in (*plain, *counts)},
            series_uids=tuple(given["series_uids"]),
            asked_utc=datetime.fromisoformat(given["asked_utc"]),
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.state not in UNFINISHED


def find_studies(client: NodeClient, peer: str, search: Search) -> Found:
    """C-FIND. ServerError says which step to the PACS failed."""
    found = client.ask("POST", _path(peer, "find"), json=search.document(), timeout=SEARCH_S)
    return parsed(lambda: Found.from_json(found))


def find_series(client: NodeClient, peer: str, study_uid: str) -> Found:
    """The series of one study."""
    body = {"level": "SERIES", "study_uid": study_uid, "limit": LIMIT}
    found = client.ask("POST", _path(peer, "find"), json=body, timeout=SEARCH_S)
    return parsed(lambda: Found.from_json(found))


def retrieve(
    client: NodeClient, peer: str, study_uid: str, series_uids: Sequence[str] = ()
) -> Retrieval:
    """Have a study, or these series of it, sent to the node. Asking twice is asking once."""
    body = {"study_uid": study_uid, "series_uids": list(series_uids)}
    found = client.ask("POST", _path(peer, "retrieve"), json=body)
    return parsed(lambda: Retrieval.from_json(found))


def list_retrievals(client: NodeClient) -> tuple[Retrieval, ...]:
    """The newest first."""
    found = client.ask("GET", "/api/v1/retrievals")
    return parsed(lambda: tuple(Retrieval.from_json(each) for each in found))


def cancel(client: NodeClient, retrieval_id: str) -> None:
    """The PACS is told to stop; what came until then stays."""
    client.ask("POST", f"/api/v1/retrievals/{quote(retrieval_id, safe='')}/cancel")


def words_of_study(client: NodeClient, study_uid: str) -> str:
    """By what the worklist finds the study; empty: nothing of it is here (yet)."""
    found = client.ask("GET", "/dicomweb/studies", params={"StudyInstanceUID": study_uid})

    def read() -> str:
        values = (
            _first(each, tag) for each in found or () for tag in (ACCESSION_NUMBER, PATIENT_ID)
        )
        return next((value for value in values if value), "")

    return parsed(read)


def _first(dataset: Mapping[str, Any], tag: str) -> str:
    values = dataset.get(tag, {}).get("Value") or [""]
    return str(values[0])


def _path(peer: str, what: str) -> str:
    return f"/api/v1/peers/{quote(peer, safe='')}/{what}"
