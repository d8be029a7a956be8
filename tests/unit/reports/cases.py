"""What the tests of reports start from: small CT series with any header, predictions, reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    generate_uid,
)

from dicom_node.reports.origin import ReportingDevice
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.pictures import Pictures
from dicom_node.reports.result_set import SetObject, build_result_set
from dicom_node.reports.structured_report import build_report
from inference.types import (
    LEVELS,
    Box,
    CtVolume,
    Finding,
    HeatMap,
    Level,
    LevelPrediction,
    ModelIdentity,
    Prediction,
    SliceSource,
)

SIZE: Final = 64
SPACING_MM: Final = 0.5
OPERATING_POINT: Final = 0.5
AT: Final = datetime(2026, 3, 1, 12, 30, 15, 250000, tzinfo=UTC)
DEVICE: Final = ReportingDevice("CSPINE", "ct-ai-1", "0.1.0")
INTACT: Final[Mapping[Level, float | None]] = dict.fromkeys(LEVELS, 0.0625)
FRACTURED: Final[Mapping[Level, float | None]] = {**INTACT, "C2": 0.71, "C5": 0.9712345678901234}
PARTIAL: Final[Mapping[Level, float | None]] = {**FRACTURED, "C1": None, "C7": None}
MODEL: Final = ModelIdentity("cspine-effnetv2", "0.1.0", "ab" * 32, "spine", "3 phantoms")


def write_ct_series(
    folder: Path,
    *,
    slices: int = 14,
    attributes: Mapping[str, Any] | None = None,
    edit: Callable[[Dataset], None] | None = None,
) -> list[Path]:
    """Valid CT images, from the head downwards; ``attributes`` and ``edit`` change each header."""
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(slices):
        ds = _ct_image(index, study, series, frame)
        for keyword, value in (attributes or {}).items():
            setattr(ds, keyword, value)
        if edit is not None:
            edit(ds)
        path = folder / f"{index:03}.dcm"
        ds.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _ct_image(index: int, study: str, series: str, frame: str) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.StudyDate, ds.StudyTime = "20260131", "101500"
    ds.SeriesDate, ds.SeriesTime = "20260131", "101600"
    ds.ContentDate, ds.ContentTime = "20260131", "101600"
    ds.AccessionNumber = "A1023"
    ds.Modality = "CT"
    ds.Manufacturer, ds.ManufacturerModelName = "cspine-node tests", "block"
    ds.ReferringPhysicianName = "Weiß^Gregor"
    ds.StudyDescription = "CT HWS"
    ds.PatientName, ds.PatientID = "Müller^Änne", "PID-7"
    ds.PatientBirthDate, ds.PatientSex = "19500101", "F"
    ds.BodyPartExamined = "CSPINE"
    ds.SliceThickness = 1.0
    ds.KVP = 120
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
    ds.StudyID, ds.SeriesNumber, ds.InstanceNumber, ds.AcquisitionNumber = "S1", 2, index + 1, 1
    ds.PatientPosition = "HFS"
    ds.ImagePositionPatient = [-16.0, -16.0, -1.0 * index]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [SPACING_MM, SPACING_MM]
    ds.PositionReferenceIndicator = ""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = SIZE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleIntercept, ds.RescaleSlope = 0, 1
    pixels = np.full((SIZE, SIZE), -1000, np.int16)
    pixels[24:40, 24:40] = 700
    ds.PixelData = pixels.tobytes()
    return ds


def write_enhanced_ct(path: Path, *, frames: int = 14) -> Path:
    """The header of a multi-frame Enhanced CT; its pixels are nobody's business here."""
    ds = _ct_image(0, generate_uid(), generate_uid(), generate_uid())
    ds.SOPClassUID = EnhancedCTImageStorage
    ds.NumberOfFrames = frames
    measures = Dataset()
    measures.PixelSpacing = [SPACING_MM, 2 * SPACING_MM]
    measures.SliceThickness = 1.5
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    ds.SharedFunctionalGroupsSequence = [shared]
    for keyword in ("PixelSpacing", "SliceThickness", "ImagePositionPatient", "PixelData"):
        del ds[keyword]
    ds.save_as(path, enforce_file_format=True)
    return path


def report_on(
    sources: tuple[Dataset, ...], prediction: Prediction, *, predecessor: Dataset | None = None
) -> Dataset:
    """A report as it is read back from its file, which is what everybody else sees."""
    built = build_report(
        prediction,
        sources,
        sop_instance_uid=generate_uid(),
        series_instance_uid=generate_uid(),
        content_datetime=AT,
        device=DEVICE,
        predecessor=predecessor,
    )
    return dcmread(BytesIO(as_part10(built)))


def finding_of(level: Level, probability: float, volume: CtVolume, index: int, box: Box) -> Finding:
    """A finding with its place in the patient."""
    return Finding(
        level=level,
        probability=probability,
        key_slice_index=index,
        key_slice=volume.sources[index],
        box=box,
        corners_mm=volume.box_corners_mm(box, index),
        box_mm=volume.box_size_mm(box),
    )


def sources_of(datasets: tuple[Dataset, ...]) -> tuple[SliceSource, ...]:
    return tuple(SliceSource(ds.SOPInstanceUID) for ds in datasets)


def volume_of(
    sources: tuple[SliceSource, ...], pixel_mm: tuple[float, float] = (SPACING_MM, SPACING_MM)
) -> CtVolume:
    """The volume of a series of ``write_ct_series``, without its voxels.

    ``pixel_mm`` is Pixel Spacing: between rows, between columns.
    """
    affine = np.diag([pixel_mm[1], pixel_mm[0], -1.0, 1.0])
    affine[:3, 3] = (-16.0, -16.0, 0.0)
    return CtVolume(np.zeros((len(sources), SIZE, SIZE), np.int16), affine, sources, "1.2.9")


def prediction_of(
    sources: tuple[SliceSource, ...],
    probabilities: Mapping[Level, float | None],
    *,
    boxes: Mapping[Level, tuple[int, int, int, int]] | None = None,
    patient_overall: float | None = None,
    outside: Sequence[Level] = (),
    cut_off: Sequence[Level] = (),
    pixel_mm: tuple[float, float] = (SPACING_MM, SPACING_MM),
) -> Prediction:
    """A prediction; a level without a number is not assessed, one that reaches 0.5 has a box."""
    step = max(len(sources) // len(LEVELS), 1)
    levels = []
    findings = []
    for number, level in enumerate(LEVELS):
        probability = probabilities.get(level)
        first = number * step
        if probability is None:
            levels.append(LevelPrediction(level, None, outside=level in outside))
            continue
        last = first + step - 1
        levels.append(LevelPrediction(level, probability, first, last, cut_off=level in cut_off))
        if probability >= OPERATING_POINT:
            box = (boxes or {}).get(level, (20 + number, 22, 12, 9))
            volume = volume_of(sources, pixel_mm)
            findings.append(finding_of(level, probability, volume, first, box))
    known = [p for p in probabilities.values() if p is not None]
    overall = max(known, default=0.0) if patient_overall is None else patient_overall
    return Prediction(MODEL, overall, tuple(levels), tuple(findings), OPERATING_POINT)


def pictures_of(prediction: Prediction) -> Pictures:
    """In the place of the drawn ones: small, and each another."""
    drawn = {
        each.level: np.full((4, 6, 3), 10 + number, np.uint8)
        for number, each in enumerate(prediction.findings)
    }
    summary = np.zeros((6, 4, 3), np.uint8)
    for picture in (summary, *drawn.values()):
        picture[0, 0] = 255
    return Pictures(AT, drawn, summary)


def with_heat_map(prediction: Prediction) -> Prediction:
    """A coarse map over the volume of ``volume_of``, hot in one cell."""
    evidence = np.zeros((5, 4, 4), np.float32)
    evidence[2, 1, 2] = 0.75
    affine = np.diag([8.0, 8.0, -2.5, 1.0])
    affine[:3, 3] = (-12.0, -12.0, 0.0)
    return replace(prediction, heat_map=HeatMap(evidence, affine))


def result_set_of(
    sources: tuple[Dataset, ...],
    prediction: Prediction,
    *,
    pictures: Pictures | None = None,
    predecessor: Dataset | None = None,
) -> tuple[SetObject, ...]:
    """A set as it is read back from its files."""
    built = build_result_set(
        prediction,
        pictures or pictures_of(prediction),
        sources,
        device=DEVICE,
        predecessor=predecessor,
    )
    return tuple(map(read_back, built))


def read_back(made: SetObject) -> SetObject:
    """The object as everybody else sees it."""
    return replace(made, dataset=dcmread(BytesIO(as_part10(made.dataset))))
