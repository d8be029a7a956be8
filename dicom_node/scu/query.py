"""What is asked of a peer and what it answers, as records and as data sets (PS3.4 C.4.1.1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
)

from dicom_node.element_text import NAME_DELIMITERS, date_of, decoded_text, encodings_of
from inference.attributes import integer, raw_value, texts
from storage.files import validated_uid

STUDY_ROOT_FIND: Final[str] = StudyRootQueryRetrieveInformationModelFind
CHARACTER_SET: Final = "ISO_IR 192"
"""Of queries for what ASCII cannot write: any name can be asked for."""


class QueryLevel(StrEnum):
    """What is looked for (0008,0052)."""

    STUDY = "STUDY"
    SERIES = "SERIES"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked; empty: not asked for. ``*`` and ``?`` are wild cards in texts.

    At the level of series ``study_uid`` says in which study.
    """

    level: QueryLevel = QueryLevel.STUDY
    patient_id: str = ""
    patient_name: str = ""
    accession_number: str = ""
    study_date_from: date | None = None
    study_date_until: date | None = None
    modality: str = ""
    study_uid: str = ""
    series_uid: str = ""


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study that the peer has. Numbers are ``None`` where it does not say."""

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


@dataclass(frozen=True, slots=True)
class FoundSeries:
    """A series that the peer has."""

    study_uid: str
    series_uid: str
    modality: str
    series_number: int | None
    series_description: str
    body_part: str
    instance_count: int | None


KEYS: Final[Mapping[QueryLevel, tuple[str, ...]]] = {
    QueryLevel.STUDY: (
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "ModalitiesInStudy",
        "StudyDescription",
        "PatientName",
        "PatientID",
        "StudyInstanceUID",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    QueryLevel.SERIES: (
        "Modality",
        "SeriesDescription",
        "BodyPartExamined",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "SeriesNumber",
        "NumberOfSeriesRelatedInstances",
    ),
}
"""What is asked for at each level; universal matching where the query does not say."""


def identifier_of(query: Query) -> Dataset:
    """The identifier of the request (PS3.4 C.4.1.1.3)."""
    said = {
        "PatientID": query.patient_id,
        "PatientName": query.patient_name,
        "AccessionNumber": query.accession_number,
        "StudyDate": _date_range(query.study_date_from, query.study_date_until),
        "ModalitiesInStudy": query.modality,
        "Modality": query.modality,
        "StudyInstanceUID": query.study_uid,
        "SeriesInstanceUID": query.series_uid,
    }
    identifier = Dataset()
    if not all(text.isascii() for text in said.values()):
        identifier.SpecificCharacterSet = CHARACTER_SET
    identifier.QueryRetrieveLevel = str(query.level)
    for keyword in KEYS[query.level]:
        setattr(identifier, keyword, said.get(keyword, ""))
    return identifier


def _date_range(first: date | None, last: date | None) -> str:
    """PS3.4 C.2.2.2.5."""
    if first is None and last is None:
        return ""
    if first == last and first is not None:
        return f"{first:%Y%m%d}"
    return (
        f"{'' if first is None else f'{first:%Y%m%d}'}-{'' if last is None else f'{last:%Y%m%d}'}"
    )


def query_document(query: Query) -> dict[str, str]:
    """What was asked for, without what was not, as text."""
    values = {each.name: getattr(query, each.name) for each in fields(query)}
    return {name: str(value) for name, value in values.items() if value not in ("", None)}


def encoded_query(document: Mapping[str, Any]) -> bytes:
    """The identifier of such a document, in Implicit VR Little Endian; empty if it is none."""
    said = dict(document)
    try:
        for name in ("study_date_from", "study_date_until"):
            if name in said:
                said[name] = date.fromisoformat(said[name])
        query = Query(**(said | {"level": QueryLevel(said["level"])}))
    except (KeyError, TypeError, ValueError):
        return b""
    return encode(identifier_of(query), is_implicit_vr=True, is_little_endian=True) or b""


def study_in(answer: Dataset) -> FoundStudy:
    """The study of an answer.

    Raises:
        InvalidUidError, PARSE_ERRORS: it names none, or cannot be read.
    """
    return FoundStudy(
        study_uid=_uid(answer, "StudyInstanceUID"),
        patient_id=_text(answer, "PatientID"),
        patient_name=_text(answer, "PatientName"),
        accession_number=_text(answer, "AccessionNumber"),
        study_date=date_of(_text(answer, "StudyDate")),
        study_time=_text(answer, "StudyTime"),
        study_description=_text(answer, "StudyDescription"),
        modalities=tuple(each for each in texts(answer, "ModalitiesInStudy") if each),
        series_count=integer(answer, "NumberOfStudyRelatedSeries"),
        instance_count=integer(answer, "NumberOfStudyRelatedInstances"),
    )


def series_in(answer: Dataset) -> FoundSeries:
    """The series of an answer.

    Raises:
        InvalidUidError, PARSE_ERRORS: it names none, or cannot be read.
    """
    return FoundSeries(
        study_uid=_uid(answer, "StudyInstanceUID"),
        series_uid=_uid(answer, "SeriesInstanceUID"),
        modality=_text(answer, "Modality"),
        series_number=integer(answer, "SeriesNumber"),
        series_description=_text(answer, "SeriesDescription"),
        body_part=_text(answer, "BodyPartExamined"),
        instance_count=integer(answer, "NumberOfSeriesRelatedInstances"),
    )


def _uid(answer: Dataset, keyword: str) -> str:
    return validated_uid(raw_value(answer, keyword).decode("latin-1").strip("\0 "))


def _text(answer: Dataset, keyword: str) -> str:
    encodings = encodings_of(raw_value(answer, "SpecificCharacterSet"))
    value = raw_value(answer, keyword)
    if keyword == "PatientName":
        return decoded_text(value, encodings, NAME_DELIMITERS)
    return decoded_text(value, encodings)
