"""The gate of a reader's report: it is signed, it follows the right one, and it says what was said.

What holds for every document is checked by the rules of the machine's report; that nothing of
the machine is passed off as the reader's, and the other way round, by those here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydicom.dataset import Dataset

from dicom_node.errors import NonConformantReportError
from dicom_node.reports import (
    codes,
    document_rules,
    group_rules,
    region_rules,
    verified_group_rules,
)
from dicom_node.reports.content_tree import children, coded, items_of, texts, triplet, uids
from dicom_node.reports.verified_groups import VerdictReading, is_unread
from dicom_node.reports.verified_report import (
    VERDICT_SERIES_DESCRIPTION,
    Reader,
    document_comments,
    unread_levels,
)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a verified report must say, and of whom."""

    reading: VerdictReading
    reader: Reader
    predecessor_uid: str | None


Rule: TypeAlias = Callable[[Dataset, Sequence[Dataset], Signed], Iterator[str]]
_Plain: TypeAlias = Callable[[Dataset, Sequence[Dataset]], Iterator[str]]


def _as_of_the_machine(rule: _Plain) -> Rule:
    return lambda report, sources, _: rule(report, sources)


def _of_the_reading(
    rule: Callable[[Dataset, Sequence[Dataset], VerdictReading], Iterator[str]],
) -> Rule:
    return lambda report, sources, signed: rule(report, sources, signed.reading)


def verified(report: Dataset, _: Sequence[Dataset], signed: Signed) -> Iterator[str]:
    """Verified and final, by one observer with a name, an organization and a time."""
    if report.get("VerificationFlag") != "VERIFIED":
        yield "it is not verified"
    if report.get("PreliminaryFlag") != "FINAL":
        yield "it is not final"
    observers = items_of(report, "VerifyingObserverSequence")
    if len(observers) != 1:
        yield "there is not exactly one verifying observer"
        return
    if str(observers[0].get("VerifyingObserverName") or "") != signed.reader.name:
        yield "the verifying observer is not the reader"
    if observers[0].get("VerifyingOrganization") != signed.reader.organization:
        yield "the verifying organization is not the reader's"
    written = f"{report.get('ContentDate')}{report.get('ContentTime')}"
    if not str(observers[0].get("VerificationDateTime") or "").startswith(written):
        yield "it was not verified when it was written"
    if "VerifyingObserverIdentificationCodeSequence" not in observers[0]:
        yield "VerifyingObserverIdentificationCodeSequence is missing"


def predecessor(report: Dataset, _: Sequence[Dataset], signed: Signed) -> Iterator[str]:
    """It names the report that it follows, and no other."""
    named = [
        (str(study.get("StudyInstanceUID")), str(sop.get("ReferencedSOPInstanceUID")))
        for study in items_of(report, "PredecessorDocumentsSequence")
        for series in items_of(study, "ReferencedSeriesSequence")
        for sop in items_of(series, "ReferencedSOPSequence")
    ]
    expected = [(str(report.get("StudyInstanceUID")), signed.predecessor_uid)]
    if named != (expected if signed.predecessor_uid else []):
        yield "it does not name the report that it follows"


def observers(report: Dataset, _: Sequence[Dataset], signed: Signed) -> Iterator[str]:
    """The person who read, then the device that wrote; language and procedure."""
    types = [triplet(term.code) for term in (codes.PERSON, codes.DEVICE)]
    if coded(report, codes.OBSERVER_TYPE) != types:
        yield "the observers are not a person and a device"
    names = children(report, "PNAME", codes.PERSON_OBSERVER_NAME)
    if [str(each.get("PersonName")) for each in names] != [signed.reader.name]:
        yield "the person observer is not the reader"
    if texts(report, codes.PERSON_OBSERVER_ORGANIZATION) != [signed.reader.organization]:
        yield "the person observer's organization is not the reader's"
    if not all(uids(report, codes.DEVICE_OBSERVER_UID) or [""]):
        yield "the device observer has no UID"
    for name, value in (
        (codes.LANGUAGE, codes.ENGLISH),
        (codes.PROCEDURE_REPORTED, codes.CT_CERVICAL_SPINE),
    ):
        if coded(report, name) != [triplet(value.code)]:
            yield f"{name.code.meaning} is not {value.code.meaning}"


def reader_s_document(report: Dataset, _: Sequence[Dataset], signed: Signed) -> Iterator[str]:
    """Its series and its words tell that it is a reader's."""
    if report.get("SeriesDescription") != VERDICT_SERIES_DESCRIPTION:
        yield "SeriesDescription does not say that it is a reader's"
    if texts(report, codes.COMMENT) != list(document_comments(signed.reading)):
        yield "the words are not those of a reader's report"


def completion(report: Dataset, _: Sequence[Dataset], signed: Signed) -> Iterator[str]:
    """Complete, as what is verified must be (PS3.3 C.17.2); what nobody judged is named."""
    if report.get("CompletionFlag") != "COMPLETE":
        yield "it is verified but not complete"
    unread = [each.level for each in signed.reading.levels if is_unread(each)]
    if report.get("CompletionFlagDescription", "") != (unread_levels(unread) if unread else ""):
        yield "CompletionFlagDescription does not name the levels that nobody judged whole"


RULES: Final[Mapping[str, Rule]] = {
    "SOP class": _as_of_the_machine(document_rules.sop_class),
    "mandatory attributes": _as_of_the_machine(document_rules.mandatory_attributes),
    "own UIDs": _as_of_the_machine(document_rules.own_uids),
    "patient and study": _as_of_the_machine(document_rules.patient_and_study),
    "verified": verified,
    "predecessor": predecessor,
    "observers": observers,
    "research only": _as_of_the_machine(document_rules.research_only),
    "reader's document": reader_s_document,
    "completion": completion,
    "template": _as_of_the_machine(document_rules.template),
    "evidence": _as_of_the_machine(document_rules.evidence),
    "references": _as_of_the_machine(document_rules.references),
    "image library": _as_of_the_machine(document_rules.image_library),
    "one group a site": _as_of_the_machine(group_rules.one_group_a_site),
    "tracking": _as_of_the_machine(group_rules.tracking),
    "finding": _as_of_the_machine(group_rules.finding),
    "evaluation": _of_the_reading(verified_group_rules.evaluation),
    "said": _of_the_reading(verified_group_rules.said),
    "machine's numbers": _of_the_reading(verified_group_rules.machine_numbers),
    "outlines": _as_of_the_machine(region_rules.regions),
    "places": _of_the_reading(verified_group_rules.places),
}


def check_verified(report: Dataset, sources: Sequence[Dataset], signed: Signed) -> tuple[str, ...]:
    """What is wrong with a reader's report, rule by rule; empty if nothing is.

    ``sources`` are headers from ``evidence.read_sources``. No text has patient data in it.
    """
    return tuple(
        f"{name}: {problem}"
        for name, rule in RULES.items()
        for problem in rule(report, sources, signed)
    )


def require_verified(report: Dataset, sources: Sequence[Dataset], signed: Signed) -> None:
    """Raise :class:`NonConformantReportError`, naming what is wrong, unless nothing is."""
    if problems := check_verified(report, sources, signed):
        raise NonConformantReportError(
            f"the verified report is not conformant: {'; '.join(problems)}"
        )
