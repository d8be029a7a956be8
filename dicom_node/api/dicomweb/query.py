"""The query parameters of a search (PS3.18 8.3.4), checked. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dicom_node.api.dicomweb.attributes import (
    COMPUTED,
    MODALITY_OF_RESULT,
    ON_REQUEST,
    Level,
    attribute_path,
    tag_of,
    vr_of,
)
from dicom_node.api.dicomweb.matching import UNMATCHED_VRS, Match, date_range, listed
from dicom_node.api.dicomweb.problems import DicomwebError
from storage.records.catalogue import StudyMatch

LIMIT_MAX: Final[Mapping[Level, int]] = {
    Level.STUDIES: 200,
    Level.SERIES: 2_000,
    Level.INSTANCES: 5_000,
}
"""Results of one search, and its default."""
OFFSET_MAX: Final = 1_000_000
PARAMETERS_MAX: Final = 64
VALUE_LENGTH_MAX: Final = 4096

FUZZY_UNSUPPORTED: Final = (
    "The fuzzymatching parameter is not supported. Only literal matching has been performed."
)
FIELD_UNSUPPORTED: Final = "Some of the fields to include are not supported at this level."

STUDY_UID: Final = tag_of("StudyInstanceUID")
SERIES_UID: Final = tag_of("SeriesInstanceUID")
INSTANCE_UID: Final = tag_of("SOPInstanceUID")
CLASS_UID: Final = tag_of("SOPClassUID")
MODALITY: Final = tag_of("Modality")
MODALITIES: Final = tag_of("ModalitiesInStudy")
STUDY_DATE: Final = tag_of("StudyDate")
STUDY_TEXTS: Final = {
    tag_of("PatientID"): "patient_id",
    tag_of("PatientName"): "patient_name",
    tag_of("AccessionNumber"): "accession_number",
    tag_of("StudyDescription"): "study_description",
}
"""Attributes with a column → the field of :class:`StudyMatch`."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search.

    Attributes:
        studies: what the database can answer.
        by_catalogue: matches on what the catalogue knows of series and instances, by tag.
        by_header: matches that need a header.
        fields: tags to include beyond those that are always returned.
        every_field: ``includefield=all``.
        warnings: what of the query was not obeyed.
    """

    studies: StudyMatch
    by_catalogue: Mapping[str, Match]
    by_header: tuple[Match, ...]
    fields: tuple[str, ...]
    every_field: bool
    limit: int
    offset: int
    warnings: tuple[str, ...]


def parse_query(parameters: Iterable[tuple[str, str]], level: Level) -> Query:
    """Check the parameters of a search at ``level``.

    Raises:
        DicomwebError: one is unknown, impossible or repeated (400); it names the parameter.
    """
    pairs = list(parameters)
    if len(pairs) > PARAMETERS_MAX or any(len(value) > VALUE_LENGTH_MAX for _, value in pairs):
        raise DicomwebError(400, "the query is too long")
    control: dict[str, str] = {}
    matches: dict[tuple[str, ...], Match] = {}
    include: list[str] = []
    for name, value in pairs:
        if name == "includefield":
            include += [each.strip() for each in value.split(",") if each.strip()]
        elif name in ("limit", "offset", "fuzzymatching", "accept", "charset"):
            if control.setdefault(name, value) != value:
                raise DicomwebError(400, f"{name} is there twice")
        else:
            _add_match(matches, name, value)
    fields, warnings = _fields(include, level)
    if _flag(control, "fuzzymatching"):
        warnings.append(FUZZY_UNSUPPORTED)
    studies, by_catalogue, by_header = _divided(matches.values(), level)
    maximum = LIMIT_MAX[level]
    return Query(
        studies=studies,
        by_catalogue=by_catalogue,
        by_header=by_header,
        fields=fields,
        every_field="all" in include,
        limit=min(_count(control, "limit", maximum), maximum),
        offset=_count(control, "offset", 0),
        warnings=tuple(warnings),
    )


def _add_match(matches: dict[tuple[str, ...], Match], name: str, value: str) -> None:
    path = attribute_path(name)
    if path is None:
        raise DicomwebError(400, f"{name[:64]!a} is neither a parameter nor a DICOM attribute")
    vr = vr_of(path[-1])
    if vr in UNMATCHED_VRS or path[-1] in COMPUTED - {STUDY_UID, SERIES_UID, MODALITIES}:
        raise DicomwebError(400, f"{name[:64]} cannot be matched")
    value = value.strip()
    if value.strip("*") == "":  # universal matching (PS3.4 C.2.2.2.3)
        return
    if path in matches:
        if vr != "UI":
            raise DicomwebError(400, f"{name[:64]} is there twice")
        value = f"{matches[path].value},{value}"
    matches[path] = Match(path, vr, value)


def _divided(
    matches: Iterable[Match], level: Level
) -> tuple[StudyMatch, dict[str, Match], tuple[Match, ...]]:
    """By who can answer: the database, the catalogue's records, or only a header."""
    columns: dict[str, object] = {}
    by_catalogue: dict[str, Match] = {}
    by_header: list[Match] = []
    known = {
        Level.STUDIES: frozenset[str](),
        Level.SERIES: frozenset({SERIES_UID, MODALITY}),
        Level.INSTANCES: frozenset({SERIES_UID, MODALITY, INSTANCE_UID, CLASS_UID}),
    }[level]
    for match in matches:
        tag = match.path[0]
        if len(match.path) > 1:
            by_header.append(match)
        elif tag in STUDY_TEXTS:
            columns[STUDY_TEXTS[tag]] = match.value
        elif tag == STUDY_UID:
            columns["study_uids"] = listed(match.value)
        elif tag == STUDY_DATE:
            columns["study_date_from"], columns["study_date_until"] = date_range(match.value)
        elif tag == MODALITIES or (tag == MODALITY and level is Level.STUDIES):
            columns |= _modalities(match.value)
        elif tag in known:
            by_catalogue[tag] = match
        else:
            by_header.append(match)
    return StudyMatch(**columns), by_catalogue, tuple(by_header)  # type: ignore[arg-type]


def _modalities(value: str) -> dict[str, object]:
    wanted = listed(value)
    classes = tuple(uid for uid, modality in MODALITY_OF_RESULT.items() if modality in wanted)
    return {"modalities": wanted, "result_class_uids": classes}


def _fields(names: Iterable[str], level: Level) -> tuple[tuple[str, ...], list[str]]:
    """The tags to include, and a warning if some cannot be."""
    allowed = ON_REQUEST[level]
    fields: list[str] = []
    warnings: list[str] = []
    for name in names:
        if name == "all":
            fields += allowed or ()
            continue
        path = attribute_path(name)
        if path is None:
            raise DicomwebError(400, f"includefield: {name[:64]!a} is no DICOM attribute")
        tag = path[0]
        if allowed is None or tag in allowed:
            fields.append(tag)
        elif tag not in COMPUTED and FIELD_UNSUPPORTED not in warnings:
            warnings.append(FIELD_UNSUPPORTED)
    return tuple(dict.fromkeys(fields)), warnings


def _count(control: Mapping[str, str], name: str, default: int) -> int:
    text = control.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > OFFSET_MAX:
        raise DicomwebError(400, f"{name} is a number from 0 to {OFFSET_MAX}")
    return int(text)


def _flag(control: Mapping[str, str], name: str) -> bool:
    text = control.get(name, "false")
    if text not in ("true", "false"):
        raise DicomwebError(400, f"{name} is true or false")
    return text == "true"
