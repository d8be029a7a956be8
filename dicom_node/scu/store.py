"""C-STORE as SCU: instances on one association, and whether to try again (PS3.4 B.2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.presentation import PresentationContext, build_context

from dicom_node.errors import InputError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, association
from dicom_node.scu.steps import StepFailedError
from storage.records import Peer

if TYPE_CHECKING:
    from pynetdicom.association import Association


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


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """What a presentation context is needed for."""

    sop_class_uid: str
    transfer_syntax_uid: str


CONTEXTS_MAX: Final = 128
"""Presentation contexts of one association: their ids are odd and fit one byte (PS3.8 9.3.2.2)."""
_UNCOMPRESSED: Final = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))


def contexts_for(kinds: Iterable[ObjectKind]) -> list[PresentationContext]:
    """Each as it is; those that are not compressed also in the syntaxes that all must know.

    At most :data:`CONTEXTS_MAX`, those of the first kinds.
    """
    wanted: dict[tuple[str, tuple[str, ...]], None] = {}
    for kind in kinds:
        own, others = kind.transfer_syntax_uid, list(_UNCOMPRESSED)
        ways: list[tuple[str, tuple[str, ...]]] = [(kind.sop_class_uid, (own,))]
        if own in others:
            others.remove(own)
            ways.append((kind.sop_class_uid, tuple(others)))
        new = [each for each in ways if each not in wanted]
        if len(wanted) + len(new) <= CONTEXTS_MAX:
            wanted |= dict.fromkeys(new)
    return [build_context(sop_class, list(syntaxes)) for sop_class, syntaxes in wanted]


class StoreSession:
    """An association that carries one instance after another."""

    def __init__(
        self, peer: Peer, assoc: Association, contexts: Iterable[PresentationContext]
    ) -> None:
        self._peer = peer
        self._assoc = assoc
        self._is_broken = False
        self._proposed = {
            (str(each.abstract_syntax), str(syntax))
            for each in contexts
            for syntax in each.transfer_syntax
        }

    @property
    def is_open(self) -> bool:
        """Whether another instance can be sent."""
        return bool(self._assoc.is_established) and not self._is_broken

    def carries(self, kind: ObjectKind) -> bool:
        """Whether the peer was asked for objects of this kind when the association began."""
        return (kind.sop_class_uid, kind.transfer_syntax_uid) in self._proposed

    def send(self, instance: FileDataset) -> SendOutcome:
        """Send one instance by C-STORE.

        Raises:
            PeerUnreachableError: nothing was decided; the same instance may be sent again.
            PeerRefusedError: the peer will not take it, however often it is sent.
        """
        try:
            response = self._assoc.send_c_store(instance)
        except ValueError as error:
            # No accepted context fits, or the data set cannot be encoded in one that does.
            raise PeerRefusedError(f"{self._peer.name}: {error}") from error
        except RuntimeError as error:
            raise PeerUnreachableError(
                f"{self._peer.name}: the association ended before the instance was sent"
            ) from error
        if "Status" not in response:
            # pynetdicom's answer to a time-out, an abort, and a response that is none. It ends the
            # association, but not always at once.
            self._is_broken = True
            raise PeerUnreachableError(f"{self._peer.name}: no response to the C-STORE")
        return _outcome(self._peer, response)


@contextmanager
def store_session(
    peer: Peer, kinds: Iterable[ObjectKind], identity: ScuIdentity
) -> Iterator[StoreSession]:
    """An association for instances of these kinds, released at the end of the block.

    Raises:
        PeerUnreachableError: there is none now.
        PeerRefusedError: there will be none, or it would carry none of these kinds.
    """
    contexts = contexts_for(kinds)
    try:
        with association(peer, contexts, identity) as assoc:
            yield StoreSession(peer, assoc, contexts)
    except StepFailedError as error:
        raise error.as_peer_error(peer) from error


def send_instance(peer: Peer, path: Path, identity: ScuIdentity) -> SendOutcome:
    """Send the DICOM file ``path`` to ``peer`` by C-STORE, on an association of its own.

    Raises:
        PeerUnreachableError: nothing was decided; the same file may be sent again.
        PeerRefusedError: the peer will not take it, however often it is sent.
        InputError: the file cannot be read, or is no DICOM file.
    """
    instance = _read(path)
    kind = ObjectKind(str(instance.SOPClassUID), str(instance.file_meta.TransferSyntaxUID))
    with store_session(peer, [kind], identity) as session:
        return session.send(instance)


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
