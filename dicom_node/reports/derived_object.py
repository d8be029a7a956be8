"""What all result objects have in common: patient and study, times, references to the sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_node.errors import InternalError
from dicom_node.reports.evidence import EQUIPMENT, TYPE_2, identity_of
from dicom_node.reports.origin import ReportingDevice
from inference.types import SliceSource

BODY_PART: Final = "CSPINE"
PICTURES_SERIES_NUMBER: Final = 9101
KEY_OBJECTS_SERIES_NUMBER: Final = 9102
PRESENTATION_SERIES_NUMBER: Final = 9103
"""One series for each modality (PS3.3 C.7.3.1), behind the report's."""


def local_time(source: Dataset, at: datetime) -> datetime:
    """``at`` (aware) in the time zone of ``source``, which holds for every time of an object."""
    return at.astimezone(_zone_of(source))


def without_patient(source: Dataset) -> Dataset:
    """What highdicom may see of a source: it warns with the patient's name in the text."""
    bare = Dataset()
    for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        value = source[keyword].value
        bare.add(DataElement(Tag(keyword), "UI", value, validation_mode=config.IGNORE))
    for keyword in TYPE_2:
        setattr(bare, keyword, None)
    for keyword in EQUIPMENT:
        if keyword in source:
            bare.add(source[keyword])
    return bare


def reference_to(source: Dataset) -> Dataset:
    """What highdicom may see of a source image: no patient, whom its warnings would quote."""
    bare = without_patient(source)
    for keyword in ("Rows", "Columns", "NumberOfFrames"):
        if keyword in source:
            bare.add(source[keyword])
    bare.SamplesPerPixel = 1
    return bare


def source_of(key_slice: SliceSource, sources: Sequence[Dataset]) -> Dataset:
    """The header of the image that ``key_slice`` is, or is a frame of.

    Raises:
        InternalError: it is none of ``sources``.
    """
    for source in sources:
        if source.SOPInstanceUID == key_slice.sop_instance_uid:
            return source
    raise InternalError("a key slice is not among the images that were read")


def image_reference(source: Dataset, key_slice: SliceSource) -> Dataset:
    """An Image SOP Instance Reference (PS3.3 table 10-3) to one slice."""
    item = Dataset()
    for keyword, own in (
        ("ReferencedSOPClassUID", "SOPClassUID"),
        ("ReferencedSOPInstanceUID", "SOPInstanceUID"),
    ):
        value = source[own].value
        item.add(DataElement(Tag(keyword), "UI", value, validation_mode=config.IGNORE))
    if key_slice.frame_number is not None:
        item.ReferencedFrameNumber = key_slice.frame_number
    return item


def series_references(sources: Sequence[Dataset]) -> list[Dataset]:
    """Items of ReferencedSeriesSequence (PS3.3 C.12.2) to all of ``sources``, whole."""
    series: dict[str, Dataset] = {}
    for source in sources:
        uid = str(source.SeriesInstanceUID)
        if uid not in series:
            series[uid] = Dataset()
            series[uid].add(source["SeriesInstanceUID"])
            series[uid].ReferencedInstanceSequence = []
        item = image_reference(source, SliceSource(source.SOPInstanceUID))
        series[uid].ReferencedInstanceSequence.append(item)
    return list(series.values())


def sign(ds: Dataset, source: Dataset, device: ReportingDevice, at: datetime) -> None:
    """Write patient, study, equipment and times into ``ds``.

    Args:
        ds: the object.
        source: a fit header of the same study.
        device: what made the object.
        at: in the source's time zone, from :func:`local_time`.
    """
    for element in identity_of(source):
        ds.add(element)
    ds.Manufacturer = device.manufacturer
    ds.ManufacturerModelName = device.model_name
    ds.SoftwareVersions = device.software_version
    ds.StationName = device.station_name
    for entity in ("InstanceCreation", "Series", "Content"):
        setattr(ds, f"{entity}Date", f"{at:%Y%m%d}")
        setattr(ds, f"{entity}Time", f"{at:%H%M%S.%f}")
    ds.TimezoneOffsetFromUTC = f"{at:%z}"
    for equipment in ds.get("ContributingEquipmentSequence", ()):
        if "ContributionDateTime" in equipment:  # of highdicom: by its own clock
            equipment.ContributionDateTime = f"{at:%Y%m%d%H%M%S.%f%z}"


def requested_procedures(source: Dataset) -> list[Dataset] | None:
    """Items of ReferencedRequestSequence (PS3.3 C.17.2) from the source's RequestAttributes."""
    requests = [
        r for r in source.get("RequestAttributesSequence", ()) if "RequestedProcedureID" in r
    ]
    return [_request(each, source) for each in requests] or None


def _request(attributes: Dataset, source: Dataset) -> Dataset:
    item = Dataset()
    item.StudyInstanceUID = attributes.get("StudyInstanceUID") or source.StudyInstanceUID
    item.ReferencedStudySequence = []
    item.AccessionNumber = attributes.get("AccessionNumber") or source.AccessionNumber
    item.PlacerOrderNumberImagingServiceRequest = None
    item.FillerOrderNumberImagingServiceRequest = None
    item.RequestedProcedureID = attributes.RequestedProcedureID
    item.RequestedProcedureDescription = attributes.get("RequestedProcedureDescription")
    item.RequestedProcedureCodeSequence = []
    return item


def _zone_of(source: Dataset) -> tzinfo | None:
    """The source's time zone; None, the local one, where it does not say.

    TimezoneOffsetFromUTC applies to every time of a data set, also to StudyTime, which we copy.
    """
    text = source.get("TimezoneOffsetFromUTC")
    if not text:
        return None
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))
