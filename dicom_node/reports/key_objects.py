"""The key slices of a reading as a Key Object Selection (PS3.16 TID 2010)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.sr import (
    CodedConcept,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from dicom_node.errors import InternalError
from dicom_node.reports import derived_object
from dicom_node.reports.evidence import UTF_8
from dicom_node.reports.origin import (
    SERIES_DESCRIPTION,
    ReportingDevice,
    observer_of,
)
from dicom_node.reports.words import RESEARCH_ONLY
from inference.types import Prediction, SliceSource

OF_INTEREST: Final = Code("113000", "DCM", "Of Interest")
"""CID 7010."""


def build_key_objects(
    prediction: Prediction,
    sources: Sequence[Dataset],
    *,
    sop_instance_uid: str,
    series_instance_uid: str,
    content_datetime: datetime,
    device: ReportingDevice,
) -> Dataset:
    """A selection of the key slice of every finding, each once, from the head down.

    Args:
        prediction: with at least one finding.
        sources: headers of the series, from ``evidence.read_sources``.
        sop_instance_uid: of this object; it must be kept for every later sending.
        series_instance_uid: of its own series, another than the report's.
        content_datetime: aware.
        device: what selected the slices.

    Raises:
        InternalError: there is no finding, or a key slice is not among ``sources``.
    """
    if not prediction.findings:
        raise InternalError("a Key Object Selection needs a finding")
    by_slice = sorted(prediction.findings, key=lambda each: each.key_slice_index)
    key_slices = tuple(dict.fromkeys(each.key_slice for each in by_slice))
    images = [derived_object.source_of(each, sources) for each in key_slices]
    source = sources[0]
    evidence = {image.SOPInstanceUID: derived_object.reference_to(image) for image in images}
    with warnings.catch_warnings():
        # References repeat the sources' UIDs as they are, also those with a leading zero.
        warnings.filterwarnings("ignore", "Invalid value for VR UI", UserWarning)
        document = KeyObjectSelectionDocument(
            evidence=list(evidence.values()),
            content=KeyObjectSelection(
                document_title=CodedConcept.from_code(OF_INTEREST),
                referenced_objects=[evidence[image.SOPInstanceUID] for image in images],
                observer_device_context=observer_of(device),
                description=_description(prediction),
            ),
            series_instance_uid=series_instance_uid,
            series_number=derived_object.KEY_OBJECTS_SERIES_NUMBER,
            sop_instance_uid=sop_instance_uid,
            instance_number=1,
            manufacturer=device.manufacturer,
            series_description=SERIES_DESCRIPTION,
            specific_character_set=UTF_8,
            requested_procedures=derived_object.requested_procedures(source),
        )
    _name_frames(document, key_slices)
    at = derived_object.local_time(source, content_datetime)
    derived_object.sign(document, source, device, at)
    return document


def _description(prediction: Prediction) -> str:
    found = ", ".join(f"{each.level} {each.probability:.2f}" for each in prediction.findings)
    model = f"{prediction.model.name} {prediction.model.version}"
    return f"{RESEARCH_ONLY}. Fracture suspected: {found} ({model})"


def _name_frames(document: Dataset, key_slices: Sequence[SliceSource]) -> None:
    """Highdicom refers to whole instances; of a multi-frame one, a frame is meant."""
    images = [item for item in document.ContentSequence if item.ValueType == "IMAGE"]
    for item, key_slice in zip(images, key_slices, strict=True):
        if key_slice.frame_number is not None:
            item.ReferencedSOPSequence[0].ReferencedFrameNumber = key_slice.frame_number
