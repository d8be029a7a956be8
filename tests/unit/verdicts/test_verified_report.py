"""A reader's report is valid and says what was said; each way to spoil it is caught by its rule."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ComprehensiveSRStorage

from dicom_node.errors import NonConformantReportError
from dicom_node.reports import codes
from dicom_node.reports.codes import Term
from dicom_node.reports.content_tree import children, measurement_groups_of, walk
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.verified_conformance import RULES, Signed, check_verified, require_verified
from dicom_node.verdicts.document import Verdict
from tests.unit.reports.cases import (
    PARTIAL,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
)
from tests.unit.verdicts.cases import (
    mixed_verdict,
    reading_of,
    result_on,
    slices_of,
    verified_report,
)
from tests.validators import assert_valid_report

C1, C2, C3, C4, C7, SPINE = 0, 1, 2, 3, 6, 7
"""Groups: C1 stated intact, C2 accepted, C3 agreed, C4 moved here from C5, C7 added."""

Good = tuple[Dataset, tuple[Dataset, ...], Signed]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("ct"))


@pytest.fixture(scope="module")
def machines(paths: list[Path]) -> Dataset:
    sources = read_sources(paths)
    prediction = prediction_of(sources_of(sources), PARTIAL, outside=("C7",), cut_off=("C6",))
    return report_on(sources, prediction)


@pytest.fixture(scope="module")
def good(paths: list[Path], machines: Dataset) -> Good:
    sources = read_sources(paths)
    reading = reading_of(mixed_verdict(sources), result_on(sources), slices_of(paths))
    report, signed = verified_report(reading, sources, machines)
    return report, sources, signed


def test_it_passes_and_the_validators_agree(good: Good, tmp_path: Path) -> None:
    report, sources, signed = good
    assert check_verified(report, sources, signed) == ()
    path = tmp_path / "verdict.dcm"
    path.write_bytes(as_part10(report))
    assert_valid_report(path)


def test_it_follows_the_machine_s_report_and_is_signed(good: Good, machines: Dataset) -> None:
    report, _, signed = good
    named = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert named.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == machines.SOPInstanceUID
    assert report.SOPInstanceUID != machines.SOPInstanceUID
    assert report.VerifyingObserverSequence[0].VerifyingObserverName == signed.reader.name
    assert report.VerifyingObserverSequence[0].VerifyingOrganization == "Klinikum Nord"


def test_without_a_machine_s_result_it_follows_nothing_and_is_valid(
    paths: list[Path], tmp_path: Path
) -> None:
    sources = read_sources(paths)
    added = {"level": "C5", "key_slice_sop_uid": sources[3].SOPInstanceUID, "box": [1, 2, 3, 4]}
    verdict = Verdict.model_validate({"added": [added], "comment": "read by hand"})
    report, signed = verified_report(reading_of(verdict, None, slices_of(paths)), sources, None)
    assert check_verified(report, sources, signed) == ()
    assert "PredecessorDocumentsSequence" not in report
    path = tmp_path / "verdict.dcm"
    path.write_bytes(as_part10(report))
    assert_valid_report(path)


def group(report: Dataset, number: int) -> Dataset:
    return measurement_groups_of(report)[number]


def drop(parent: Dataset, value_type: str, name: Term) -> None:
    gone = children(parent, value_type, name)
    assert gone
    parent.ContentSequence = Sequence(i for i in parent.ContentSequence if i not in gone)


def recode(target: Dataset, sequence: str, term: Term) -> None:
    code = target[sequence][0]
    code.CodeValue = term.code.value
    code.CodingSchemeDesignator = term.code.scheme_designator
    code.CodeMeaning = term.code.meaning


def evidence_series(report: Dataset) -> Dataset:
    study: Dataset = report.CurrentRequestedProcedureEvidenceSequence[0]
    series: Dataset = study.ReferencedSeriesSequence[0]
    return series


def add_machine_number(report: Dataset) -> None:
    number = children(group(report, C2), "NUM")[0]
    group(report, C7).ContentSequence.append(deepcopy(number))


def move_outline(report: Dataset) -> None:
    outline = children(group(report, C7), "SCOORD")[0]
    outline.GraphicData = [value + 1 for value in outline.GraphicData]


def move_place(report: Dataset) -> None:
    place = children(group(report, C2), "SCOORD3D", codes.OUTLINE)[0]
    place.GraphicData = [value + 1 for value in place.GraphicData]


def unlink_image_library(report: Dataset) -> None:
    image = next(each for each in walk(report) if each.ValueType == "IMAGE")
    image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID = "2.25.7"


def set_(keyword: str, value: object) -> Callable[[Dataset], None]:
    return lambda report: setattr(report, keyword, value)


def set_observer(keyword: str, value: object) -> Callable[[Dataset], None]:
    return lambda report: setattr(report.VerifyingObserverSequence[0], keyword, value)


MUTATIONS: dict[str, tuple[str, Callable[[Dataset], None]]] = {
    "another SOP class": ("SOP class", set_("SOPClassUID", ComprehensiveSRStorage)),
    "no Modality": ("mandatory attributes", lambda r: delattr(r, "Modality")),
    "a source's UID": (
        "own UIDs",
        lambda r: setattr(
            r,
            "SOPInstanceUID",
            evidence_series(r).ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
        ),
    ),
    "another patient": ("patient and study", set_("PatientID", "another")),
    "not verified": ("verified", set_("VerificationFlag", "UNVERIFIED")),
    "preliminary": ("verified", set_("PreliminaryFlag", "PRELIMINARY")),
    "no organization": ("verified", set_observer("VerifyingOrganization", "")),
    "another verifier": ("verified", set_observer("VerifyingObserverName", "Other^One")),
    "verified at another time": ("verified", set_observer("VerificationDateTime", "20200101")),
    "two verifiers": (
        "verified",
        lambda r: r.VerifyingObserverSequence.append(deepcopy(r.VerifyingObserverSequence[0])),
    ),
    "no predecessor": ("predecessor", lambda r: delattr(r, "PredecessorDocumentsSequence")),
    "no person observer": (
        "observers",
        lambda r: drop(r, "PNAME", codes.PERSON_OBSERVER_NAME),
    ),
    "no organization of the person": (
        "observers",
        lambda r: drop(r, "TEXT", codes.PERSON_OBSERVER_ORGANIZATION),
    ),
    "no language": ("observers", lambda r: drop(r, "CODE", codes.LANGUAGE)),
    "product": ("research only", set_("ContentQualification", "PRODUCT")),
    "the machine's series": ("reader's document", set_("SeriesDescription", "AI C-spine")),
    "no words": ("reader's document", lambda r: drop(r, "TEXT", codes.COMMENT)),
    "partial": ("completion", set_("CompletionFlag", "PARTIAL")),
    "unread levels not named": ("completion", set_("CompletionFlagDescription", "")),
    "no template": ("template", lambda r: delattr(r, "ContentTemplateSequence")),
    "a slice missing in the evidence": (
        "evidence",
        lambda r: evidence_series(r).ReferencedSOPSequence.pop(),
    ),
    "a reference to a stranger": ("references", unlink_image_library),
    "a group missing": (
        "one group a site",
        lambda r: recode(
            children(group(r, C1), "CODE", codes.FINDING_SITE)[0],
            "ConceptCodeSequence",
            codes.VERTEBRA["C2"],
        ),
    ),
    "no tracking identifier": (
        "tracking",
        lambda r: drop(group(r, C3), "TEXT", codes.TRACKING_IDENTIFIER),
    ),
    "another finding": (
        "finding",
        lambda r: recode(
            children(group(r, C3), "CODE", codes.FINDING)[0],
            "ConceptCodeSequence",
            codes.ABNORMAL_STRUCTURE,
        ),
    ),
    "present turned absent": (
        "evaluation",
        lambda r: recode(
            children(group(r, C4), "CODE", codes.FRACTURE)[0], "ConceptCodeSequence", codes.ABSENT
        ),
    ),
    "the whole spine absent": (
        "evaluation",
        lambda r: recode(
            children(group(r, SPINE), "CODE", codes.FRACTURE)[0],
            "ConceptCodeSequence",
            codes.ABSENT,
        ),
    ),
    "the choice not said": ("said", lambda r: drop(group(r, C2), "TEXT", codes.COMMENT)),
    "a number that is not the machine's": ("machine's numbers", add_machine_number),
    "no algorithm": (
        "machine's numbers",
        lambda r: drop(group(r, C2), "TEXT", codes.ALGORITHM_NAME),
    ),
    "an outline elsewhere": ("places", move_outline),
    "a place elsewhere": ("places", move_place),
    "the last slice's place missing": (
        "places",
        lambda r: group(r, C7).ContentSequence.remove(
            children(group(r, C7), "SCOORD3D", codes.OUTLINE)[-1]
        ),
    ),
    "no outline": (
        "places",
        lambda r: setattr(
            group(r, C7),
            "ContentSequence",
            Sequence(i for i in group(r, C7).ContentSequence if i.ValueType != "SCOORD"),
        ),
    ),
    "an open outline": (
        "outlines",
        lambda r: setattr(
            children(group(r, C2), "SCOORD")[0],
            "GraphicData",
            list(children(group(r, C2), "SCOORD")[0].GraphicData)[:-2],
        ),
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_is_caught_by_its_rule(good: Good, name: str) -> None:
    report, sources, signed = good
    rule, spoil = MUTATIONS[name]
    spoiled = deepcopy(report)
    spoil(spoiled)
    problems = check_verified(spoiled, sources, signed)
    assert any(each.startswith(f"{rule}: ") for each in problems), problems
    with pytest.raises(NonConformantReportError, match=r"not conformant"):
        require_verified(spoiled, sources, signed)


def test_no_rule_is_there_for_nothing() -> None:
    caught = {rule for rule, _ in MUTATIONS.values()}
    assert set(RULES) - caught <= {"image library"}  # its mutations: the machine's report
