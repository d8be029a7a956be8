"""What makes a peer: which of its settings go together, and that it is not this node itself."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from dicom_node.addresses import addresses_of
from dicom_node.config import Settings, checked_ae_title
from dicom_node.errors import InputError, PeerUnreachableError
from storage.records import Peer, PeerProtocol

PORT_OF_SCHEME: Final = {"https": 443, "http": 80}

CHECKS: Final[tuple[tuple[Callable[[Peer], bool], str], ...]] = (
    (lambda peer: peer.name.strip() != "", "name: it is empty"),
    (lambda peer: peer.host.strip() != "", "host: it is missing"),
    (lambda peer: 1 <= peer.port <= 65535, "port: it is missing, or not between 1 and 65535"),
    (
        lambda peer: peer.aet != "" or _is_stow(peer),
        "aet: it is missing",
    ),
    (
        lambda peer: peer.aet != "" or not (peer.may_send or peer.shadow),
        "aet: who may send is known by an AE title",
    ),
    (
        lambda peer: not (_is_stow(peer) and peer.commitment),
        "commitment: STOW-RS knows none; its answer says what was stored",
    ),
    (
        lambda peer: not (_is_stow(peer) and peer.tls),
        "tls: it is for DICOM; for STOW-RS the URL says https",
    ),
)
"""(what must hold, the key and what is wrong if it does not), in this order."""


def checked_peer(peer: Peer) -> Peer:
    """The peer in its usual form; host and port of a STOW-RS peer are those of its URL.

    Raises:
        InputError: settings are missing or do not go together; the message names the key.
    """
    try:
        peer = replace(peer, aet=checked_ae_title(peer.aet) if peer.aet else "")
    except ValueError as error:
        raise InputError(f"aet: {error}") from error
    if _is_stow(peer):
        url = checked_url(peer.url or "")
        port = url.port or PORT_OF_SCHEME[url.scheme]
        peer = replace(peer, url=url.geturl().rstrip("/"), host=url.hostname or "", port=port)
    for holds, failure in CHECKS:
        if not holds(peer):
            raise InputError(failure)
    return peer


def checked_url(text: str) -> SplitResult:
    """The base URL of a STOW-RS service.

    Raises:
        InputError: it is no such URL. Its text is not repeated, since it may hold a password.
    """
    try:
        url = urlsplit(text)
        usable = url.scheme in PORT_OF_SCHEME and bool(url.hostname) and url.port != 0
    except ValueError:
        raise InputError("url: it is not a URL") from None
    if not usable:
        raise InputError("url: it is not like https://pacs.example.org/dicom-web")
    if url.username or url.password:
        raise InputError("url: it must not hold a user or a password")
    if url.query or url.fragment:
        raise InputError("url: it must not have a query or a fragment")
    return url


def require_not_us(peer: Peer, own: Settings) -> None:
    """The peer is another system than this node.

    A host that cannot be resolved may be anybody: what comes back is refused by the listener.

    Raises:
        InputError: it has our AE title, on an address and the port on which we listen, or its URL
            leads to our own HTTP door.
    """
    if _is_stow(peer):
        ours = own.api.enabled and peer.port == own.api.port
        bind = own.api.bind
    else:
        ours = (peer.aet, peer.port) == (own.dicom.ae_title, own.dicom.port)
        bind = own.dicom.bind
    if ours and _is_here(peer.host, bind):
        where = peer.url or f"{peer.aet} at {peer.host}:{peer.port}"
        raise InputError(f"{where} is this node itself: results would go round")


def _is_here(host: str, bind: str) -> bool:
    """Whether ``host`` leads to this machine, where it listens on ``bind``."""
    try:
        addresses, bound = addresses_of(host), addresses_of(bind)
    except PeerUnreachableError:
        return False
    everywhere = any(ip_address(each).is_unspecified for each in bound)
    return any(each in bound or (everywhere and _is_local(each)) for each in addresses)


def _is_stow(peer: Peer) -> bool:
    return peer.protocol is PeerProtocol.STOW


def _is_local(address: str) -> bool:
    """Whether one of this machine's interfaces has ``address``."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
