"""One way to every kind of destination: a session that carries one object after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from pydicom.dataset import FileDataset

from dicom_node.delivery.settings import DeliverySettings
from dicom_node.scu.store import ObjectKind, SendOutcome, store_session
from dicom_node.scu.stow import stow_session
from dicom_node.scu.stow_credentials import read_credentials
from storage.records import Peer, PeerProtocol


class Session(Protocol):
    """An open way to a peer."""

    @property
    def is_open(self) -> bool:
        """Whether another object can be sent; false once the way or the peer itself failed."""

    def carries(self, kind: ObjectKind) -> bool:
        """Whether objects of this kind can be sent in this session."""

    def send(self, instance: FileDataset) -> SendOutcome:
        """Send one object.

        Raises:
            PeerUnreachableError: nothing was decided; the same object may be sent again.
            PeerRefusedError: the peer will not take it, however often it is sent.
        """


def open_session(
    peer: Peer, kinds: Sequence[ObjectKind], settings: DeliverySettings
) -> AbstractContextManager[Session]:
    """A session for objects of these kinds; it ends with the block.

    Raises:
        PeerUnreachableError: there is none now.
        PeerRefusedError: there will be none.
        EnvironmentFailedError: our own part of it is missing.
    """
    return _OPENERS[peer.protocol](peer, kinds, settings)


def _by_c_store(
    peer: Peer, kinds: Sequence[ObjectKind], settings: DeliverySettings
) -> AbstractContextManager[Session]:
    return store_session(peer, kinds, settings.identity)


def _by_stow(
    peer: Peer, _: Sequence[ObjectKind], settings: DeliverySettings
) -> AbstractContextManager[Session]:
    path = settings.stow_credentials
    credentials = read_credentials(path).get(peer.name) if path is not None else None
    return stow_session(peer, credentials=credentials, timeouts=settings.identity.timeouts)


_Opener = Callable[[Peer, Sequence[ObjectKind], DeliverySettings], AbstractContextManager[Session]]
_OPENERS: Final[Mapping[PeerProtocol, _Opener]] = {
    PeerProtocol.DICOM: _by_c_store,
    PeerProtocol.STOW: _by_stow,
}
