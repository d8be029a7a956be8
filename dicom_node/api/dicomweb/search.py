"""QIDO-RS (PS3.18 10.6): studies, series and instances by their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from fastapi import APIRouter, Request, Response
from pydicom.dataset import Dataset

from dicom_node.api.dicomweb.answers import (
    JSON_OFFER,
    RESPONSES,
    chosen,
    documented,
    json_response,
)
from dicom_node.api.dicomweb.attributes import (
    OF_INSTANCE,
    OF_SERIES,
    OF_STUDY,
    Level,
)
from dicom_node.api.dicomweb.holdings import Holdings, HoldingsDep, SeriesEntry
from dicom_node.api.dicomweb.instance_file import header_of
from dicom_node.api.dicomweb.json_model import Json, attribute, chosen_json, dataset_json
from dicom_node.api.dicomweb.matching import Match, fits, listed, text_fits
from dicom_node.api.dicomweb.negotiation import DICOM_JSON
from dicom_node.api.dicomweb.query import (
    CLASS_UID,
    INSTANCE_UID,
    MODALITY,
    SERIES_UID,
    Query,
    parse_query,
)
from dicom_node.api.dicomweb.state import Place, SeriesPlace, StudyPlace, base_url
from storage import catalogue
from storage.records.catalogue import CatalogueInstance, CatalogueStudy

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], responses=RESPONSES)

PAGE: Final = 50
STUDIES_MAX: Final = 2_000
"""Searched where the database alone cannot answer."""
MORE: Final = "The results are not all: more can be requested with offset."
CUT: Final = f"Only the newest {STUDIES_MAX} studies were searched."

JSON: Final = documented(DICOM_JSON)


@router.get("/studies", summary="Search for studies", responses=JSON)
def search_studies(request: Request, holdings: HoldingsDep) -> Response:
    """QIDO-RS on all studies."""
    return _Search(request, holdings, Level.STUDIES).response()


@router.get("/series", summary="Search for series", responses=JSON)
def search_all_series(request: Request, holdings: HoldingsDep) -> Response:
    """QIDO-RS on the series of all studies."""
    return _Search(request, holdings, Level.SERIES).response()


@router.get("/instances", summary="Search for instances", responses=JSON)
def search_all_instances(request: Request, holdings: HoldingsDep) -> Response:
    """QIDO-RS on the instances of all studies."""
    return _Search(request, holdings, Level.INSTANCES).response()


@router.get("/studies/{study_uid}/series", summary="Search the series of a study", responses=JSON)
def search_series(request: Request, place: StudyPlace, holdings: HoldingsDep) -> Response:
    """QIDO-RS within a study."""
    return _Search(request, holdings, Level.SERIES, place).response()


@router.get(
    "/studies/{study_uid}/instances", summary="Search the instances of a study", responses=JSON
)
def search_study_instances(request: Request, place: StudyPlace, holdings: HoldingsDep) -> Response:
    """QIDO-RS within a study."""
    return _Search(request, holdings, Level.INSTANCES, place).response()


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances",
    summary="Search the instances of a series",
    responses=JSON,
)
def search_instances(request: Request, place: SeriesPlace, holdings: HoldingsDep) -> Response:
    """QIDO-RS within a series."""
    return _Search(request, holdings, Level.INSTANCES, place).response()


@dataclass(slots=True)
class _Scan:
    """How far a search went."""

    studies: int = 0
    cut: bool = False


class _Search:
    """One search: candidates from the catalogue, narrowed by what only headers say."""

    def __init__(
        self, request: Request, holdings: Holdings, level: Level, place: Place | None = None
    ) -> None:
        chosen(request, [JSON_OFFER])
        self._holdings, self._level, self._place = holdings, level, place
        self._query = self._narrowed(parse_query(request.query_params.multi_items(), level))
        self._base = base_url(request)
        self._scan = _Scan()

    def response(self) -> Response:
        """200 with an array, which may be empty."""
        query = self._query
        found = list(islice(self._results(), query.limit + 1))
        warnings = [*query.warnings]
        if len(found) > query.limit:
            warnings.append(MORE)
        if self._scan.cut:
            warnings.append(CUT)
        return json_response(found[: query.limit], warnings=warnings)

    def _narrowed(self, query: Query) -> Query:
        """With what the address says, and what an index can say of series and instances."""
        studies, place = query.studies, self._place
        if place is not None:
            within = studies.study_uids
            only = (place.study_uid,) if within in (None, (place.study_uid,)) else ()
            studies = replace(studies, study_uids=only)
        elif INSTANCE_UID in query.by_catalogue:
            held = [
                catalogue.find_instance(self._holdings.database, uid)
                for uid in listed(query.by_catalogue[INSTANCE_UID].value)
            ]
            uids = {each.study_uid for each in held if each is not None}
            if studies.study_uids is not None:
                uids &= set(studies.study_uids)
            studies = replace(studies, study_uids=tuple(sorted(uids)))
        elif SERIES_UID in query.by_catalogue:
            series_uids = listed(query.by_catalogue[SERIES_UID].value)
            received = replace(studies, series_uids=series_uids)
            # A series of results is in no index: then all studies with results are looked through.
            is_received = catalogue.find_studies(self._holdings.database, received, limit=1)
            studies = received if is_received else replace(studies, has_results=True)
        return replace(query, studies=studies)

    def _results(self) -> Iterator[Json]:
        if self._level is Level.STUDIES:
            yield from self._studies()
            return
        query = self._query
        found = self._series() if self._level is Level.SERIES else self._instances()
        yield from islice(found, query.offset, None)

    def _studies(self) -> Iterator[Json]:
        query = self._query
        by_header = bool(query.by_header)
        passed = 0
        for study in self._candidates(0 if by_header else query.offset):
            header = header_of(study.series[0].first_path)
            if by_header:
                if not _all_fit(header, query.by_header):
                    continue
                passed += 1
                if passed <= query.offset:
                    continue
            yield self._study_json(study, header, (*OF_STUDY, *query.fields))

    def _candidates(self, offset: int = 0) -> Iterator[CatalogueStudy]:
        """The studies that match by what the database knows, the newest first."""
        database, before_key = self._holdings.database, None
        while True:
            keys = catalogue.find_studies(
                database, self._query.studies, limit=PAGE, offset=offset, before_key=before_key
            )
            yield from catalogue.studies(database, [each.study_uid for each in keys])
            self._scan.studies += len(keys)
            if len(keys) < PAGE:
                return
            if self._scan.studies >= STUDIES_MAX:
                self._scan.cut = True
                return
            offset, before_key = 0, keys[-1].key

    def _entries(self) -> Iterator[SeriesEntry]:
        query, place = self._query, self._place
        for study in self._candidates():
            for entry in self._holdings.series_of(study):
                asked = place.series_uid if place is not None else None
                if asked not in (None, entry.series_uid):
                    continue
                if _catalogued(query, SERIES_UID, entry.series_uid) and _catalogued(
                    query, MODALITY, entry.modality
                ):
                    yield entry

    def _series(self) -> Iterator[Json]:
        query = self._query
        for entry in self._entries():
            header = header_of(entry.first_path)
            if _all_fit(header, query.by_header):
                document = self._series_json(entry, header)
                document |= chosen_json(header, query.fields)
                if self._place is None:
                    document = self._study_json(entry.study, header, OF_STUDY) | document
                yield _in_order(document)

    def _instances(self) -> Iterator[Json]:
        query = self._query
        for entry in self._entries():
            for instance in self._holdings.instances_of(entry):
                if not (
                    _catalogued(query, INSTANCE_UID, instance.sop_instance_uid)
                    and _catalogued(query, CLASS_UID, instance.sop_class_uid)
                ):
                    continue
                header = header_of(instance.path)
                if _all_fit(header, query.by_header):
                    yield self._instance_json(entry, instance, header)

    def _instance_json(
        self, entry: SeriesEntry, instance: CatalogueInstance, header: Dataset
    ) -> Json:
        query, place = self._query, self._place
        document: Json = {}
        if place is None:
            document |= self._study_json(entry.study, header, OF_STUDY)
        if place is None or place.series_uid is None:
            document |= self._series_json(entry, header)
        own = Place(entry.study.study_uid, entry.series_uid, instance.sop_instance_uid)
        url = self._base + own.path
        if query.every_field:
            document |= dataset_json(header, lambda path: f"{url}/bulkdata/{path}")
        document |= chosen_json(header, query.fields)
        document |= {tag: e for tag, e in chosen_json(header, OF_INSTANCE).items() if "Value" in e}
        document |= attribute("SOPClassUID", instance.sop_class_uid)
        document |= attribute("SOPInstanceUID", instance.sop_instance_uid)
        document |= _common(url)
        document |= attribute("StudyInstanceUID", own.study_uid)
        document |= attribute("SeriesInstanceUID", own.series_uid)
        return _in_order(document)

    def _series_json(self, entry: SeriesEntry, header: Dataset) -> Json:
        url = self._base + Place(entry.study.study_uid, entry.series_uid).path
        document = chosen_json(header, OF_SERIES)
        document |= attribute("Modality", entry.modality)
        document |= attribute("StudyInstanceUID", entry.study.study_uid)
        document |= attribute("SeriesInstanceUID", entry.series_uid)
        document |= attribute("NumberOfSeriesRelatedInstances", entry.instance_count)
        return document | _common(url)

    def _study_json(self, study: CatalogueStudy, header: Dataset, tags: tuple[str, ...]) -> Json:
        series = self._holdings.series_of(study)
        document = _known(study) | {
            tag: element
            for tag, element in chosen_json(header, tags).items()
            if "Value" in element or tag not in _known(study)
        }
        document |= attribute("StudyInstanceUID", study.study_uid)
        modalities = sorted({entry.modality for entry in series if entry.modality})
        document |= attribute("ModalitiesInStudy", *modalities)
        document |= attribute("NumberOfStudyRelatedSeries", len(series))
        count = sum(entry.instance_count for entry in series)
        document |= attribute("NumberOfStudyRelatedInstances", count)
        return _in_order(document | _common(self._base + Place(study.study_uid).path))


def _known(study: CatalogueStudy) -> Json:
    """What the index says, for a study whose files cannot be read."""
    return (
        attribute("StudyDate", f"{study.study_date:%Y%m%d}" if study.study_date else "")
        | attribute("AccessionNumber", study.accession_number)
        | attribute("PatientName", study.patient_name)
        | attribute("PatientID", study.patient_id)
        | attribute("StudyDescription", study.study_description)
    )


def _common(url: str) -> Json:
    return (
        attribute("SpecificCharacterSet", "ISO_IR 192")
        | attribute("InstanceAvailability", "ONLINE")
        | attribute("RetrieveURL", url)
    )


def _all_fit(header: Dataset, matches: tuple[Match, ...]) -> bool:
    return all(fits(header, match) for match in matches)


def _catalogued(query: Query, tag: str, value: str) -> bool:
    match = query.by_catalogue.get(tag)
    if match is None:
        return True
    return any(text_fits(value, each, ignore_case=False) for each in listed(match.value))


def _in_order(document: Json) -> Json:
    return dict(sorted(document.items()))
