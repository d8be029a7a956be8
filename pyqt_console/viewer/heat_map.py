"""The heat map of a series: a Parametric Map (PS3.3 A.75) with Float Pixel Data → a volume."""

from __future__ import annotations

import io
from typing import Final

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from pyqt_console.i18n import tr
from pyqt_console.viewer.decode import decode
from pyqt_console.viewer.errors import DamagedImageError
from pyqt_console.viewer.stack import stack_of
from pyqt_console.viewer.volume import GrowingVolume

VOXELS_MAX: Final = 1 << 26


def heat_volume(content: bytes) -> GrowingVolume:
    """The map in the patient's space, in thousandths of its evidence of 0…1.

    Raises:
        DamagedImageError: it cannot be read.
        NoImagesError: it has no frames.
    """
    try:
        ds = dcmread(io.BytesIO(content))
        pixels = bytes(ds.FloatPixelData)
        del ds.FloatPixelData
        described = ds.to_json_dict()
    except (InvalidDicomError, AttributeError, KeyError, ValueError, EOFError, TypeError) as error:
        raise DamagedImageError(tr("The heat map cannot be read.")) from error
    stack = stack_of([described])
    slices, rows, columns = stack.shape
    if slices * rows * columns > VOXELS_MAX:
        raise DamagedImageError(tr("The heat map is too large."))
    volume = GrowingVolume(stack)
    for index, each in enumerate(stack.slices):
        begin = (each.frame.frame_number - 1) * each.pixels.frame_bytes
        volume.put(index, decode(pixels[begin : begin + each.pixels.frame_bytes], each.pixels))
    return volume
