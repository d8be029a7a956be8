"""What we accept: SOP classes and transfer syntaxes, in our order of preference."""

from __future__ import annotations

from typing import Final

from pydicom import uid
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    Verification,
)

STORAGE_CLASSES: Final[tuple[str, ...]] = (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
)

TRANSFER_SYNTAXES: Final[tuple[str, ...]] = (
    # The first of these that a context offers is taken. Explicit VR little endian needs no
    # conversion by most senders and keeps the VRs of private elements.
    uid.ExplicitVRLittleEndian,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.JPEGLosslessSV1,
    uid.JPEGLossless,
    uid.RLELossless,
    uid.DeflatedExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.ImplicitVRLittleEndian,
    # Lossy ones behind all others: nobody shall compress for us, but what was compressed before
    # it came is taken as it is. The three names without "lossless" may be lossless inside.
    uid.JPEG2000,
    uid.HTJ2K,
    uid.JPEGLSNearLossless,
    uid.JPEGExtended12Bit,
    uid.JPEGBaseline8Bit,
)


def supported_contexts() -> list[PresentationContext]:
    """The presentation contexts of the listener."""
    return [
        build_context(Verification, [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian]),
        *(build_context(each, list(TRANSFER_SYNTAXES)) for each in STORAGE_CLASSES),
    ]
