"""The steps on the way to a peer, and that one of them failed."""

from __future__ import annotations

from enum import StrEnum

from dicom_node.errors import PeerFailedError, PeerRefusedError, PeerUnreachableError
from storage.records import Peer


class Step(StrEnum):
    """The steps to a peer, in the order in which they are taken; TLS where the peer has it."""

    NAME = "host name"
    CONNECTION = "TCP connection"
    TLS = "TLS handshake"
    ASSOCIATION = "association"
    CONTEXT = "presentation context"
    SERVICE = "service"


class StepFailedError(Exception):
    """A step to a peer failed; translated to a PeerFailedError where it leaves this package.

    ``retryable``: the same attempt may succeed later without a change of what is sent.
    ``code``: which AE title was rejected, ``calling_aet`` or ``called_aet``; else empty.
    """

    def __init__(self, step: Step, text: str, *, retryable: bool, code: str = "") -> None:
        super().__init__(text)
        self.step = step
        self.retryable = retryable
        self.code = code

    def as_peer_error(self, peer: Peer) -> PeerFailedError:
        """The error of the drawn tree, naming the peer."""
        kind = PeerUnreachableError if self.retryable else PeerRefusedError
        return kind(f"{peer.name}: {self}")
