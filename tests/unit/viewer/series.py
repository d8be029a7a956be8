"""Metadata as a DICOMweb server gives it, and volumes made of functions of the place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyqt_console.viewer.dicom_json import TAG
from pyqt_console.viewer.stack import Stack, stack_of
from pyqt_console.viewer.volume import GrowingVolume

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def dataset(**attributes: Any) -> dict[str, Any]:
    """A DICOM JSON data set; a value that is no list is the only one."""
    return {
        TAG[keyword]: {"vr": "UN", "Value": value if isinstance(value, list) else [value]}
        for keyword, value in attributes.items()
    }


def image(number: int, z: float | Sequence[float], **attributes: Any) -> dict[str, Any]:
    """One axial CT image of 4 rows and 6 columns, 2 mm between rows and 1 mm between columns."""
    position = [-2.0, -3.0, z] if isinstance(z, (int, float)) else list(z)
    return dataset(
        **{
            "SOPInstanceUID": f"1.2.{number}",
            "InstanceNumber": number,
            "Rows": 4,
            "Columns": 6,
            "BitsAllocated": 16,
            "BitsStored": 16,
            "PixelRepresentation": 1,
            "RescaleSlope": 1,
            "RescaleIntercept": 0,
            "ImagePositionPatient": position,
            "ImageOrientationPatient": list(AXIAL),
            "PixelSpacing": [2.0, 1.0],
            **attributes,
        }
    )


def stack(zs: Sequence[float] = (20, 17, 14, 11, 8), **attributes: Any) -> Stack:
    return stack_of([image(number, z, **attributes) for number, z in enumerate(zs, start=1)])


def filled(
    found: Stack,
    hu: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    without: Sequence[int] = (),
) -> GrowingVolume:
    """A volume whose values are a function of the patient's coordinates, (…, 3) → (…)."""
    volume = GrowingVolume(found)
    _, rows, columns = found.shape
    for index in range(len(found.slices)):
        if index not in without:
            places = np.array(
                [
                    [found.point(index, row, column) for column in range(columns)]
                    for row in range(rows)
                ]
            )
            volume.put(index, np.rint(hu(places)).astype(np.int16))
    return volume


def ramp(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear in each direction: what linear interpolation must give back exactly."""
    found: NDArray[np.float64] = places @ np.array([100.0, 50.0, 10.0])
    return found
