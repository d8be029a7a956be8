"""CT series of any geometry, written as real DICOM files: classic, Enhanced, compressed, real.

    write_ct_series(tmp_path, slices=60, omit=("PixelSpacing",))

A series without arguments is fit: 40 axial slices, 2 mm apart, of a cylinder of water in air.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    generate_uid,
)

Vector: TypeAlias = tuple[float, float, float]
Cosines: TypeAlias = tuple[float, float, float, float, float, float]
Floats: TypeAlias = NDArray[np.float64]
Plane: TypeAlias = NDArray[np.int16] | NDArray[np.uint16]
HuField: TypeAlias = Callable[[Floats, Floats, Floats], Floats]
"""LPS coordinates x, y, z in mm, each (rows, columns) → HU of the same shape."""

AXIAL: Final[Cosines] = (1, 0, 0, 0, 1, 0)
CORONAL: Final[Cosines] = (1, 0, 0, 0, 0, -1)
SAGITTAL: Final[Cosines] = (0, 1, 0, 0, 0, -1)

CT_HEAD_TILTED: Final = Path(__file__).parent / "data" / "ct_head_tilted.tar.xz"
"""A real head: 28 slices, gantry tilt 18.5°, distances of 1.1 to 7.4 mm (licence beside it)."""


def water_phantom(x: Floats, y: Floats, z: Floats) -> Floats:
    """A cylinder of water of 120 mm along the patient's axis, in air, with a little noise."""
    noise = 10 * np.sin(12.9898 * x + 78.233 * y + 37.719 * z)
    hu: Floats = np.where(np.hypot(x, y) < 60, 0.0, -1000.0) + noise
    return hu


@dataclass(frozen=True, kw_only=True)
class CtSeries:
    """What :func:`write_ct_series` and :func:`write_enhanced_ct` write.

    Slices run from head to feet, Instance Numbers from 1 upwards.
    """

    slices: int = 40
    rows: int = 64
    columns: int = 64
    spacing_mm: Vector = (2.0, 3.0, 3.0)
    """Between slices, rows, columns."""
    hu: NDArray[np.generic] | HuField = water_phantom
    """(slices, rows, columns) HU, or a function of the place."""
    orientation: Cosines | Sequence[Cosines] = AXIAL
    """Of all slices, or one per slice."""
    positions: Sequence[Sequence[float]] | None = None
    """Image Position (Patient) per slice; by default regular, with the stack's centre at 0."""
    omit: Sequence[str] = ()
    """Attributes left out of every instance (single-frame only)."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Attributes set in every instance."""
    edit: Callable[[int, Dataset], None] | None = None
    """Changes one instance before it is written: index (0 at the head) and data set."""
    transfer_syntax: str = ExplicitVRLittleEndian
    signed: bool = True
    bits_stored: int = 16
    slope: float = 1.0
    intercept: float = -1024.0
    image_type: Sequence[str] = ("ORIGINAL", "PRIMARY", "AXIAL")
    patient_id: str = "CSPINE-TEST"
    study_uid: str = field(default_factory=generate_uid)
    series_uid: str = field(default_factory=generate_uid)
    frame_of_reference_uid: str = field(default_factory=generate_uid)

    def cosines(self, index: int) -> Cosines:
        """Image Orientation (Patient) of one slice."""
        if isinstance(self.orientation[0], (int, float)):
            return cast("Cosines", self.orientation)
        return cast("Sequence[Cosines]", self.orientation)[index]

    def position(self, index: int) -> Floats:
        """Image Position (Patient) of one slice, in mm."""
        if self.positions is not None:
            return np.array(self.positions[index], dtype=np.float64)
        row, column = np.reshape(self.cosines(index), (2, 3)).astype(np.float64)
        normal = np.cross(row, column)
        if normal[np.abs(normal).argmax()] > 0:
            normal = -normal
        between, down, along = self.spacing_mm
        corner: Floats = (
            normal * between * (index - (self.slices - 1) / 2)
            - row * along * (self.columns - 1) / 2
            - column * down * (self.rows - 1) / 2
        )
        return corner

    def hu_of(self, index: int) -> Floats:
        """(rows, columns) HU that one slice should show."""
        if not callable(self.hu):
            return np.asarray(self.hu[index], dtype=np.float64)
        row, column = np.reshape(self.cosines(index), (2, 3)).astype(np.float64)
        down, along = np.mgrid[: self.rows, : self.columns]
        _, row_mm, column_mm = self.spacing_mm
        place = (
            self.position(index)
            + down[..., np.newaxis] * row_mm * column
            + along[..., np.newaxis] * column_mm * row
        )
        return self.hu(place[..., 0], place[..., 1], place[..., 2])

    def stored(self, index: int) -> Plane:
        """(rows, columns) stored values of one slice."""
        values = np.rint((self.hu_of(index) - self.intercept) / self.slope)
        low = -(2 ** (self.bits_stored - 1)) if self.signed else 0
        high = low + 2**self.bits_stored - 1
        clipped = values.clip(low, high)
        return clipped.astype(np.int16) if self.signed else clipped.astype(np.uint16)


def write_ct_series(directory: Path, **fields: Any) -> list[Path]:
    """Write CT Image Storage instances, one per slice, and return their paths, head first.

    ``fields`` are those of :class:`CtSeries`.
    """
    series = CtSeries(**fields)
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(series.slices):
        ds = _common(series, CTImageStorage)
        ds.InstanceNumber = index + 1
        ds.ImageType = list(series.image_type)
        ds.ImagePositionPatient = _texts(series.position(index))
        ds.ImageOrientationPatient = _texts(series.cosines(index))
        ds.PixelSpacing = _texts(series.spacing_mm[1:])
        ds.SliceThickness = _texts(series.spacing_mm[:1])[0]
        ds.KVP = "120"
        ds.AcquisitionNumber = 1
        ds.RescaleSlope, ds.RescaleIntercept = _texts((series.slope, series.intercept))
        ds.RescaleType = "HU"
        _set_pixels(ds, [series.stored(index)], series)
        _finish(ds, index, series)
        paths.append(directory / f"{index + 1:04d}.dcm")
        ds.save_as(paths[-1], enforce_file_format=True)
    return paths


def write_enhanced_ct(path: Path, **fields: Any) -> Path:
    """Write the same series as one Enhanced CT instance with a frame per slice.

    It holds what readers of identity, geometry and pixels need, not every macro of the IOD.
    """
    series = CtSeries(**fields)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds = _common(series, EnhancedCTImageStorage)
    ds.InstanceNumber = 1
    ds.NumberOfFrames = series.slices
    ds.ImageType = [*series.image_type[:2], "VOLUME", "NONE"]
    ds.SharedFunctionalGroupsSequence = [_shared_groups(series)]
    ds.PerFrameFunctionalGroupsSequence = [_frame_groups(series, n) for n in range(series.slices)]
    _set_pixels(ds, [series.stored(index) for index in range(series.slices)], series)
    _finish(ds, 0, series)
    ds.save_as(path, enforce_file_format=True)
    return path


def unpack_ct_head_tilted(directory: Path) -> list[Path]:
    """Unpack the real series into ``directory`` and return the paths of its 28 instances."""
    with tarfile.open(CT_HEAD_TILTED) as archive:
        archive.extractall(directory, filter="data")
    return sorted(directory.glob("ct_head_tilted/*.dcm"))


def _common(series: CtSeries, sop_class_uid: UID) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID = sop_class_uid
    ds.SOPInstanceUID = generate_uid()
    ds.StudyInstanceUID = series.study_uid
    ds.SeriesInstanceUID = series.series_uid
    ds.FrameOfReferenceUID = series.frame_of_reference_uid
    ds.PositionReferenceIndicator = ""
    ds.Modality = "CT"
    ds.PatientID = series.patient_id
    ds.PatientName = "Phantom^Water"
    ds.PatientBirthDate = "19700101"
    ds.PatientSex = "O"
    ds.PatientPosition = "HFS"
    ds.StudyID = "1"
    ds.SeriesNumber = 2
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20260102"
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "101112"
    ds.AccessionNumber = "A1"
    ds.ReferringPhysicianName = ""
    ds.Manufacturer = "cspine-node tests"
    ds.StudyDescription = "CT cervical spine"
    ds.SeriesDescription = "Axial bone"
    ds.BodyPartExamined = "CSPINE"
    return ds


def _set_pixels(ds: Dataset, planes: Sequence[Plane], series: CtSeries) -> None:
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = planes[0].shape
    ds.BitsAllocated = 16
    ds.BitsStored = series.bits_stored
    ds.HighBit = series.bits_stored - 1
    ds.PixelRepresentation = int(series.signed)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(series.transfer_syntax)
    encode = _ENCODERS.get(series.transfer_syntax)
    if encode is not None:
        ds.PixelData = encapsulate([encode(plane, series.bits_stored) for plane in planes])
        ds["PixelData"].is_undefined_length = True
    elif series.transfer_syntax == RLELossless:
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.PixelData = b"".join(plane.astype("<i2").tobytes() for plane in planes)
        ds["PixelData"].VR = "OW"
        ds.compress(RLELossless, generate_instance_uid=False)
    else:
        order = ">" if series.transfer_syntax == ExplicitVRBigEndian else "<"
        ds.PixelData = b"".join(plane.astype(f"{order}i2").tobytes() for plane in planes)
    ds["PixelData"].VR = "OB" if encode is not None else "OW"


def _finish(ds: Dataset, index: int, series: CtSeries) -> None:
    for keyword, value in series.attributes.items():
        setattr(ds, keyword, value)
    for keyword in series.omit:
        delattr(ds, keyword)
    if series.edit is not None:
        series.edit(index, ds)


def _shared_groups(series: CtSeries) -> Dataset:
    measures = Dataset()
    measures.PixelSpacing = _texts(series.spacing_mm[1:])
    measures.SliceThickness = _texts(series.spacing_mm[:1])[0]
    rescale = Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept = _texts((series.slope, series.intercept))
    rescale.RescaleType = "HU"
    frame_type = Dataset()
    frame_type.FrameType = [*series.image_type[:2], "VOLUME", "NONE"]
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.PixelValueTransformationSequence = [rescale]
    shared.CTImageFrameTypeSequence = [frame_type]
    return shared


def _frame_groups(series: CtSeries, index: int) -> Dataset:
    position, orientation = Dataset(), Dataset()
    position.ImagePositionPatient = _texts(series.position(index))
    orientation.ImageOrientationPatient = _texts(series.cosines(index))
    groups = Dataset()
    groups.PlanePositionSequence = [position]
    groups.PlaneOrientationSequence = [orientation]
    return groups


def _texts(values: Sequence[float] | Floats) -> list[str]:
    """Decimal Strings of at most 16 characters."""
    return [f"{float(value):.9g}"[:16] for value in values]


_Encode: TypeAlias = Callable[[Plane, int], bytes]


def _cells(plane: Plane, bits: int) -> NDArray[np.uint16]:
    """What codecs without a sign see: the low bits."""
    return cast("NDArray[np.uint16]", plane.view(np.uint16) & np.uint16(2**bits - 1))


def _jpeg(predictor: int) -> _Encode:
    return lambda plane, bits: bytes(
        imagecodecs.jpeg8_encode(
            _cells(plane, bits), lossless=True, predictor=predictor, bitspersample=bits
        )
    )


def _jpeg_extended(plane: Plane, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(_cells(plane, bits), level=95, bitspersample=12))


def _jpeg_ls(level: int) -> _Encode:
    return lambda plane, bits: bytes(imagecodecs.jpegls_encode(_cells(plane, bits), level=level))


def _jpeg_2000(*, lossless: bool) -> _Encode:
    return lambda plane, bits: bytes(
        imagecodecs.jpeg2k_encode(
            plane,
            level=0 if lossless else 90,
            reversible=lossless,
            codecformat="j2k",
            bitspersample=bits,
        )
    )


def _htj2k(*, lossless: bool) -> _Encode:
    return lambda plane, _: bytes(imagecodecs.htj2k_encode(plane, reversible=lossless))


_ENCODERS: Final[Mapping[str, _Encode]] = {
    JPEGExtended12Bit: _jpeg_extended,
    JPEGLossless: _jpeg(6),
    JPEGLosslessSV1: _jpeg(1),
    JPEGLSLossless: _jpeg_ls(0),
    JPEGLSNearLossless: _jpeg_ls(2),
    JPEG2000Lossless: _jpeg_2000(lossless=True),
    JPEG2000: _jpeg_2000(lossless=False),
    HTJ2KLossless: _htj2k(lossless=True),
    HTJ2KLosslessRPCL: _htj2k(lossless=True),
    HTJ2K: _htj2k(lossless=False),
}
