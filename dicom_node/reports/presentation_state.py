"""The boxes of a reading as outlines over the original images: a GSPS (PS3.3 A.33.1).

A viewer that applies it shows the key slices at the bone window, each with its outline and the
words "C5 0.87 AI"; switched off, the images are as they were.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from highdicom import ModalityLUTTransformation
from highdicom.color import CIELabColor
from highdicom.pr import (
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GrayscaleSoftcopyPresentationState,
    SoftcopyVOILUTTransformation,
    TextObject,
)
from pydicom.dataset import Dataset
from pydicom.valuerep import DS

from dicom_node.errors import InternalError
from dicom_node.reports import derived_object
from dicom_node.reports.evidence import UTF_8
from dicom_node.reports.frames import Rescale, pixel_spacing_mm, rescale_of
from dicom_node.reports.origin import SERIES_DESCRIPTION, ReportingDevice
from dicom_node.reports.reformat import BONE_CENTRE_HU, BONE_WIDTH_HU
from inference.types import Box, Finding, SliceSource

LABEL: Final = "AI CSPINE"
DESCRIPTION: Final = "AI - research use only - not for diagnosis"
LAYER: Final = "AI_FINDINGS"
_AMBER: Final = (82.0, 5.0, 83.0)
"""CIELab."""
_TEXT_SHARE: Final = (0.3, 0.05)
"""Width and height of the text's place, of the image."""


def build_presentation_state(
    findings: Sequence[Finding],
    sources: Sequence[Dataset],
    *,
    instance_number: int = 1,
    sop_instance_uid: str,
    series_instance_uid: str,
    content_datetime: datetime,
    device: ReportingDevice,
) -> Dataset:
    """One state for the key slices of some findings.

    Args:
        findings: at least one; their key slices are rescaled alike, as one state can say but one
            way.
        sources: headers of the series, from ``evidence.read_sources``.
        instance_number: in its series, from 1.
        sop_instance_uid: of this object; it must be kept for every later sending.
        series_instance_uid: of its own series, another than the report's.
        content_datetime: aware.
        device: what drew the outlines.

    Raises:
        InternalError: there is no finding, a key slice is not among ``sources``, or the key
            slices differ in how they are rescaled.
    """
    if not findings:
        raise InternalError("a presentation state needs a finding")
    images = {
        uid: derived_object.source_of(each.key_slice, sources)
        for each in findings
        for uid in (each.key_slice.sop_instance_uid,)
    }
    shown = {uid: derived_object.reference_to(image) for uid, image in images.items()}
    layer = GraphicLayer(LAYER, 1, DESCRIPTION, CIELabColor(*_AMBER))
    with warnings.catch_warnings():
        # References repeat the sources' UIDs as they are, also those with a leading zero.
        warnings.filterwarnings("ignore", "Invalid value for VR UI", UserWarning)
        state = GrayscaleSoftcopyPresentationState(
            referenced_images=list(shown.values()),
            series_instance_uid=series_instance_uid,
            series_number=derived_object.PRESENTATION_SERIES_NUMBER,
            sop_instance_uid=sop_instance_uid,
            instance_number=instance_number,
            manufacturer=device.manufacturer,
            manufacturer_model_name=device.model_name,
            software_versions=device.software_version,
            device_serial_number=device.uid,
            content_label=LABEL,
            content_description=DESCRIPTION,
            graphic_layers=[layer],
            graphic_annotations=[
                _annotation(each, shown[each.key_slice.sop_instance_uid], layer)
                for each in findings
            ],
            modality_lut_transformation=_modality_lut(_the_rescale(findings, sources)),
            voi_lut_transformations=[_bone_window()],
            series_description=SERIES_DESCRIPTION,
            specific_character_set=UTF_8,
        )
    at = derived_object.local_time(sources[0], content_datetime)
    derived_object.sign(state, sources[0], device, at)
    _finish(state, next(iter(images.values())))
    return state


def _finish(state: Dataset, image: Dataset) -> None:
    """What highdicom does not write; a state has a creation time in the place of a content time."""
    state.BodyPartExamined = derived_object.BODY_PART
    state.PresentationCreationDate = state.ContentDate
    state.PresentationCreationTime = state.ContentTime
    del state.ContentDate, state.ContentTime
    _keep_proportions(state, image)


def _modality_lut(rescale: Rescale) -> ModalityLUTTransformation:
    return ModalityLUTTransformation(
        rescale_intercept=rescale.intercept, rescale_slope=rescale.slope, rescale_type="HU"
    )


def _bone_window() -> SoftcopyVOILUTTransformation:
    return SoftcopyVOILUTTransformation(
        window_center=BONE_CENTRE_HU, window_width=BONE_WIDTH_HU, window_explanation="BONE"
    )


def _the_rescale(findings: Sequence[Finding], sources: Sequence[Dataset]) -> Rescale:
    found = {rescale_of_slice(each.key_slice, sources) for each in findings}
    first = found.pop()
    if found:
        raise InternalError("the key slices have no one way of rescaling")
    return first


def rescale_of_slice(key_slice: SliceSource, sources: Sequence[Dataset]) -> Rescale:
    """How the values of a key slice become Hounsfield units; the window would mean nothing else."""
    return rescale_of(derived_object.source_of(key_slice, sources), key_slice.frame_number)


def _annotation(finding: Finding, image: Dataset, layer: GraphicLayer) -> GraphicAnnotation:
    x, y, width, height = finding.box
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
    limits = (image.Columns, image.Rows)
    outline = np.clip(np.array(corners, np.float64), 0, limits)
    return GraphicAnnotation(
        referenced_images=[image],
        graphic_layer=layer,
        referenced_frame_number=finding.key_slice.frame_number,
        graphic_objects=[GraphicObject("POLYLINE", outline, "PIXEL")],
        text_objects=[
            TextObject(
                f"{finding.level} {finding.probability:.2f} AI",
                "PIXEL",
                bounding_box=_place_of_text(finding.box, limits),
                text_justification="LEFT",
            )
        ],
    )


def _place_of_text(box: Box, limits: tuple[int, int]) -> tuple[float, float, float, float]:
    """Above the box; under it where the image leaves no room. Left, top, right, bottom."""
    columns, rows = limits
    width, height = columns * _TEXT_SHARE[0], rows * _TEXT_SHARE[1]
    gap = rows * 0.01
    x, y, _, box_height = box
    left = min(max(float(x), 0.0), columns - width)
    above, under = y - gap - height, y + box_height + gap
    top = above if above >= 0 else min(under, rows - height)
    return left, top, left + width, top + height


def _keep_proportions(state: Dataset, image: Dataset) -> None:
    """Pixels that are no squares must not be shown as such."""
    if spacing_mm := pixel_spacing_mm(image):
        for area in state.DisplayedAreaSelectionSequence:
            area.PresentationPixelSpacing = [DS(each, auto_format=True) for each in spacing_mm]
            del area.PresentationPixelAspectRatio
