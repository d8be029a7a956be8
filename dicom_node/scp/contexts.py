"""What we accept: SOP classes and transfer syntaxes, in our order of preference."""

from __future__ import annotations

from typing import Final

from pydicom import uid
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    StorageCommitmentPushModel,
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
    """What a caller is offered who may send."""
    storage = [build_context(each, list(TRANSFER_SYNTAXES)) for each in STORAGE_CLASSES]
    return [*contexts_without_storage(), *storage]


def contexts_without_storage() -> list[PresentationContext]:
    """What a caller is offered who only reports on storage commitment."""
    uncompressed: list[str | uid.UID] = [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian]
    commitment = build_context(StorageCommitmentPushModel, uncompressed)
    # The caller is the SCP here and proposes that role (PS3.7 D.3.3.4). Those who forget to
    # propose it are taken, too: then it is them who are SCU by name, and say the same.
    commitment.scu_role = commitment.scp_role = True
    return [build_context(Verification, uncompressed), commitment]
