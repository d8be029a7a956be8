"""Synthetic studies as CT Image Storage series (PS3.3 A.3)."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from inference.phantom.study import PhantomStudy
from inference.phantom.transfer_syntaxes import check_transfer_syntax, set_pixels

IMPLEMENTATION_UID: Final = UID("2.25.267190481290123868205443962104327741285")
KERNELS: Final = {
    True: ("BONE", "BONEPLUS", "B60f", "Br64d", "FC30", "YC"),
    False: ("STANDARD", "SOFT", "B31f", "Br40d", "FC18", "B"),
}
"""Names of sharp and of smooth kernels, as the makers of scanners write them."""
RESCALE_INTERCEPT: Final = -1024
EPOCH: Final = datetime(2024, 1, 1, 8, 0, 0)  # noqa: DTZ001 - DICOM local time, of no place


def derived_uid(*parts: object) -> str:
    """The same UID for the same parts (PS3.5 B.2, UUID derived)."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def write_series(
    study: PhantomStudy,
    directory: Path,
    *,
    uid_seed: str = "",
    accession_number: str | None = None,
    transfer_syntax: UID = ExplicitVRLittleEndian,
) -> tuple[Path, ...]:
    """Write one file per slice and return the paths from head to foot.

    The UIDs follow from the study's content, its seed and ``uid_seed``: the same study gives the
    same UIDs, no two different images share one, and another ``uid_seed`` makes another study of
    the same patient.

    Args:
        study: what to write.
        directory: created if it is missing.
        uid_seed: any text, part of every UID.
        accession_number: up to 16 characters; by default it names the seed.
        transfer_syntax: one of :data:`inference.phantom.transfer_syntaxes.TRANSFER_SYNTAXES`.

    Raises:
        ValueError: another transfer syntax.
        OSError: the directory cannot be written.
    """
    check_transfer_syntax(transfer_syntax)
    directory.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256(study.hu.tobytes() + study.affine.tobytes()).hexdigest()
    identity = f"{study.seed}/{content}/{uid_seed}"
    paths = []
    for index in range(len(study.hu)):
        ds = slice_dataset(study, index, identity, accession_number)
        finish(ds, study, index, transfer_syntax)
        path = directory / f"{index + 1:04d}.dcm"
        ds.save_as(path, enforce_file_format=True)
        paths.append(path)
    return tuple(paths)


def finish(ds: Dataset, study: PhantomStudy, index: int, transfer_syntax: UID) -> None:
    """Pixel data and file meta information of one slice."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = transfer_syntax
    ds.file_meta.ImplementationClassUID = IMPLEMENTATION_UID
    stored = (study.hu[index].astype(np.int32) - RESCALE_INTERCEPT).astype(np.uint16)
    set_pixels(ds, stored, transfer_syntax)


def series_dataset(study: PhantomStudy, identity: str, accession_number: str | None) -> Dataset:
    """What all slices share: the modules of patient, study, series and equipment (Table A.3-1)."""
    ds = Dataset()
    when = EPOCH + timedelta(days=study.seed % 365, minutes=7 * (study.seed % 60))
    date, time = when.strftime("%Y%m%d"), when.strftime("%H%M%S")
    ds.SpecificCharacterSet = "ISO_IR 192"
    # Patient
    label = f"{study.kind.value}-{study.seed}" if study.kind else str(study.seed)
    ds.PatientName = f"Phantom^{label.capitalize()}"
    ds.PatientID = f"PHANTOM-{label.upper()}"
    ds.IssuerOfPatientID = "CSPINE-PHANTOM"
    ds.PatientBirthDate = f"{when.year - study.age}0101"
    ds.PatientSex = "F" if study.female else "M"
    # Study
    ds.StudyInstanceUID = derived_uid("study", identity)
    ds.StudyDate, ds.StudyTime = date, time
    ds.ReferringPhysicianName = ""
    ds.StudyID = str(study.seed)[:16]
    ds.AccessionNumber = accession_number or f"PH{study.seed}"[:16]
    ds.StudyDescription = "CT cervical spine (synthetic)"
    ds.PatientAge = f"{study.age:03d}Y"
    # Series
    ds.Modality = "CT"
    ds.SeriesInstanceUID = derived_uid("series", identity)
    ds.SeriesNumber = 2
    ds.SeriesDate, ds.SeriesTime = date, time
    ds.SeriesDescription = "C-spine axial " + ("bone" if study.sharp else "soft tissue")
    ds.ProtocolName = "C-SPINE TRAUMA"
    ds.BodyPartExamined = "CSPINE"
    ds.PatientPosition = "HFS"
    # Frame of Reference
    ds.FrameOfReferenceUID = derived_uid("frame of reference", identity)
    ds.PositionReferenceIndicator = ""
    # Equipment
    ds.Manufacturer = "cspine-node"
    ds.InstitutionName = "Synthetic"
    ds.StationName = "PHANTOM"
    ds.ManufacturerModelName = "Procedural phantom"
    ds.DeviceSerialNumber = "1"
    ds.SoftwareVersions = "1"
    # General Acquisition
    ds.AcquisitionNumber = 1
    ds.AcquisitionDate, ds.AcquisitionTime = date, time
    ds.ContentDate, ds.ContentTime = date, time
    return ds


def slice_dataset(
    study: PhantomStudy, index: int, identity: str, accession_number: str | None
) -> Dataset:
    """One CT Image instance, but for its pixel data."""
    ds = series_dataset(study, identity, accession_number)
    spacing = np.linalg.norm(study.affine[:3, :3], axis=0)
    # Image
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.InstanceNumber = index + 1
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    ds.ImageComments = "Synthetic image, not of a person"
    # Image Plane
    ds.PixelSpacing = [f"{spacing[1]:.10g}", f"{spacing[0]:.10g}"]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    position = study.affine @ np.array([0.0, 0.0, index, 1.0])
    ds.ImagePositionPatient = [f"{value:.10g}" for value in position[:3]]
    ds.SliceThickness = f"{study.thickness_mm or spacing[2]:.6g}"
    ds.SpacingBetweenSlices = f"{spacing[2]:.10g}"
    ds.SliceLocation = f"{position[2]:.10g}"
    # CT Image
    ds.KVP = study.kvp
    kernels = KERNELS[study.sharp]
    ds.ConvolutionKernel = kernels[study.seed % len(kernels)]
    ds.ScanOptions = "HELICAL MODE"
    ds.DataCollectionDiameter = 500
    ds.ReconstructionDiameter = f"{spacing[0] * study.hu.shape[2]:.6g}"
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = 950, 540
    ds.GantryDetectorTilt, ds.TableHeight, ds.RotationDirection = 0, 150, "CW"
    ds.XRayTubeCurrent, ds.ExposureTime, ds.Exposure = 220, 750, 165
    ds.GeneratorPower, ds.FocalSpots = 26, 0.7
    ds.SingleCollimationWidth, ds.TotalCollimationWidth, ds.SpiralPitchFactor = 0.625, 40.0, 0.9
    ds.FilterType = "BODY FILTER"
    ds.RescaleIntercept, ds.RescaleSlope = RESCALE_INTERCEPT, 1
    ds.RescaleType = "HU"
    ds.WindowCenter, ds.WindowWidth = [400, 50], [1800, 350]
    ds.WindowCenterWidthExplanation = ["BONE", "SOFT TISSUE"]
    # Image Pixel
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = study.hu.shape[1:]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    # SOP Common
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = derived_uid("instance", identity, index)
    return ds
