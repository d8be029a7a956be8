"""The report, read back by highdicom and by pydicom, says what the prediction says."""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicom_node.errors import InternalError
from dicom_node.reports import codes
from dicom_node.reports.conformance import check
from dicom_node.reports.content_tree import (
    coded,
    measurement_groups_of,
    numbers,
    texts,
    triplet,
    walk,
)
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.measurement_groups import overall_evaluation
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.structured_report import build_report
from dicom_node.reports.words import RESEARCH_ONLY
from dicom_node.uids import IMPLEMENTATION_CLASS_UID
from inference.coverage import coverage_sentence
from inference.types import LEVELS, Level, Prediction, SliceSource
from tests.unit.reports.cases import (
    AT,
    DEVICE,
    FRACTURED,
    INTACT,
    MODEL,
    PARTIAL,
    SPACING_MM,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
    write_enhanced_ct,
)

CASES = {"intact": INTACT, "fractured": FRACTURED, "partial": PARTIAL}


def read_back(report: Dataset) -> hd.sr.MeasurementReport:
    """The content as highdicom reads it from the file."""
    document = hd.sr.srread(BytesIO(as_part10(report)))
    assert isinstance(document, hd.sr.Comprehensive3DSR)
    return cast("hd.sr.MeasurementReport", document.content)


@pytest.fixture(params=list(CASES))
def prediction(request: pytest.FixtureRequest, sources: tuple[Dataset, ...]) -> Prediction:
    return prediction_of(sources_of(sources), CASES[request.param])


def test_highdicom_reads_back_what_was_predicted(
    sources: tuple[Dataset, ...], prediction: Prediction
) -> None:
    content = read_back(report_on(sources, prediction))
    found = {
        group.finding_sites[0].value.meaning: group
        for group in [
            *content.get_image_measurement_groups(),
            *content.get_planar_roi_measurement_groups(),
        ]
    }
    assert set(found) == {*(f"{level} vertebra" for level in LEVELS), "Cervical spine"}
    said = {None: "Undetermined", True: "Present", False: "Absent"}
    for level in prediction.levels:
        group = found[f"{level.level} vertebra"]
        assert group.finding_type == codes.FRACTURE.code
        assert group.tracking_identifier
        assert group.tracking_uid
        values = [measurement.value for measurement in group.get_measurements()]
        assert values == ([] if level.probability is None else [level.probability])
        (evaluation,) = group.get_qualitative_evaluations(name=codes.FRACTURE.code)
        reached = None if level.probability is None else level.probability >= 0.5
        assert cast("hd.sr.CodedConcept", evaluation.value).meaning == said[reached]
    (overall,) = found["Cervical spine"].get_measurements(name=codes.PROBABILITY.code)
    assert overall.value == prediction.patient_overall
    assert overall.unit == codes.NO_UNITS.code


def test_boxes_are_closed_outlines_on_their_key_slices(sources: tuple[Dataset, ...]) -> None:
    boxes: dict[Level, tuple[int, int, int, int]] = {"C2": (0, 0, 64, 64), "C5": (20, 31, 1, 2)}
    prediction = prediction_of(sources_of(sources), FRACTURED, boxes=boxes)
    content = read_back(report_on(sources, prediction))
    regions = {
        group.finding_sites[0].value.meaning[:2]: group
        for group in content.get_planar_roi_measurement_groups()
    }
    assert set(regions) == set(boxes)
    for finding in prediction.findings:
        group = regions[finding.level]
        x, y, width, height = finding.box
        right, bottom = x + width, y + height
        outline = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)]
        assert group.roi is not None
        np.testing.assert_array_equal(group.roi.value, outline)
        (image,) = group.roi.ContentSequence
        assert image.referenced_sop_instance_uid == finding.key_slice.sop_instance_uid
        (measurement,) = group.get_measurements()
        (source,) = measurement.referenced_images
        assert source.referenced_sop_instance_uid == finding.key_slice.sop_instance_uid


def test_the_document(sources: tuple[Dataset, ...], prediction: Prediction) -> None:
    report = report_on(sources, prediction)
    assert check(report, sources) == ()
    assert str(report.PatientName) == "Müller^Änne"
    assert str(report.ReferringPhysicianName) == "Weiß^Gregor"
    assert report.StudyInstanceUID == sources[0].StudyInstanceUID
    assert (report.StudyDate, report.StudyTime) == ("20260131", "101500")
    assert report.AccessionNumber == "A1023"
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    assert report.ContentQualification == "RESEARCH"
    assert "RESEARCH" in report.SeriesDescription
    assert report.StationName == "ct-ai-1"
    assert report.SoftwareVersions == "0.1.0"
    assert report.file_meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert RESEARCH_ONLY in texts(report, codes.COMMENT)
    document = hd.sr.srread(BytesIO(as_part10(report)))
    evidence = {sop_uid for _, _, sop_uid, _ in document.get_evidence()}
    assert evidence == {source.SOPInstanceUID for source in sources}


def test_what_was_not_assessed_is_said_in_words(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), PARTIAL, outside=("C7",), cut_off=("C6",))
    report = report_on(sources, prediction)
    assert check(report, sources) == ()
    assert report.CompletionFlag == "PARTIAL"
    assert report.CompletionFlagDescription == "Not assessed: C1, C7; In part: C6"
    assert coverage_sentence(prediction.levels) in texts(report, codes.COMMENT)
    first, *_, cut_off, last, spine = measurement_groups_of(report)
    assert "not recognised in the images. Not a negative" in texts(first, codes.COMMENT)[0]
    assert "lies outside the images. Not a negative" in texts(last, codes.COMMENT)[0]
    assert "only in part" in texts(cut_off, codes.COMMENT)[0]
    assert "C7 not assessed: outside the images." in texts(spine, codes.COMMENT)[0]
    assert "C2, C3, C4, C5, C6." in texts(spine, codes.COMMENT)[0]


def test_a_level_that_the_images_cut_off_is_never_absent(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED, cut_off=("C1", "C2"))
    report = report_on(sources, prediction)
    assert check(report, sources) == ()
    assert report.CompletionFlag == "PARTIAL"
    said = [coded(group, codes.FRACTURE) for group in measurement_groups_of(report)]
    expected = [codes.UNDETERMINED, codes.PRESENT, codes.ABSENT, codes.ABSENT, codes.PRESENT]
    assert said[:5] == [[triplet(term.code)] for term in expected]
    (probability, _), *_ = numbers(measurement_groups_of(report)[0], codes.PROBABILITY)
    assert probability == FRACTURED["C1"]


@pytest.mark.parametrize(
    "change",
    [
        {"probability": None, "cut_off": True},
        {"probability": 0.1, "outside": True},
    ],
)
def test_coverage_that_contradicts_itself_gets_no_report(
    sources: tuple[Dataset, ...], change: dict[str, Any]
) -> None:
    prediction = prediction_of(sources_of(sources), INTACT)
    levels = (replace(prediction.levels[0], **change), *prediction.levels[1:])
    with pytest.raises(InternalError):
        report_on(sources, replace(prediction, levels=levels))


def test_a_finding_has_its_place_in_the_patient(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED)
    content = read_back(report_on(sources, prediction))
    groups = content.get_planar_roi_measurement_groups()
    assert len(groups) == len(prediction.findings) == 2
    for group, finding in zip(groups, prediction.findings, strict=True):
        (place,) = (each for each in group[0].ContentSequence if each.ValueType == "SCOORD3D")
        assert place.name == codes.OUTLINE.code
        assert place.graphic_type == hd.sr.GraphicTypeValues3D.POLYGON
        assert place.frame_of_reference_uid == sources[0].FrameOfReferenceUID
        expected = [*finding.corners_mm, finding.corners_mm[0]]
        np.testing.assert_allclose(place.value, expected, atol=1e-4)


def test_without_a_frame_of_reference_only_pixels_are_told(tmp_path: Path) -> None:
    def lose_frame(ds: Dataset) -> None:
        del ds.FrameOfReferenceUID

    paths = write_ct_series(tmp_path, edit=lose_frame)
    sources = read_sources(paths)
    report = report_on(sources, prediction_of(sources_of(sources), FRACTURED))
    assert check(report, sources) == ()
    types = [item.ValueType for item in walk(report)]
    assert "SCOORD" in types
    assert "SCOORD3D" not in types


@pytest.mark.parametrize(
    ("probabilities", "overall", "expected"),
    [
        (INTACT, 0.1, codes.ABSENT),
        (INTACT, 0.5, codes.UNDETERMINED),
        ({**INTACT, "C7": None}, 0.1, codes.UNDETERMINED),
        (FRACTURED, 0.97, codes.PRESENT),
        (FRACTURED, 0.1, codes.PRESENT),
        (PARTIAL, 0.97, codes.PRESENT),
        ({**INTACT, "C3": 0.5}, 0.5, codes.PRESENT),
    ],
)
def test_the_spine_is_absent_only_if_everything_is(
    sources: tuple[Dataset, ...],
    probabilities: dict[Level, float | None],
    overall: float,
    expected: codes.Term,
) -> None:
    prediction = prediction_of(sources_of(sources), probabilities, patient_overall=overall)
    assert overall_evaluation(prediction) is expected
    assert check(report_on(sources, prediction), sources) == ()


def test_the_algorithm_is_named_with_its_weights(sources: tuple[Dataset, ...]) -> None:
    report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    for group in measurement_groups_of(report):
        assert texts(group, codes.ALGORITHM_NAME) == [MODEL.name]
        assert texts(group, codes.ALGORITHM_VERSION) == [MODEL.version]
        parameters = texts(group, codes.ALGORITHM_PARAMETERS)
        assert parameters == [
            f"weights_sha256={MODEL.sha256}",
            "operating_point=0.5",
            "architecture=spine",
            "trained_on=3 phantoms",
        ]


def test_the_same_arguments_give_the_same_bytes(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), PARTIAL)
    arguments: dict[str, Any] = {
        "sop_instance_uid": generate_uid(),
        "series_instance_uid": generate_uid(),
        "content_datetime": AT,
        "device": DEVICE,
    }
    first, second = (build_report(prediction, sources, **arguments) for _ in range(2))
    assert as_part10(first) == as_part10(second)


def test_the_equipment_that_contributed_is_named(sources: tuple[Dataset, ...]) -> None:
    report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    named = [item.ManufacturerModelName for item in report.ContributingEquipmentSequence]
    assert named == ["block", "highdicom"]


def test_a_newer_report_names_the_one_it_supersedes(sources: tuple[Dataset, ...]) -> None:
    old = report_on(sources[:-1], prediction_of(sources_of(sources), INTACT))
    new = report_on(sources, prediction_of(sources_of(sources), FRACTURED), predecessor=old)
    (study,) = new.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (instance,) = series.ReferencedSOPSequence
    assert study.StudyInstanceUID == old.StudyInstanceUID
    assert series.SeriesInstanceUID == old.SeriesInstanceUID
    assert instance.ReferencedSOPInstanceUID == old.SOPInstanceUID
    tracked = [
        [group.ContentSequence[1].UID for group in measurement_groups_of(report)]
        for report in (old, new)
    ]
    assert tracked[0] == tracked[1]


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("+0530", timezone(timedelta(hours=5, minutes=30))),
        ("-0330", timezone(-timedelta(hours=3, minutes=30))),
        ("+0000", UTC),
    ],
)
def test_times_are_in_the_zone_of_the_source(tmp_path: Path, offset: str, zone: timezone) -> None:
    sources = read_sources(write_ct_series(tmp_path, attributes={"TimezoneOffsetFromUTC": offset}))
    report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    assert report.TimezoneOffsetFromUTC == offset
    local = AT.astimezone(zone)
    assert report.ContentDate == f"{local:%Y%m%d}"
    assert report.ContentTime.startswith(f"{local:%H%M%S}")
    assert report.InstanceCreationTime == report.ContentTime


@pytest.mark.parametrize("offset", [None, "GMT", "+9999"])
def test_without_a_zone_times_are_local_as_the_study_time_is(
    tmp_path: Path, offset: str | None
) -> None:
    attributes = {} if offset is None else {"TimezoneOffsetFromUTC": offset}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = write_ct_series(tmp_path, attributes=attributes)
    sources = read_sources(paths)
    report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    assert report.TimezoneOffsetFromUTC == f"{AT.astimezone():%z}"
    told = datetime.strptime(report.ContentDate + report.ContentTime[:6], "%Y%m%d%H%M%S")  # noqa: DTZ007
    assert told == AT.astimezone().replace(tzinfo=None, microsecond=0)


def test_frames_of_an_enhanced_ct_are_named(tmp_path: Path) -> None:
    sources = read_sources([write_enhanced_ct(tmp_path / "enhanced.dcm")])
    uid = sources[0].SOPInstanceUID
    frames = tuple(SliceSource(uid, number) for number in range(1, 15))
    prediction = prediction_of(frames, FRACTURED, pixel_mm=(SPACING_MM, 2 * SPACING_MM))
    report = report_on(sources, prediction)
    assert check(report, sources) == ()
    groups = read_back(report).get_planar_roi_measurement_groups()
    regions = [cast("hd.sr.ImageRegion", group.roi) for group in groups]
    named = [region.ContentSequence[0].referenced_frame_numbers for region in regions]
    assert named == [[3], [9]]


def test_the_order_is_named_where_the_source_names_it(tmp_path: Path) -> None:
    request = Dataset()
    request.RequestedProcedureID = "RP1"
    request.RequestedProcedureDescription = "CT Halswirbelsäule"
    sources = read_sources(
        write_ct_series(tmp_path, attributes={"RequestAttributesSequence": [request]})
    )
    report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    (item,) = report.ReferencedRequestSequence
    assert item.RequestedProcedureID == "RP1"
    assert item.RequestedProcedureDescription == "CT Halswirbelsäule"
    assert item.AccessionNumber == "A1023"
    assert item.StudyInstanceUID == report.StudyInstanceUID


def test_no_order_is_invented(sources: tuple[Dataset, ...]) -> None:
    report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    assert "ReferencedRequestSequence" not in report


def test_no_name_is_warned_of_or_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sources = read_sources(write_ct_series(tmp_path, attributes={"PatientName": "Bono"}))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = report_on(sources, prediction_of(sources_of(sources), INTACT))
    assert report.PatientName == "Bono"
    assert "Bono" not in caplog.text + " ".join(str(each.message) for each in caught)


def _without_levels(prediction: Prediction) -> Prediction:
    return replace(prediction, levels=prediction.levels[1:])


def _nothing_assessed(prediction: Prediction) -> Prediction:
    levels = tuple(replace(each, probability=None) for each in prediction.levels)
    return replace(prediction, levels=levels, findings=())


def _two_findings(prediction: Prediction) -> Prediction:
    return replace(prediction, findings=(*prediction.findings, prediction.findings[0]))


def _other_probability(prediction: Prediction) -> Prediction:
    changed = replace(prediction.findings[0], probability=0.99)
    return replace(prediction, findings=(changed, *prediction.findings[1:]))


def _below_the_operating_point(prediction: Prediction) -> Prediction:
    return replace(prediction, operating_point=0.9)


def _foreign_slice(prediction: Prediction) -> Prediction:
    changed = replace(prediction.findings[0], key_slice=SliceSource("1.2.3"))
    return replace(prediction, findings=(changed,))


@pytest.mark.parametrize(
    "spoil",
    [
        _without_levels,
        _nothing_assessed,
        _two_findings,
        _other_probability,
        _below_the_operating_point,
        _foreign_slice,
    ],
)
def test_a_prediction_that_contradicts_itself_gets_no_report(
    sources: tuple[Dataset, ...], spoil: Any
) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED)
    with pytest.raises(InternalError):
        report_on(sources, spoil(prediction))


@pytest.mark.parametrize(
    "attributes",
    [
        {"StudyInstanceUID": "1.2.003.4"},
        {"PatientSex": "", "PatientBirthDate": "", "PatientName": "", "PatientID": ""},
        {"SliceThickness": None},
        {"FrameOfReferenceUID": ""},
        {
            "SpecificCharacterSet": ["", "ISO 2022 IR 87"],
            "PatientName": "Yamada=山田",
            "ReferringPhysicianName": "",
        },
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI:UserWarning")
def test_odd_sources_get_a_conformant_report(tmp_path: Path, attributes: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paths = write_ct_series(tmp_path, attributes=attributes)
    sources = read_sources(paths)
    report = report_on(sources, prediction_of(sources_of(sources), PARTIAL))
    assert check(report, sources) == ()
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID"):
        assert str(report[keyword].value or "") == str(dcmread(paths[0])[keyword].value or "")
