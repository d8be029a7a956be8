"""DICOM files → one :class:`inference.types.SliceHeader` per slice, without reading pixels.

A slice is one CT Image instance (PS3.3 A.3), or one frame of an Enhanced CT Image (A.38), whose
geometry lies in functional groups (C.7.6.16) that are shared or given per frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, cast

from pydicom.dataset import Dataset

from inference.attributes import (
    PARSE_ERRORS,
    UnreadableInstanceError,
    decimal,
    decimals,
    integer,
    items,
    open_instance,
    quiet_pydicom,
    text,
    texts,
    unsigned,
)
from inference.types import SliceHeader, Vector3

_Cosines = tuple[float, float, float, float, float, float]

_KEYWORDS: Final = (
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "PatientID",
    "SliceThickness",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "FrameOfReferenceUID",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


def read_headers(paths: Iterable[Path]) -> tuple[SliceHeader, ...]:
    """Read identity and geometry of every slice in ``paths``, in the order of the sorted paths.

    What a file does not say, or says in a way that cannot be understood, is ``None``.

    Raises:
        UnreadableInstanceError: a file is missing or is no DICOM file; it names the file.
    """
    with quiet_pydicom():
        return tuple(header for path in sorted(paths) for header in _headers_of(path))


def _headers_of(path: Path) -> list[SliceHeader]:
    ds = open_instance(path, _KEYWORDS)
    try:
        return _describe(path, ds)
    except PARSE_ERRORS as error:  # a damaged sequence shows only when it is entered
        raise UnreadableInstanceError(path) from error


def _describe(path: Path, ds: Dataset) -> list[SliceHeader]:
    shared = items(ds, "SharedFunctionalGroupsSequence")
    frames = items(ds, "PerFrameFunctionalGroupsSequence")
    if not frames and not shared:
        return [_header(path, ds, frame_number=None, groups=())]
    # A frame that is announced but not described gets a header without geometry, which no
    # rule lets pass; one is enough, and a forged Number of Frames costs nothing.
    count = min(max(integer(ds, "NumberOfFrames") or 0, len(frames)), len(frames) + 1)
    described = [*frames, Dataset()][:count]
    return [
        _header(path, ds, frame_number=number, groups=(frame, *shared))
        for number, frame in enumerate(described, start=1)
    ]


def _header(
    path: Path, ds: Dataset, *, frame_number: int | None, groups: Sequence[Dataset]
) -> SliceHeader:
    position = _group(ds, groups, "PlanePositionSequence")
    orientation = _group(ds, groups, "PlaneOrientationSequence")
    measures = _group(ds, groups, "PixelMeasuresSequence")
    frame_type = texts(_group(ds, groups, "CTImageFrameTypeSequence"), "FrameType")
    return SliceHeader(
        path=str(path),
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        sop_class_uid=text(ds, "SOPClassUID"),
        frame_number=frame_number,
        instance_number=integer(ds, "InstanceNumber"),
        study_uid=text(ds, "StudyInstanceUID"),
        series_uid=text(ds, "SeriesInstanceUID"),
        patient_id=text(ds, "PatientID"),
        frame_of_reference_uid=text(ds, "FrameOfReferenceUID") or None,
        modality=text(ds, "Modality"),
        image_type=frame_type or texts(ds, "ImageType"),
        rows=unsigned(ds, "Rows"),
        columns=unsigned(ds, "Columns"),
        position_mm=cast("Vector3 | None", decimals(position, "ImagePositionPatient", 3)),
        orientation=cast("_Cosines | None", decimals(orientation, "ImageOrientationPatient", 6)),
        spacing_mm=cast("tuple[float, float] | None", decimals(measures, "PixelSpacing", 2)),
        slice_thickness_mm=decimal(measures, "SliceThickness"),
    )


def _group(ds: Dataset, groups: Sequence[Dataset], keyword: str) -> Dataset:
    """The functional group's item: the frame's own, else the shared one; single-frame: ``ds``."""
    if not groups:
        return ds
    for group in groups:
        for item in items(group, keyword):
            return item
    return Dataset()
