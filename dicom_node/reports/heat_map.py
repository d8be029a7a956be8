"""Where the network saw evidence, in the source's space: a Parametric Map (PS3.3 A.75).

A Parametric Map and no fractional segmentation: OHIF (from 3.9) and 3D Slicer read such maps, while
OHIF takes binary segmentations only, which would make a contour out of what has none.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from highdicom import (
    PixelMeasuresSequence,
    PlaneOrientationSequence,
    PlanePositionSequence,
    VOILUTTransformation,
)
from highdicom.pm import ParametricMap, RealWorldValueMapping
from highdicom.sr import CodedConcept
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import CTImageStorage
from scipy import ndimage

from dicom_node.reports import codes, derived_object
from dicom_node.reports.evidence import UTF_8
from dicom_node.reports.origin import SERIES_DESCRIPTION, ReportingDevice
from dicom_node.reports.secondary_capture import SOURCE_IMAGE
from dicom_node.reports.words import RESEARCH_ONLY
from inference.types import HeatMap, ModelIdentity, SliceSource

SERIES_NUMBER: Final = 9104
LABEL: Final = "AI_HEAT_MAP"
QUANTITY: Final = Code("130402", "DCM", "Class activation")
"""CID 217. The places are those of the network's own maps, without gradients."""
EXPLANATION: Final = "AI evidence of fracture, 0 to 1, not calibrated"
_LO_CHARACTERS: Final = 64
_LEAST_LEAN: Final = 1e-3
"""Of a cell for each row: below it, rows and columns count as at right angles."""
_PRESENTED: Final = (0.5, 1.0)
"""Centre and width: 0 to 1."""


def build_heat_map(
    heat_map: HeatMap,
    sources: Sequence[Dataset],
    *,
    sop_instance_uid: str,
    series_instance_uid: str,
    content_datetime: datetime,
    device: ReportingDevice,
    model: ModelIdentity,
) -> Dataset | None:
    """The map as an object of the same patient, study and frame of reference as its sources.

    Args:
        heat_map: of a prediction.
        sources: headers of the series, from ``evidence.read_sources``.
        sop_instance_uid: of this object; it must be kept for every later sending.
        series_instance_uid: of its own series, another than the report's.
        content_datetime: aware.
        device: what made the map.
        model: which network.

    Returns:
        ``None`` where the sources share no one Frame of Reference UID: without it nothing could
        say that map and images are of one space (PS3.3 C.7.4.1).
    """
    spaces = {str(source.get("FrameOfReferenceUID") or "") for source in sources}
    if len(spaces) > 1 or "" in spaces:
        return None
    source = sources[0]
    evidence, affine = _on_square_axes(heat_map)
    with warnings.catch_warnings():
        # References repeat the sources' UIDs as they are, also those with a leading zero.
        warnings.filterwarnings("ignore", "Invalid value for VR UI", UserWarning)
        ds = ParametricMap(
            source_images=[_stand_in(source, affine)],
            pixel_array=evidence,
            series_instance_uid=series_instance_uid,
            series_number=SERIES_NUMBER,
            sop_instance_uid=sop_instance_uid,
            instance_number=1,
            manufacturer=device.manufacturer,
            manufacturer_model_name=device.model_name,
            software_versions=device.software_version,
            device_serial_number=device.uid,
            contains_recognizable_visual_features=False,
            real_world_value_mappings=[_mapping()],
            voi_lut_transformations=[VOILUTTransformation(*_PRESENTED)],
            content_label=LABEL,
            content_description=f"{model.name} {model.version}"[:_LO_CHARACTERS],
            series_description=SERIES_DESCRIPTION,
            specific_character_set=UTF_8,
            pixel_measures=_measures(affine),
            plane_orientation=PlaneOrientationSequence("PATIENT", _orientation(affine)),
            plane_positions=_positions(affine, len(evidence)),
        )
    _refer_to(ds, sources)
    derived_object.sign(ds, source, device, derived_object.local_time(source, content_datetime))
    ds.BodyPartExamined = derived_object.BODY_PART
    ds.ImageComments = f"{RESEARCH_ONLY}. {EXPLANATION}. Weights {model.sha256[:12]}"
    return ds


def _stand_in(source: Dataset, affine: NDArray[np.float64]) -> Dataset:
    """What highdicom takes patient, study and frame of reference from, in the place of a source.

    It asks for a plane besides, and says of a frame in the same plane that it was made of that
    image alone, pixel by pixel. So the plane stands upright on the map's.
    """
    bare = derived_object.reference_to(source)
    bare.SOPClassUID = CTImageStorage
    bare.add(source["FrameOfReferenceUID"])
    columns, slices = (affine[:3, axis] / np.linalg.norm(affine[:3, axis]) for axis in (0, 2))
    bare.ImageOrientationPatient = [*columns.round(6).tolist(), *slices.round(6).tolist()]
    bare.ImagePositionPatient = [0.0, 0.0, 0.0]
    bare.PixelSpacing = [1.0, 1.0]
    bare.SliceThickness = 1.0
    return bare


def _refer_to(ds: Dataset, sources: Sequence[Dataset]) -> None:
    """That the map was made of all of ``sources`` (PS3.3 C.7.6.1.4, C.12.2)."""
    ds.SourceImageSequence = []
    for source in sources:
        item = derived_object.image_reference(source, SliceSource(source.SOPInstanceUID))
        item.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(SOURCE_IMAGE)]
        ds.SourceImageSequence.append(item)
    ds.ReferencedSeriesSequence = derived_object.series_references(sources)


def _mapping() -> RealWorldValueMapping:
    """The stored values are the real ones."""
    return RealWorldValueMapping(
        lut_label=LABEL,
        lut_explanation=EXPLANATION,
        unit=codes.NO_UNITS.code,
        value_range=(0.0, 1.0),
        intercept=0.0,
        slope=1.0,
        quantity_definition=QUANTITY,
    )


def _on_square_axes(heat_map: HeatMap) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Evidence and affine with rows and columns at right angles, as DICOM wants them.

    The field's axes are the patient's, seen along the body. On slices that lean to two sides they
    are not quite at right angles; then rows are moved against each other, about the middle one.
    """
    affine = heat_map.affine.copy()
    columns, rows = affine[:3, 0], affine[:3, 1]
    lean = float(columns @ rows) / float(columns @ columns)  # columns for each row
    if abs(lean) < _LEAST_LEAN:
        return heat_map.evidence, affine
    middle = (heat_map.evidence.shape[1] - 1) / 2
    affine[:3, 1] = rows - lean * columns
    affine[:3, 3] += lean * middle * columns
    matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, -lean, 1.0]])
    moved = ndimage.affine_transform(
        heat_map.evidence, matrix, offset=(0.0, 0.0, lean * middle), order=1
    )
    evidence: NDArray[np.float32] = moved.astype(np.float32)
    return evidence, affine


def _measures(affine: NDArray[np.float64]) -> PixelMeasuresSequence:
    columns_mm, rows_mm, slices_mm = (float(np.linalg.norm(affine[:3, axis])) for axis in range(3))
    return PixelMeasuresSequence(
        pixel_spacing=(rows_mm, columns_mm),
        slice_thickness=slices_mm,
        spacing_between_slices=slices_mm,
    )


def _orientation(affine: NDArray[np.float64]) -> list[float]:
    columns, rows = (affine[:3, axis] / np.linalg.norm(affine[:3, axis]) for axis in (0, 1))
    return [float(each) for each in (*columns, *rows)]


def _positions(affine: NDArray[np.float64], frames: int) -> list[PlanePositionSequence]:
    """Of the middle of each frame's first pixel."""
    corners = (affine @ np.array([0.0, 0.0, index, 1.0]) for index in range(frames))
    return [
        PlanePositionSequence("PATIENT", tuple(float(each) for each in corner[:3]))
        for corner in corners
    ]
