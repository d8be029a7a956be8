"""A drawn picture as an RGB Secondary Capture (PS3.3 A.8.1), for viewers that show no report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from highdicom.sr import CodedConcept
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from dicom_node.errors import InternalError
from dicom_node.reports import derived_object
from dicom_node.reports.evidence import UTF_8
from dicom_node.reports.origin import SERIES_DESCRIPTION, ReportingDevice
from dicom_node.reports.words import RESEARCH_ONLY
from inference.types import SliceSource

SOURCE_IMAGE: Final = Code("121322", "DCM", "Source Image for Image Processing Operation")
"""CID 7202."""
_ST_CHARACTERS: Final = 1024


def build_secondary_capture(  # noqa: PLR0913 - each is a fact of its own, all but two by name
    picture: NDArray[np.uint8],
    sources: Sequence[Dataset],
    *,
    key_slices: Sequence[SliceSource],
    derivation: str,
    sop_instance_uid: str,
    series_instance_uid: str,
    instance_number: int,
    content_datetime: datetime,
    device: ReportingDevice,
) -> Dataset:
    """The picture as an object of the same patient and study as its sources.

    Args:
        picture: (rows, columns, 3), red, green, blue.
        sources: headers of the series, from ``evidence.read_sources``; at least one.
        key_slices: the slices that the picture shows; none for a page about the whole series,
            which names all of it.
        derivation: what was drawn and by which model, in words; it is cut at 1024 characters.
        sop_instance_uid: of this object; it must be kept for every later sending.
        series_instance_uid: of the series of pictures, another than the report's.
        instance_number: in that series, from 1.
        content_datetime: aware.
        device: what made the picture.

    Raises:
        InternalError: the picture is none, or shows a slice that is not among ``sources``.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise InternalError("a Secondary Capture needs a picture of (rows, columns, 3) bytes")
    source = sources[0]
    ds = _described(derivation, instance_number)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPInstanceUID, ds.SeriesInstanceUID = sop_instance_uid, series_instance_uid
    derived_object.sign(ds, source, device, derived_object.local_time(source, content_datetime))
    shown = key_slices or [SliceSource(each.SOPInstanceUID) for each in sources]
    ds.SourceImageSequence = [_shown(each, sources) for each in shown]
    if not key_slices:
        ds.ReferencedSeriesSequence = derived_object.series_references(sources)
    _set_pixels(ds, picture)
    return ds


def _described(derivation: str, instance_number: int) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = UTF_8
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.Modality = "OT"  # a drawing, no CT: it must not be measured or reformatted as one
    ds.ConversionType = "WSD"
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.SeriesNumber = derived_object.PICTURES_SERIES_NUMBER
    ds.InstanceNumber = instance_number
    ds.BodyPartExamined = derived_object.BODY_PART
    ds.PatientOrientation = None
    ds.BurnedInAnnotation = "YES"
    ds.LossyImageCompression = "00"
    ds.ImageComments = RESEARCH_ONLY
    ds.DerivationDescription = derivation[:_ST_CHARACTERS]
    return ds


def _shown(key_slice: SliceSource, sources: Sequence[Dataset]) -> Dataset:
    source = derived_object.source_of(key_slice, sources)
    item = derived_object.image_reference(source, key_slice)
    item.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(SOURCE_IMAGE)]
    return item


def _set_pixels(ds: Dataset, picture: NDArray[np.uint8]) -> None:
    ds.Rows, ds.Columns, ds.SamplesPerPixel = picture.shape
    ds.PhotometricInterpretation, ds.PlanarConfiguration = "RGB", 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    pixels = picture.tobytes()
    ds.add_new("PixelData", "OB", pixels + b"\0" * (len(pixels) % 2))
