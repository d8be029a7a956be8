"""Who may open an association, and how a refusal is put on the wire. Rules without I/O.

Closed by default: only an AE title that a peer has who may send or is asked for storage commitment,
from that peer's host. Who may not send may only report on commitment. This holds for C-ECHO too: an
answer tells a stranger that something listens, and the refusal already tells the administrator of a
new peer what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dicom_node.errors import PeerUnreachableError
from storage.records import Peer

APPLICATION_CONTEXT_NAME: Final = "1.2.840.10008.3.1.1.1"
"""PS3.7 A.2.1: the only one there is."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An A-ASSOCIATE-RJ: the codes of PS3.8 Table 9-21, and our words for the log.

    ``remember``: the caller is shown to the administrator as one who was turned away.
    """

    result: int
    source: int
    reason: int
    text: str
    remember: bool = False


PERMANENT: Final = 1
TRANSIENT: Final = 2
SERVICE_USER: Final = 1
PRESENTATION: Final = 3


class Refusal(Enum):
    """Every reason to refuse an association."""

    APPLICATION_CONTEXT = Rejection(
        PERMANENT, SERVICE_USER, 2, "the application context name is not DICOM's"
    )
    CALLED_AE = Rejection(
        PERMANENT, SERVICE_USER, 7, "the called AE title is not ours", remember=True
    )
    CALLING_AE = Rejection(
        PERMANENT, SERVICE_USER, 3, "no peer that may call has this AE title", remember=True
    )
    HOST = Rejection(
        PERMANENT,
        SERVICE_USER,
        3,
        "a peer that may call has this AE title, but on another host",
        remember=True,
    )
    HOST_UNRESOLVED = Rejection(
        TRANSIENT,
        PRESENTATION,
        1,
        "the host name of the peer with this AE title cannot be resolved",
        remember=True,
    )
    UNSECURED = Rejection(
        PERMANENT,
        SERVICE_USER,
        1,
        "the peer is configured for TLS, but came without",
        remember=True,
    )
    LOCAL_LIMIT = Rejection(
        TRANSIENT, PRESENTATION, 2, "as many associations are open as the configuration allows"
    )
    HOST_LIMIT = Rejection(
        TRANSIENT,
        PRESENTATION,
        2,
        "as many associations with this host are open as the configuration allows",
    )
    CROWD = Rejection(
        TRANSIENT, PRESENTATION, 2, "as many connections wait as the configuration allows"
    )
    STOPPING = Rejection(TRANSIENT, PRESENTATION, 1, "the node is stopping")
    UNDECIDED = Rejection(TRANSIENT, PRESENTATION, 1, "the list of peers could not be read")


@dataclass(frozen=True, slots=True)
class Caller:
    """What an A-ASSOCIATE-RQ says of its sender, and the canonical address that it came from."""

    calling_aet: str
    called_aet: str
    host: str
    application_context: str = APPLICATION_CONTEXT_NAME
    secured: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """The peers that an admitted caller is: all those with its AE title and host."""

    peers: tuple[Peer, ...]

    @property
    def may_send(self) -> bool:
        """Whether it may store here; otherwise it may only report on storage commitment."""
        return any(peer.may_send for peer in self.peers)


def normal_ae_title(text: str) -> str:
    """Without leading and trailing spaces, which mean nothing (PS3.5 6.2, VR AE)."""
    return text.strip(" ")


def admission(
    caller: Caller,
    *,
    ae_title: str,
    callers: Callable[[str], Sequence[Peer]],
    addresses_of: Callable[[str], Sequence[str]],
) -> Refusal | Admission:
    """As whom ``caller`` is admitted, or why it is refused.

    ``callers`` gives the peers with an AE title that may call; ``addresses_of`` the canonical
    addresses of a host, or raises PeerUnreachableError.
    """
    if caller.application_context != APPLICATION_CONTEXT_NAME:
        return Refusal.APPLICATION_CONTEXT
    if normal_ae_title(caller.called_aet) != normal_ae_title(ae_title):
        return Refusal.CALLED_AE
    candidates = callers(normal_ae_title(caller.calling_aet))
    if not candidates:
        return Refusal.CALLING_AE
    unresolved, here = False, []
    for peer in candidates:
        try:
            if caller.host in addresses_of(peer.host):
                here.append(peer)
        except PeerUnreachableError:
            unresolved = True
    if not here:
        return Refusal.HOST_UNRESOLVED if unresolved else Refusal.HOST
    served = tuple(peer for peer in here if caller.secured or not peer.tls)
    return Admission(served) if served else Refusal.UNSECURED
