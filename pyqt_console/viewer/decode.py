"""The bytes of an uncompressed little-endian frame → Hounsfield units."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pyqt_console.i18n import tr
from pyqt_console.viewer.errors import DamagedImageError
from pyqt_console.viewer.headers import PixelFormat

GAP: Final = -32768
"""What stands in a plane where there is no image."""
HU_MIN: Final = -32767
HU_MAX: Final = 32767
FLOAT_SCALE: Final = 1000.0
"""Float Pixel Data (a heat map of 0…1) is kept as thousandths."""


def decode(content: bytes, pixels: PixelFormat) -> NDArray[np.int16]:
    """One frame in Hounsfield units, or thousandths for Float Pixel Data.

    Returns:
        (rows, columns) int16, never ``GAP``.

    Raises:
        DamagedImageError: there are fewer or more bytes than the header says.
    """
    expected = pixels.frame_bytes
    if len(content) not in (expected, expected + expected % 2):
        words = tr("This image is damaged: it has {found} bytes where its header says {expected}.")
        raise DamagedImageError(words.format(found=len(content), expected=expected))
    shape = (pixels.rows, pixels.columns)
    content = content[:expected]
    if pixels.bits_allocated == 32:
        evidence = np.nan_to_num(np.frombuffer(content, "<f4"), nan=0.0)
        return _clipped(evidence.reshape(shape) * FLOAT_SCALE)
    signs = "i" if pixels.signed else "u"
    stored = np.frombuffer(content, f"<{signs}{pixels.bits_allocated // 8}").reshape(shape)
    stored = _significant(stored, pixels)
    if pixels.slope == 1.0 and pixels.intercept == int(pixels.intercept):
        hu = stored.astype(np.int32)
        hu += int(pixels.intercept)
        return _clipped(hu)
    return _clipped(np.rint(stored * pixels.slope + pixels.intercept))


def _significant(stored: NDArray[np.integer], pixels: PixelFormat) -> NDArray[np.integer]:
    """Without what lies above Bits Stored (overlays of old scanners), with the sign extended."""
    spare = pixels.bits_allocated - pixels.bits_stored
    return stored if spare == 0 else (stored << spare) >> spare


def _clipped(numbers: NDArray[np.number]) -> NDArray[np.int16]:
    found: NDArray[np.int16] = np.clip(numbers, HU_MIN, HU_MAX).astype(np.int16)
    return found
