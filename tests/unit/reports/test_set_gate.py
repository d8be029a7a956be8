"""Each way in which a result set may be wrong is caught, by the rule that is there for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import CTImageStorage, MRImageStorage

from dicom_node.errors import NonConformantReportError
from dicom_node.reports import codes
from dicom_node.reports.content_tree import children, measurement_groups_of
from dicom_node.reports.pictures import Pictures
from dicom_node.reports.result_set import SetObject, build_notice
from dicom_node.reports.set_gate import (
    OBJECT_RULES,
    SET_RULES,
    check_set,
    require_conformant_notice,
    require_conformant_set,
)
from dicom_node.reports.set_rules import Judged
from inference.types import Prediction
from storage.records import Piece
from tests.unit.reports.cases import (
    AT,
    DEVICE,
    FRACTURED,
    INTACT,
    PARTIAL,
    pictures_of,
    prediction_of,
    read_back,
    report_on,
    result_set_of,
    sources_of,
    with_heat_map,
)

Spoil = Callable[[Dataset], None]
Rearrange = Callable[[list[SetObject]], None]
REPORT, KEY_IMAGE, SUMMARY, KEY_OBJECTS, PRESENTATION, HEAT_MAP = (
    Piece.REPORT,
    Piece.KEY_IMAGE,
    Piece.SUMMARY,
    Piece.KEY_OBJECTS,
    Piece.PRESENTATION,
    Piece.HEAT_MAP,
)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    sources: tuple[Dataset, ...]
    prediction: Prediction
    pictures: Pictures
    objects: tuple[SetObject, ...]

    def problems(self, objects: Sequence[SetObject]) -> tuple[str, ...]:
        return check_set(Judged(objects, self.sources, (self.prediction, self.pictures)))


@pytest.fixture(scope="module")
def case(sources: tuple[Dataset, ...]) -> Case:
    prediction = with_heat_map(prediction_of(sources_of(sources), FRACTURED))
    pictures = pictures_of(prediction)
    return Case(sources, prediction, pictures, result_set_of(sources, prediction))


def put(keyword: str, value: object) -> Spoil:
    return lambda ds: setattr(ds, keyword, value)


def lose(keyword: str) -> Spoil:
    return lambda ds: delattr(ds, keyword)


def first_reference(ds: Dataset) -> Dataset:
    """Some reference to an image, wherever the piece has it."""
    if "SourceImageSequence" in ds:
        found: Dataset = ds.SourceImageSequence[0]
    elif "ReferencedSeriesSequence" in ds:
        series = ds.ReferencedSeriesSequence[0]
        found = (series.get("ReferencedImageSequence") or series.ReferencedInstanceSequence)[0]
    else:
        found = children(ds, "IMAGE")[0].ReferencedSOPSequence[0]
    return found


def foreign_image(ds: Dataset) -> None:
    first_reference(ds).ReferencedSOPInstanceUID = "1.2.3"


def image_of_another_class(ds: Dataset) -> None:
    first_reference(ds).ReferencedSOPClassUID = MRImageStorage


def frame_that_does_not_exist(ds: Dataset) -> None:
    first_reference(ds).ReferencedFrameNumber = 2


def foreign_series(ds: Dataset) -> None:
    if "CurrentRequestedProcedureEvidenceSequence" in ds:
        study = ds.CurrentRequestedProcedureEvidenceSequence[0]
        study.ReferencedSeriesSequence[0].SeriesInstanceUID = "1.2.3"
    else:
        ds.ReferencedSeriesSequence[0].SeriesInstanceUID = "1.2.3"


def foreign_study(ds: Dataset) -> None:
    ds.CurrentRequestedProcedureEvidenceSequence[0].StudyInstanceUID = "1.2.3"


def no_research_in_selection(ds: Dataset) -> None:
    ds.ContentSequence = Items(i for i in ds.ContentSequence if i.ValueType != "TEXT")


def pixels_lost(ds: Dataset) -> None:
    ds.PixelData = ds.PixelData[:-2]


def pixels_blank(ds: Dataset) -> None:
    ds.PixelData = bytes(len(ds.PixelData))


def another_slice(ds: Dataset) -> None:
    """A source, but not the key slice."""
    other = ds.other_slice
    first_reference(ds).ReferencedSOPInstanceUID = other


def lost_key_slice(ds: Dataset) -> None:
    image = children(ds, "IMAGE")[-1]
    ds.ContentSequence.remove(image)


def lost_evidence(ds: Dataset) -> None:
    series = ds.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    del series.ReferencedSOPSequence[-1]


def graphic(ds: Dataset) -> Dataset:
    found: Dataset = ds.GraphicAnnotationSequence[0].GraphicObjectSequence[0]
    return found


def moved_outline(ds: Dataset) -> None:
    graphic(ds).GraphicData = [each + 1 for each in graphic(ds).GraphicData]


def outline_between_pixels(ds: Dataset) -> None:
    graphic(ds).GraphicData = [each + 0.5 for each in graphic(ds).GraphicData]


def open_outline(ds: Dataset) -> None:
    graphic(ds).GraphicData = list(graphic(ds).GraphicData)[:-2]


def outline_in_units_of_the_display(ds: Dataset) -> None:
    graphic(ds).GraphicAnnotationUnits = "DISPLAY"


def lost_annotation(ds: Dataset) -> None:
    del ds.GraphicAnnotationSequence[-1]


def lost_image_of_the_state(ds: Dataset) -> None:
    del ds.ReferencedSeriesSequence[0].ReferencedImageSequence[-1]


def outlines_swapped(ds: Dataset) -> None:
    first, second = (each.GraphicObjectSequence[0] for each in ds.GraphicAnnotationSequence)
    first.GraphicData, second.GraphicData = second.GraphicData, first.GraphicData


def lost_source(ds: Dataset) -> None:
    del ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence[-1]


def probability_a_little_off(ds: Dataset) -> None:
    """Consistent in itself, but not what was predicted."""
    number = children(measurement_groups_of(ds)[1], "NUM", codes.PROBABILITY)[0]
    measured = number.MeasuredValueSequence[0]
    measured.FloatingPointValue, measured.NumericValue = 0.72, "0.72"


def box_a_pixel_off(ds: Dataset) -> None:
    region = children(measurement_groups_of(ds)[1], "SCOORD")[0]
    region.GraphicData = [each + 1 for each in region.GraphicData]


def place_half_a_millimetre_off(ds: Dataset) -> None:
    place = children(measurement_groups_of(ds)[1], "SCOORD3D")[0]
    place.GraphicData = [each + 0.5 for each in place.GraphicData]


def number_without_its_slice(ds: Dataset) -> None:
    number = children(measurement_groups_of(ds)[1], "NUM", codes.PROBABILITY)[0]
    del number.ContentSequence


def region_lost(ds: Dataset) -> None:
    group = measurement_groups_of(ds)[1]
    group.ContentSequence = Items(
        i for i in group.ContentSequence if i.ValueType not in {"SCOORD", "SCOORD3D"}
    )


BESIDE = (KEY_IMAGE, SUMMARY, KEY_OBJECTS, PRESENTATION, HEAT_MAP)
REFERRING = (KEY_IMAGE, SUMMARY, KEY_OBJECTS, PRESENTATION, HEAT_MAP)

WRONG: list[tuple[str, Piece, Spoil]] = [
    *(("kind", piece, put("SOPClassUID", CTImageStorage)) for piece in Piece if piece in BESIDE),
    *(("kind", piece, put("Modality", "CT")) for piece in (REPORT, *BESIDE)),
    *(("kind", piece, put("SpecificCharacterSet", "ISO_IR 100")) for piece in BESIDE),
    *(
        ("mandatory", piece, lose(keyword))
        for piece, keywords in (
            (KEY_IMAGE, ("ConversionType", "PatientOrientation", "PixelData", "ImageType")),
            (SUMMARY, ("DerivationDescription", "TimezoneOffsetFromUTC")),
            (KEY_OBJECTS, ("ContentTemplateSequence", "ReferencedPerformedProcedureStepSequence")),
            (PRESENTATION, ("ContentLabel", "ContentCreatorName", "GraphicLayerSequence")),
            (HEAT_MAP, ("FrameOfReferenceUID", "FloatPixelData", "DimensionIndexSequence")),
        )
        for keyword in (*keywords, "PatientBirthDate", "SoftwareVersions", "SeriesNumber")
    ),
    *(("mandatory", piece, put("InstanceNumber", None)) for piece in BESIDE),
    *(("own UIDs", piece, put("SOPInstanceUID", "")) for piece in BESIDE),
    *(("patient", piece, put("PatientID", "OTHER")) for piece in BESIDE),
    *(("patient", piece, put("StudyInstanceUID", "1.2.3")) for piece in BESIDE),
    *(("identity", piece, put("PatientBirthDate", "19000101")) for piece in (REPORT, *BESIDE)),
    *(("identity", piece, put("AccessionNumber", "")) for piece in (REPORT, *BESIDE)),
    *(("research only", piece, put("SeriesDescription", "AI C-spine")) for piece in BESIDE),
    *(
        ("research only", piece, put("ImageComments", ""))
        for piece in (KEY_IMAGE, SUMMARY, HEAT_MAP)
    ),
    ("research only", KEY_OBJECTS, no_research_in_selection),
    ("research only", PRESENTATION, put("ContentDescription", "AI")),
    ("research only", HEAT_MAP, put("ContentQualification", "PRODUCT")),
    *(("references", piece, foreign_image) for piece in REFERRING),
    *(("references", piece, image_of_another_class) for piece in REFERRING),
    *(("references", piece, frame_that_does_not_exist) for piece in REFERRING),
    *(
        ("references", piece, foreign_series)
        for piece in (SUMMARY, KEY_OBJECTS, PRESENTATION, HEAT_MAP)
    ),
    ("references", KEY_OBJECTS, foreign_study),
    *(
        ("picture", piece, spoil)
        for piece in (KEY_IMAGE, SUMMARY)
        for spoil in (pixels_lost, pixels_blank, put("Rows", 5), put("PlanarConfiguration", 1))
    ),
    *(("burned in", piece, put("BurnedInAnnotation", "NO")) for piece in (KEY_IMAGE, SUMMARY)),
    ("frame of reference", HEAT_MAP, put("FrameOfReferenceUID", "1.2.3")),
    ("one time", SUMMARY, put("InstanceCreationTime", "010203")),
    ("as predicted", REPORT, probability_a_little_off),
    ("as predicted", REPORT, box_a_pixel_off),
    ("as predicted", REPORT, place_half_a_millimetre_off),
    ("as predicted", REPORT, number_without_its_slice),
    ("as predicted", REPORT, region_lost),
    ("key images", KEY_IMAGE, another_slice),
    ("key images", KEY_IMAGE, lose("SourceImageSequence")),
    ("key objects", KEY_OBJECTS, another_slice),
    ("key objects", KEY_OBJECTS, lost_key_slice),
    ("key objects", KEY_OBJECTS, lost_evidence),
    ("outlines", PRESENTATION, moved_outline),
    ("outlines", PRESENTATION, outline_between_pixels),
    ("outlines", PRESENTATION, open_outline),
    ("outlines", PRESENTATION, outline_in_units_of_the_display),
    ("outlines", PRESENTATION, lost_annotation),
    ("outlines", PRESENTATION, lost_image_of_the_state),
    ("outlines", PRESENTATION, outlines_swapped),
    ("outlines", PRESENTATION, put("RescaleIntercept", "-1024")),
    ("whole series", HEAT_MAP, lost_source),
    ("whole series", SUMMARY, lost_source),
    ("whole series", SUMMARY, lose("ReferencedSeriesSequence")),
    ("says not analysed", SUMMARY, put("DerivationDescription", "Not analysed. Because.")),
    ("unique UIDs", SUMMARY, put("SeriesInstanceUID", "1.2.3")),
    ("unique UIDs", SUMMARY, put("InstanceNumber", 2)),
]


def rules_broken(problems: Sequence[str]) -> set[str]:
    """``key-image 0, kind: …`` and ``kind: …`` are of the rule ``kind``."""
    return {problem.partition(":")[0].split(", ")[-1] for problem in problems}


@pytest.mark.parametrize(
    ("rule", "piece", "spoil"),
    WRONG,
    ids=[f"{number} {piece.value} {rule}" for number, (rule, piece, _) in enumerate(WRONG)],
)
def test_what_is_wrong_with_an_object_is_caught(
    case: Case, rule: str, piece: Piece, spoil: Spoil
) -> None:
    at = next(number for number, each in enumerate(case.objects) if each.piece is piece)
    ds = deepcopy(case.objects[at].dataset)
    object.__setattr__(ds, "other_slice", case.sources[1].SOPInstanceUID)
    spoil(ds)
    objects = [*case.objects]
    objects[at] = replace(objects[at], dataset=ds)
    problems = case.problems(objects)
    assert rule in rules_broken(problems), problems
    with pytest.raises(NonConformantReportError, match=rule):
        require_conformant_set(objects, case.sources, case.prediction, case.pictures)


def drop(piece: Piece) -> Rearrange:
    def spoil(objects: list[SetObject]) -> None:
        objects[:] = [each for each in objects if each.piece is not piece]

    return spoil


def twice(objects: list[SetObject]) -> None:
    objects.append(objects[-1])


def as_a_verdict(objects: list[SetObject]) -> None:
    objects.append(replace(objects[0], piece=Piece.VERDICT))


def key_images_swapped(objects: list[SetObject]) -> None:
    first, second = (n for n, each in enumerate(objects) if each.piece is KEY_IMAGE)
    shown, other = objects[first], objects[second]
    objects[first] = replace(shown, dataset=other.dataset)
    objects[second] = replace(other, dataset=shown.dataset)


REARRANGED: list[tuple[str, Rearrange]] = [
    *(("pieces", drop(piece)) for piece in (REPORT, *BESIDE)),
    ("pieces", twice),
    ("unique UIDs", twice),
    ("pieces", as_a_verdict),
    ("key images", key_images_swapped),
]


@pytest.mark.parametrize(("rule", "rearrange"), REARRANGED)
def test_what_is_wrong_with_the_set_is_caught(case: Case, rule: str, rearrange: Rearrange) -> None:
    objects = [*case.objects]
    rearrange(objects)
    assert rule in rules_broken(case.problems(objects))


def test_the_report_of_a_set_passes_its_own_gate(case: Case) -> None:
    report = deepcopy(case.objects[0].dataset)
    report.VerificationFlag = "VERIFIED"
    objects = [replace(case.objects[0], dataset=report), *case.objects[1:]]
    assert any(problem.startswith("report, unverified") for problem in case.problems(objects))


def test_every_rule_is_tried() -> None:
    tried = {rule for rule, _, _ in WRONG} | {rule for rule, _ in REARRANGED} | {"predecessor"}
    assert tried == {*OBJECT_RULES, *SET_RULES}
    for rule, (pieces, _) in OBJECT_RULES.items():
        assert {piece for name, piece, _ in WRONG if name == rule} >= pieces - {REPORT}


@pytest.mark.parametrize("levels", [INTACT, FRACTURED, PARTIAL])
def test_a_good_set_passes(sources: tuple[Dataset, ...], levels: dict[str, float | None]) -> None:
    prediction = with_heat_map(prediction_of(sources_of(sources), levels))  # type: ignore[arg-type]
    objects = result_set_of(sources, prediction)
    require_conformant_set(objects, sources, prediction, pictures_of(prediction))


def test_a_picture_that_was_not_drawn_is_not_missed(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), FRACTURED)
    drawn = pictures_of(prediction)
    half = Pictures(AT, {"C5": drawn.key_images["C5"]}, None, ("key image of C2", "summary"))
    objects = result_set_of(sources, prediction, pictures=half)
    require_conformant_set(objects, sources, prediction, half)
    assert [each.piece for each in objects] == [REPORT, KEY_IMAGE, KEY_OBJECTS, PRESENTATION]


def test_the_superseded_report_must_be_named(sources: tuple[Dataset, ...]) -> None:
    prediction = prediction_of(sources_of(sources), INTACT)
    old, other = report_on(sources, prediction), report_on(sources, prediction)
    pictures = pictures_of(prediction)
    objects = result_set_of(sources, prediction, predecessor=old)
    require_conformant_set(objects, sources, prediction, pictures, predecessor=old)
    for wrong in (None, other):
        with pytest.raises(NonConformantReportError, match="predecessor"):
            require_conformant_set(objects, sources, prediction, pictures, predecessor=wrong)


def notice(sources: tuple[Dataset, ...]) -> tuple[SetObject, ...]:
    page = np.zeros((6, 4, 3), np.uint8)
    page[0, 0] = 255
    built = build_notice(page, "Slices are missing.", sources, at=AT, device=DEVICE)
    return tuple(map(read_back, built))


def test_a_notice_is_a_page_that_says_so(sources: tuple[Dataset, ...]) -> None:
    (page,) = objects = notice(sources)
    require_conformant_notice(objects, sources)
    assert page.piece is SUMMARY
    said = page.dataset.DerivationDescription
    assert said == "Not analysed. This is not a negative result. Slices are missing."
    (series,) = page.dataset.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == sources[0].SeriesInstanceUID
    assert len(series.ReferencedInstanceSequence) == len(sources)


def test_a_notice_that_could_be_taken_for_a_reading_is_caught(
    sources: tuple[Dataset, ...], case: Case
) -> None:
    (page,) = notice(sources)
    silent = deepcopy(page.dataset)
    silent.DerivationDescription = "Summary of C1 to C7"
    with pytest.raises(NonConformantReportError, match="says not analysed"):
        require_conformant_notice([replace(page, dataset=silent)], sources)
    with pytest.raises(NonConformantReportError, match="pieces"):
        require_conformant_notice([page, case.objects[0]], sources)


def test_no_problem_names_the_patient(case: Case) -> None:
    objects = deepcopy(case.objects)
    for each in objects:
        each.dataset.PatientName, each.dataset.PatientID = "Secret^Name", "SECRET-ID"
        each.dataset.StudyDescription = "SECRET"
    said = " ".join(case.problems(objects))
    assert "PatientID differs" in said
    for value in ("Secret", "SECRET", "Müller", "PID-7"):
        assert value not in said


def test_empty_data_sets_break_rules_and_no_code(case: Case) -> None:
    objects = [replace(each, dataset=Dataset()) for each in case.objects]
    broken = rules_broken(case.problems(objects))
    assert {"kind", "mandatory", "outlines", "key objects", "picture"} <= broken
