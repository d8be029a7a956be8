"""Each way in which a report may be wrong is caught, by the rule that is there for it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ComprehensiveSRStorage, MRImageStorage

from dicom_node.errors import NonConformantReportError
from dicom_node.reports import codes
from dicom_node.reports.codes import Term
from dicom_node.reports.conformance import RULES, check, require_conformant
from dicom_node.reports.content_tree import children, measurement_groups_of, walk
from tests.unit.reports.cases import (
    FRACTURED,
    INTACT,
    PARTIAL,
    prediction_of,
    report_on,
    sources_of,
)

Spoil = Callable[[Dataset], None]
C1, C2, C6, C7, SPINE = 0, 1, 5, 6, 7
"""Groups of the report below: C1 and C7 not assessed, C2 and C5 fractured, C6 cut off."""


@pytest.fixture(scope="module")
def good(sources: tuple[Dataset, ...]) -> Dataset:
    prediction = prediction_of(sources_of(sources), PARTIAL, outside=("C7",), cut_off=("C6",))
    return report_on(sources, prediction)


def group(report: Dataset, number: int) -> Dataset:
    return measurement_groups_of(report)[number]


def item(parent: Dataset, value_type: str, name: Term) -> Dataset:
    return children(parent, value_type, name)[0]


def drop(parent: Dataset, value_type: str, name: Term) -> None:
    gone = children(parent, value_type, name)
    assert gone
    parent.ContentSequence = Sequence(i for i in parent.ContentSequence if i not in gone)


def recode(target: Dataset, sequence: str, term: Term) -> None:
    code = target[sequence][0]
    code.CodeValue = term.code.value
    code.CodingSchemeDesignator = term.code.scheme_designator
    code.CodeMeaning = term.code.meaning


def evidence(report: Dataset) -> Dataset:
    study: Dataset = report.CurrentRequestedProcedureEvidenceSequence[0]
    series: Dataset = study.ReferencedSeriesSequence[0]
    return series


def first_image(report: Dataset) -> Dataset:
    image = next(i for i in walk(group(report, C2)) if i.ValueType == "IMAGE")
    target: Dataset = image.ReferencedSOPSequence[0]
    return target


def set_probability(report: Dataset, number: int, value: float) -> None:
    measured = item(group(report, number), "NUM", codes.PROBABILITY).MeasuredValueSequence[0]
    measured.FloatingPointValue, measured.NumericValue = value, value


def set_attribute(keyword: str, value: object) -> Spoil:
    return lambda report: setattr(report, keyword, value)


def lose(keyword: str) -> Spoil:
    return lambda report: delattr(report, keyword)


def verified(report: Dataset) -> None:
    report.VerifyingObserverSequence = [Dataset()]


def wrong_evidence_class(report: Dataset) -> None:
    evidence(report).ReferencedSOPSequence[0].ReferencedSOPClassUID = MRImageStorage


def missing_evidence(report: Dataset) -> None:
    del evidence(report).ReferencedSOPSequence[3]


def foreign_evidence(report: Dataset) -> None:
    extra = deepcopy(evidence(report).ReferencedSOPSequence[0])
    extra.ReferencedSOPInstanceUID = "1.2.3"
    evidence(report).ReferencedSOPSequence.append(extra)


def repeated_evidence(report: Dataset) -> None:
    listed = evidence(report).ReferencedSOPSequence
    listed.append(deepcopy(listed[0]))


def wrong_series_in_evidence(report: Dataset) -> None:
    evidence(report).SeriesInstanceUID = "1.2.3"


def foreign_image(report: Dataset) -> None:
    first_image(report).ReferencedSOPInstanceUID = "1.2.3"


def image_of_another_class(report: Dataset) -> None:
    first_image(report).ReferencedSOPClassUID = MRImageStorage


def frame_that_does_not_exist(report: Dataset) -> None:
    first_image(report).ReferencedFrameNumber = 2


def image_lost_from_library(report: Dataset) -> None:
    library = item(report, "CONTAINER", codes.IMAGE_LIBRARY)
    images = item(library, "CONTAINER", codes.IMAGE_LIBRARY_GROUP)
    del images.ContentSequence[-1]


def no_research_words(report: Dataset) -> None:
    drop(report, "TEXT", codes.COMMENT)


def other_template(report: Dataset) -> None:
    report.ContentTemplateSequence[0].TemplateIdentifier = "2000"


def other_title(report: Dataset) -> None:
    recode(report, "ConceptNameCodeSequence", codes.IMAGE_LIBRARY)


def no_measurements(report: Dataset) -> None:
    drop(report, "CONTAINER", codes.IMAGING_MEASUREMENTS)


def no_language(report: Dataset) -> None:
    drop(report, "CODE", codes.LANGUAGE)


def other_procedure(report: Dataset) -> None:
    procedure = item(report, "CODE", codes.PROCEDURE_REPORTED)
    recode(procedure, "ConceptCodeSequence", codes.CT)


def nameless_device(report: Dataset) -> None:
    drop(report, "UIDREF", codes.DEVICE_OBSERVER_UID)


def lost_group(report: Dataset) -> None:
    del item(report, "CONTAINER", codes.IMAGING_MEASUREMENTS).ContentSequence[2]


def swapped_groups(report: Dataset) -> None:
    content = item(report, "CONTAINER", codes.IMAGING_MEASUREMENTS).ContentSequence
    content[2], content[3] = content[3], content[2]


def wrong_site(report: Dataset) -> None:
    site = item(group(report, C2), "CODE", codes.FINDING_SITE)
    recode(site, "ConceptCodeSequence", codes.VERTEBRA["C3"])


def site_with_the_meaning_of_another(report: Dataset) -> None:
    site = item(group(report, C2), "CODE", codes.FINDING_SITE)
    site.ConceptCodeSequence[0].CodeMeaning = "C3 vertebra"


def no_site(report: Dataset) -> None:
    drop(group(report, C2), "CODE", codes.FINDING_SITE)


def no_tracking_identifier(report: Dataset) -> None:
    drop(group(report, C2), "TEXT", codes.TRACKING_IDENTIFIER)


def empty_tracking_identifier(report: Dataset) -> None:
    item(group(report, C2), "TEXT", codes.TRACKING_IDENTIFIER).TextValue = ""


def no_tracking_uid(report: Dataset) -> None:
    drop(group(report, C2), "UIDREF", codes.TRACKING_UID)


def repeated_tracking_uid(report: Dataset) -> None:
    first, second = (item(group(report, n), "UIDREF", codes.TRACKING_UID) for n in (C1, C2))
    second.UID = first.UID


def other_finding(report: Dataset) -> None:
    found = item(group(report, C2), "CODE", codes.FINDING)
    recode(found, "ConceptCodeSequence", codes.SOURCE)


def no_finding(report: Dataset) -> None:
    drop(group(report, C2), "CODE", codes.FINDING)


def no_evaluation(report: Dataset) -> None:
    drop(group(report, C2), "CODE", codes.FRACTURE)


def foreign_evaluation(report: Dataset) -> None:
    said = item(group(report, C2), "CODE", codes.FRACTURE)
    recode(said, "ConceptCodeSequence", codes.CT)


def evaluation_that_contradicts(report: Dataset) -> None:
    said = item(group(report, C2), "CODE", codes.FRACTURE)
    recode(said, "ConceptCodeSequence", codes.ABSENT)


def spine_that_contradicts(report: Dataset) -> None:
    said = item(group(report, SPINE), "CODE", codes.FRACTURE)
    recode(said, "ConceptCodeSequence", codes.ABSENT)


def unassessed_called_absent(report: Dataset) -> None:
    said = item(group(report, C7), "CODE", codes.FRACTURE)
    recode(said, "ConceptCodeSequence", codes.ABSENT)


def number_for_an_unassessed_level(report: Dataset) -> None:
    number = deepcopy(item(group(report, C2), "NUM", codes.PROBABILITY))
    group(report, C7).ContentSequence.append(number)


def no_probability(report: Dataset) -> None:
    drop(group(report, C2), "NUM", codes.PROBABILITY)


def other_unit(report: Dataset) -> None:
    measured = item(group(report, C2), "NUM", codes.PROBABILITY).MeasuredValueSequence[0]
    recode(measured, "MeasurementUnitsCodeSequence", codes.MILLIMETRE)


def no_weights(report: Dataset) -> None:
    drop(group(report, C2), "TEXT", codes.ALGORITHM_PARAMETERS)


def no_algorithm(report: Dataset) -> None:
    drop(group(report, C2), "TEXT", codes.ALGORITHM_NAME)


def another_algorithm(report: Dataset) -> None:
    item(group(report, C2), "TEXT", codes.ALGORITHM_VERSION).TextValue = "9"


def no_words_for_unassessed(report: Dataset) -> None:
    drop(group(report, C7), "TEXT", codes.COMMENT)


def open_outline(report: Dataset) -> None:
    region = item(group(report, C2), "SCOORD", codes.IMAGE_REGION)
    region.GraphicData = list(region.GraphicData)[:-2]


def outline_off_the_image(report: Dataset) -> None:
    region = item(group(report, C2), "SCOORD", codes.IMAGE_REGION)
    region.GraphicData = [65, 0, 70, 0, 70, 5, 65, 0]


def outline_without_finding(report: Dataset) -> None:
    region = deepcopy(item(group(report, C2), "SCOORD", codes.IMAGE_REGION))
    group(report, 2).ContentSequence.append(region)


def place(report: Dataset) -> Dataset:
    return item(group(report, C2), "SCOORD3D", codes.OUTLINE)


def no_place(report: Dataset) -> None:
    drop(group(report, C2), "SCOORD3D", codes.OUTLINE)


def place_in_another_frame(report: Dataset) -> None:
    place(report).ReferencedFrameOfReferenceUID = "1.2.3"


def open_place(report: Dataset) -> None:
    place(report).GraphicData = list(place(report).GraphicData)[:-3]


def place_of_another_size(report: Dataset) -> None:
    place(report).GraphicData = [1.1 * value for value in place(report).GraphicData]


def cut_off_called_absent(report: Dataset) -> None:
    said = item(group(report, C6), "CODE", codes.FRACTURE)
    recode(said, "ConceptCodeSequence", codes.ABSENT)


def no_words_for_cut_off(report: Dataset) -> None:
    drop(group(report, C6), "TEXT", codes.COMMENT)


def no_model_in_words(report: Dataset) -> None:
    item_of(report, "weights SHA-256").TextValue = "Read by somebody."


def another_operating_point_in_words(report: Dataset) -> None:
    said = item_of(report, "operating point")
    said.TextValue = said.TextValue.replace("0.5", "0.4")


def item_of(report: Dataset, words: str) -> Dataset:
    return next(i for i in children(report, "TEXT", codes.COMMENT) if words in i.TextValue)


def present_without_region(report: Dataset) -> None:
    drop(group(report, C2), "SCOORD3D", codes.OUTLINE)
    drop(group(report, C2), "SCOORD", codes.IMAGE_REGION)


def number_without_its_slice(report: Dataset) -> None:
    del item(group(report, C2), "NUM", codes.PROBABILITY).ContentSequence


WRONG: list[tuple[str, Spoil]] = [
    ("SOP class", set_attribute("SOPClassUID", ComprehensiveSRStorage)),
    ("SOP class", set_attribute("Modality", "OT")),
    ("SOP class", set_attribute("SpecificCharacterSet", "ISO_IR 100")),
    *(
        ("mandatory attributes", lose(keyword))
        for keyword in (
            "PatientBirthDate",
            "StudyTime",
            "CompletionFlag",
            "PerformedProcedureCodeSequence",
            "ReferencedPerformedProcedureStepSequence",
            "Manufacturer",
            "TimezoneOffsetFromUTC",
            "ContentTime",
        )
    ),
    ("mandatory attributes", set_attribute("ContentDate", "")),
    ("own UIDs", set_attribute("SOPInstanceUID", "")),
    ("patient and study", set_attribute("PatientID", "OTHER")),
    ("patient and study", set_attribute("PatientName", "Other^Name")),
    ("patient and study", set_attribute("StudyInstanceUID", "1.2.3")),
    ("patient and study", set_attribute("IssuerOfPatientID", "OTHER")),
    ("unverified", set_attribute("VerificationFlag", "VERIFIED")),
    ("unverified", verified),
    ("unverified", set_attribute("PreliminaryFlag", "FINAL")),
    ("research only", set_attribute("ContentQualification", "PRODUCT")),
    ("research only", no_research_words),
    ("research only", set_attribute("SeriesDescription", "AI C-spine fracture")),
    ("template", other_template),
    ("template", other_title),
    ("template", no_measurements),
    ("observation context", no_language),
    ("observation context", other_procedure),
    ("observation context", nameless_device),
    ("evidence", missing_evidence),
    ("evidence", foreign_evidence),
    ("evidence", repeated_evidence),
    ("evidence", wrong_evidence_class),
    ("evidence", wrong_series_in_evidence),
    ("evidence", lose("CurrentRequestedProcedureEvidenceSequence")),
    ("references", foreign_image),
    ("references", image_of_another_class),
    ("references", frame_that_does_not_exist),
    ("image library", image_lost_from_library),
    ("one group a site", lost_group),
    ("one group a site", swapped_groups),
    ("one group a site", wrong_site),
    ("one group a site", site_with_the_meaning_of_another),
    ("one group a site", no_site),
    ("tracking", no_tracking_identifier),
    ("tracking", empty_tracking_identifier),
    ("tracking", no_tracking_uid),
    ("tracking", repeated_tracking_uid),
    ("finding", other_finding),
    ("finding", no_finding),
    ("evaluation", no_evaluation),
    ("evaluation", foreign_evaluation),
    ("probability", lambda report: set_probability(report, C2, 1.01)),
    ("probability", lambda report: set_probability(report, C2, -0.01)),
    ("probability", lambda report: set_probability(report, C2, float("nan"))),
    ("probability", lambda report: set_probability(report, SPINE, 1.5)),
    ("probability", number_for_an_unassessed_level),
    ("probability", unassessed_called_absent),
    ("probability", no_probability),
    ("probability", other_unit),
    ("algorithm", no_weights),
    ("algorithm", no_algorithm),
    ("algorithm", another_algorithm),
    ("in words", no_model_in_words),
    ("in words", another_operating_point_in_words),
    ("findings have regions", present_without_region),
    ("findings have regions", number_without_its_slice),
    ("numbers agree", evaluation_that_contradicts),
    ("numbers agree", spine_that_contradicts),
    ("numbers agree", lambda report: set_probability(report, C2, 0.2)),
    ("not assessed", no_words_for_unassessed),
    ("not assessed", no_words_for_cut_off),
    ("numbers agree", cut_off_called_absent),
    ("not assessed", set_attribute("CompletionFlag", "COMPLETE")),
    ("regions", open_outline),
    ("regions", outline_off_the_image),
    ("regions", outline_without_finding),
    ("places", no_place),
    ("places", place_in_another_frame),
    ("places", open_place),
    ("places", place_of_another_size),
]


@pytest.mark.parametrize(
    ("rule", "spoil"), WRONG, ids=[f"{number} {rule}" for number, (rule, _) in enumerate(WRONG)]
)
def test_what_is_wrong_is_caught(
    good: Dataset, sources: tuple[Dataset, ...], rule: str, spoil: Spoil
) -> None:
    report = deepcopy(good)
    spoil(report)
    broken = {problem.partition(":")[0] for problem in check(report, sources)}
    assert rule in broken
    with pytest.raises(NonConformantReportError, match=rule):
        require_conformant(report, sources)


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _ in WRONG} == set(RULES)


def test_a_good_report_passes(good: Dataset, sources: tuple[Dataset, ...]) -> None:
    require_conformant(good, sources)
    assert check(good, sources) == ()


def test_the_source_s_own_uids_are_not_the_report_s(
    good: Dataset, sources: tuple[Dataset, ...]
) -> None:
    report = deepcopy(good)
    report.SOPInstanceUID = sources[2].SOPInstanceUID
    report.SeriesInstanceUID = sources[2].SeriesInstanceUID
    assert len([p for p in check(report, sources) if p.startswith("own UIDs")]) == 2


def test_a_report_on_fewer_slices_than_arrived_is_caught(sources: tuple[Dataset, ...]) -> None:
    report = report_on(sources[:-1], prediction_of(sources_of(sources), INTACT))
    assert "evidence: 1 source instances are missing" in check(report, sources)


def test_a_report_of_another_series_is_caught(
    sources: tuple[Dataset, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    report = report_on(sources, prediction_of(sources_of(sources), FRACTURED))
    others = tuple(deepcopy(source) for source in sources)
    for other in others:
        other.SeriesInstanceUID = "1.2.3"
    assert any(problem.startswith("evidence") for problem in check(report, others))


def test_no_problem_names_the_patient(good: Dataset, sources: tuple[Dataset, ...]) -> None:
    report = deepcopy(good)
    report.PatientName, report.PatientID = "Secret^Name", "SECRET-ID"
    said = " ".join(check(report, sources))
    assert said
    for value in ("Secret", "SECRET", "Müller", "PID-7"):
        assert value not in said


def test_an_empty_data_set_breaks_every_rule_and_no_code(sources: tuple[Dataset, ...]) -> None:
    broken = {problem.partition(":")[0] for problem in check(Dataset(), sources)}
    assert {
        "SOP class",
        "mandatory attributes",
        "template",
        "evidence",
        "one group a site",
    } <= broken
