"""How the pixels of an exported slice are stored: a table of transfer syntaxes, all lossless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import Encoder as PydicomEncoder
from pydicom.pixels.encoders.base import JPEGLSLosslessEncoder, RLELosslessEncoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

TRANSFER_SYNTAXES: Final[Mapping[str, UID]] = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg-lossless": JPEGLosslessSV1,
    "jpeg-ls": JPEGLSLossless,
    "jpeg-2000": JPEG2000Lossless,
}
"""By the name that a person types."""

Encoder: TypeAlias = Callable[[NDArray[np.uint16], int], bytes]
"""(rows, columns) stored values and their bits to one encoded frame."""


def _by_pydicom(encoder: PydicomEncoder) -> Encoder:
    return lambda plane, bits: encoder.encode(
        plane,
        rows=plane.shape[0],
        columns=plane.shape[1],
        samples_per_pixel=1,
        bits_allocated=16,
        bits_stored=bits,
        pixel_representation=0,
        number_of_frames=1,
        photometric_interpretation="MONOCHROME2",
    )


def _jpeg_lossless(plane: NDArray[np.uint16], bits: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(plane, lossless=True, predictor=1, bitspersample=bits))


def _jpeg_2000(plane: NDArray[np.uint16], bits: int) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(
            plane, level=0, reversible=True, codecformat="j2k", bitspersample=bits
        )
    )


_ENCODERS: Final[Mapping[UID, Encoder]] = {
    RLELossless: _by_pydicom(RLELosslessEncoder),
    JPEGLosslessSV1: _jpeg_lossless,
    JPEGLSLossless: _by_pydicom(JPEGLSLosslessEncoder),
    JPEG2000Lossless: _jpeg_2000,
}


def check_transfer_syntax(uid: UID) -> None:
    """Refuse what is not in the table.

    Raises:
        ValueError: ``uid`` is none of ``TRANSFER_SYNTAXES``.
    """
    if uid not in TRANSFER_SYNTAXES.values():
        raise ValueError(f"phantoms are not written as {uid.name}")


def set_pixels(ds: Dataset, stored: NDArray[np.uint16], uid: UID) -> None:
    """Put stored values (rows, columns) into a data set, as its transfer syntax wants them.

    Args:
        ds: has Bits Stored.
        stored: the values.
        uid: one of ``TRANSFER_SYNTAXES``.
    """
    encode = _ENCODERS.get(uid)
    if encode is None:
        ds.PixelData = stored.astype("<u2").tobytes()
        ds["PixelData"].VR = "OW"
        return
    ds.PixelData = encapsulate([encode(stored, int(ds.BitsStored))])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
