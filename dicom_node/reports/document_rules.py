"""Rules for a report as a document: modules, patient, study, evidence, the words it must say.

Each rule yields what is wrong, in words without patient data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage

from dicom_node.reports import codes
from dicom_node.reports.content_tree import (
    Reference,
    children,
    code_in,
    coded,
    items_of,
    reference_of,
    texts,
    triplet,
    uids,
    walk,
)
from dicom_node.reports.evidence import TYPE_2, UTF_8
from dicom_node.reports.words import RESEARCH_ONLY
from storage.errors import InvalidUidError
from storage.files import validated_uid

_TYPE_1: Final = (  # PS3.3 A.35.13: SR Document Series, General, Content; SOP Common; Equipment
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "InstanceNumber",
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
    "ContentDate",
    "ContentTime",
    "InstanceCreationDate",
    "InstanceCreationTime",
    "TimezoneOffsetFromUTC",
    "CompletionFlag",
    "VerificationFlag",
    "PreliminaryFlag",
    "ValueType",
    "ConceptNameCodeSequence",
    "ContinuityOfContent",
    "ContentTemplateSequence",
    "ContentSequence",
)
_TYPE_2: Final = (
    *TYPE_2,
    "ReferencedPerformedProcedureStepSequence",
    "PerformedProcedureCodeSequence",
)


def sop_class(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Comprehensive 3D SR, in UTF-8."""
    if report.get("SOPClassUID") != Comprehensive3DSRStorage or report.get("Modality") != "SR":
        yield "it is no Comprehensive 3D SR"
    if report.get("SpecificCharacterSet") != UTF_8:
        yield f"SpecificCharacterSet is not {UTF_8}"


def mandatory_attributes(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Type 1 has a value, Type 2 is there."""
    for keyword in _TYPE_1:
        if keyword not in report or report[keyword].is_empty:
            yield f"{keyword} is missing or empty"
    for keyword in _TYPE_2:
        if keyword not in report:
            yield f"{keyword} is missing"


def own_uids(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Valid, and not those of the source."""
    taken = {s.SOPInstanceUID for s in sources} | {s.SeriesInstanceUID for s in sources}
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID"):
        uid = str(report.get(keyword) or "")
        try:
            validated_uid(uid)
        except InvalidUidError:
            yield f"{keyword} is no UID"
        if uid in taken:
            yield f"{keyword} is one of the source's"


def patient_and_study(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """The same patient and study as every source."""
    for keyword in ("PatientID", "IssuerOfPatientID", "PatientName", "StudyInstanceUID"):
        ours = str(report.get(keyword) or "")
        if any(str(source.get(keyword) or "") != ours for source in sources):
            yield f"{keyword} differs from the source's"


def unverified(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """No machine signs a report."""
    if report.get("VerificationFlag") != "UNVERIFIED" or "VerifyingObserverSequence" in report:
        yield "it claims to be verified"
    if report.get("PreliminaryFlag") != "PRELIMINARY":
        yield "it claims to be final"


def research_only(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """It says so, coded and in words."""
    if report.get("ContentQualification") != "RESEARCH":
        yield "ContentQualification is not RESEARCH"
    if RESEARCH_ONLY not in texts(report, codes.COMMENT):
        yield "the research-only words are missing"
    if "RESEARCH" not in str(report.get("SeriesDescription") or ""):
        yield "SeriesDescription does not say RESEARCH"


def template(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """TID 1500 with its title."""
    named = [
        (item.get("MappingResource"), item.get("TemplateIdentifier"))
        for item in items_of(report, "ContentTemplateSequence")
    ]
    if named != [("DCMR", "1500")]:
        yield "the root template is not TID 1500"
    if code_in(report, "ConceptNameCodeSequence") != triplet(codes.REPORT_TITLE.code):
        yield "the title is not of CID 7021"
    if len(children(report, "CONTAINER", codes.IMAGING_MEASUREMENTS)) != 1:
        yield "there is not exactly one Imaging Measurements container"


def observation_context(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Language, device observer, procedure."""
    for name, value in (
        (codes.LANGUAGE, codes.ENGLISH),
        (codes.OBSERVER_TYPE, codes.DEVICE),
        (codes.PROCEDURE_REPORTED, codes.CT_CERVICAL_SPINE),
    ):
        if coded(report, name) != [triplet(value.code)]:
            yield f"{name.code.meaning} is not {value.code.meaning}"
    if not all(uids(report, codes.DEVICE_OBSERVER_UID) or [""]):
        yield "the device observer has no UID"


def evidence(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Every source instance and nothing else, once."""
    listed = [
        (study.get("StudyInstanceUID"), series.get("SeriesInstanceUID"), *_sop_pair(instance))
        for study in items_of(report, "CurrentRequestedProcedureEvidenceSequence")
        for series in items_of(study, "ReferencedSeriesSequence")
        for instance in items_of(series, "ReferencedSOPSequence")
    ]
    expected = {
        (s.StudyInstanceUID, s.SeriesInstanceUID, s.SOPClassUID, s.SOPInstanceUID) for s in sources
    }
    if missing := expected - set(listed):
        yield f"{len(missing)} source instances are missing"
    if foreign := set(listed) - expected:
        yield f"{len(foreign)} instances are not of the source"
    if len(listed) != len(set(listed)):
        yield "an instance is listed twice"


def references(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Every image that the content points to is a source (and a frame of it)."""
    known = {s.SOPInstanceUID: s for s in sources}
    for item in walk(report):
        if item.get("ValueType") != "IMAGE":
            continue
        target = reference_of(item)
        source = None if target is None else known.get(target.sop_instance_uid)
        if target is None or source is None or source.SOPClassUID != target.sop_class_uid:
            yield "an image reference leads to no source"
        elif not _frame_exists(target, source):
            yield f"frame {target.frame_number} does not exist"


def image_library(report: Dataset, sources: Sequence[Dataset]) -> Iterator[str]:
    """Every source once."""
    listed = [
        target.sop_instance_uid if (target := reference_of(item)) else ""
        for library in children(report, "CONTAINER", codes.IMAGE_LIBRARY)
        for group in children(library, "CONTAINER", codes.IMAGE_LIBRARY_GROUP)
        for item in children(group, "IMAGE", codes.SOURCE)
    ]
    if sorted(listed) != sorted(s.SOPInstanceUID for s in sources):
        yield "it does not list every source once"


def _sop_pair(item: Dataset) -> tuple[str | None, str | None]:
    return item.get("ReferencedSOPClassUID"), item.get("ReferencedSOPInstanceUID")


def _frame_exists(target: Reference, source: Dataset) -> bool:
    if target.frame_number is None:
        return True
    return 1 <= target.frame_number <= int(source.get("NumberOfFrames") or 1)
