"""C-STORE as SCU: one instance to one peer, and whether to try again (PS3.4 B.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.presentation import PresentationContext, build_context

from dicom_node.errors import InputError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, StepFailedError, association
from storage.records import Peer


class Category(Enum):
    """What a status of a C-STORE response means for the sender."""

    STORED = "stored"
    STORED_WITH_WARNING = "stored, with a warning"
    RETRY = "not now"
    REFUSED = "no"


@dataclass(frozen=True, slots=True)
class StatusRange:
    """The statuses from ``first`` to ``last``, both included."""

    first: int
    last: int
    category: Category
    text: str


STATUSES: Final = (
    StatusRange(0x0000, 0x0000, Category.STORED, "stored"),
    # PS3.7 C.4 and C.5
    StatusRange(0x0001, 0x0001, Category.STORED_WITH_WARNING, "optional elements not supported"),
    StatusRange(0x0107, 0x0107, Category.STORED_WITH_WARNING, "attribute list error"),
    # Our retry of an object whose first response was lost: it is where it belongs.
    StatusRange(0x0111, 0x0111, Category.STORED_WITH_WARNING, "the peer has it already"),
    StatusRange(0x0116, 0x0116, Category.STORED_WITH_WARNING, "attribute value out of range"),
    StatusRange(0x0110, 0x0110, Category.RETRY, "processing failure"),
    StatusRange(0x0117, 0x0117, Category.REFUSED, "invalid SOP instance"),
    StatusRange(0x0118, 0x0119, Category.REFUSED, "SOP class unknown, or not the instance's"),
    StatusRange(0x0122, 0x0122, Category.REFUSED, "SOP class not supported"),
    # A list on their side, as with an AE title that is not recognised: it can be mended.
    StatusRange(0x0124, 0x0124, Category.RETRY, "not authorised"),
    StatusRange(0x0100, 0x01FF, Category.RETRY, "general failure"),
    StatusRange(0x0211, 0x0212, Category.REFUSED, "operation or argument not recognised"),
    StatusRange(0x0210, 0x0213, Category.RETRY, "duplicate invocation, or resource limitation"),
    # PS3.4 Table B.2-1
    StatusRange(0xA700, 0xA7FF, Category.RETRY, "out of resources"),
    StatusRange(0xA900, 0xA9FF, Category.REFUSED, "data set does not match SOP class"),
    StatusRange(0xB000, 0xB000, Category.STORED_WITH_WARNING, "data elements coerced"),
    StatusRange(0xB006, 0xB006, Category.STORED_WITH_WARNING, "elements discarded"),
    StatusRange(0xB007, 0xB007, Category.STORED_WITH_WARNING, "data set does not match SOP class"),
    StatusRange(0xB000, 0xBFFF, Category.STORED_WITH_WARNING, "a warning"),
    StatusRange(0xC000, 0xCFFF, Category.REFUSED, "cannot understand"),
    # Whatever else: nothing was decided that we know of.
    StatusRange(0x0000, 0xFFFF, Category.RETRY, "a status that C-STORE does not have"),
)
"""The first range that holds a status decides."""


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """The instance is stored at the peer; ``warning`` in words, if it said so."""

    status: int
    warning: str | None = None


def status_meaning(status: int) -> StatusRange:
    """What a status says."""
    return next(each for each in STATUSES if each.first <= status <= each.last)


def contexts_for(sop_class_uid: str, transfer_syntax_uid: str) -> list[PresentationContext]:
    """The instance as it is; if it is not compressed, also in the syntaxes that all must know."""
    contexts = [build_context(sop_class_uid, transfer_syntax_uid)]
    uncompressed = [str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian)]
    if transfer_syntax_uid in uncompressed:
        uncompressed.remove(transfer_syntax_uid)
        contexts.append(build_context(sop_class_uid, uncompressed))
    return contexts


def send_instance(peer: Peer, path: Path, identity: ScuIdentity) -> SendOutcome:
    """Send the DICOM file ``path`` to ``peer`` by C-STORE, on an association of its own.

    Raises:
        PeerUnreachableError: nothing was decided; the same file may be sent again.
        PeerRefusedError: the peer will not take it, however often it is sent.
        InputError: the file cannot be read, or is no DICOM file.
    """
    instance = _read(path)
    contexts = contexts_for(str(instance.SOPClassUID), str(instance.file_meta.TransferSyntaxUID))
    try:
        with association(peer, contexts, identity) as assoc:
            try:
                response = assoc.send_c_store(instance)
            except ValueError as error:
                # No accepted context fits, or the data set cannot be encoded in one that does.
                raise PeerRefusedError(f"{peer.name}: {error}") from error
            except RuntimeError as error:
                raise PeerUnreachableError(
                    f"{peer.name}: the association ended before the instance was sent"
                ) from error
    except StepFailedError as error:
        raise error.as_peer_error(peer) from error
    if "Status" not in response:
        # pynetdicom's answer to a time-out, an abort, and a response that is none.
        raise PeerUnreachableError(f"{peer.name}: no response to the C-STORE")
    return _outcome(peer, response)


def _read(path: Path) -> FileDataset:
    try:
        return dcmread(path)
    except (OSError, InvalidDicomError) as error:
        raise InputError(f"{path} cannot be sent: {error}") from error


def _outcome(peer: Peer, response: Dataset) -> SendOutcome:
    status = int(response.Status)
    meaning = status_meaning(status)
    text = f"{meaning.text} (0x{status:04X})"
    if meaning.category is Category.STORED:
        return SendOutcome(status)
    if meaning.category is Category.STORED_WITH_WARNING:
        return SendOutcome(status, text)
    # Tags, but not the ErrorComment: free text of the peer, which may hold a patient's data.
    if offending := response.get("OffendingElement"):
        text += f", elements {offending}"
    if meaning.category is Category.RETRY:
        raise PeerUnreachableError(f"{peer.name} answered: {text}")
    raise PeerRefusedError(f"{peer.name} answered: {text}")
