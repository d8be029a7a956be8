"""Network addresses as text that compares, whoever wrote them."""

from __future__ import annotations

import ipaddress
import socket

from dicom_node.errors import PeerUnreachableError


def canonical_address(text: str) -> str:
    """An IP address as text that compares: no zone, IPv4-mapped IPv6 as IPv4 (RFC 4291 2.5.5.2).

    Raises:
        ValueError: not an IP address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def addresses_of(host: str) -> tuple[str, ...]:
    """The canonical addresses of a host, given by name or address, in the resolver's order.

    Raises:
        PeerUnreachableError: the name cannot be resolved.
    """
    try:
        return (canonical_address(host),)
    except ValueError:
        pass
    try:
        entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PeerUnreachableError(f"the host name {host!r} cannot be resolved: {error}") from error
    # A dictionary keeps the order and drops what is there twice.
    return tuple(dict.fromkeys(canonical_address(str(entry[4][0])) for entry in entries))
