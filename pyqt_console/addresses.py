"""Addresses of nodes, as people type them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pyqt_console.errors import AddressError
from pyqt_console.i18n import tr


def checked_url(text: str) -> str:
    """The node's address in its full form. Without a scheme it is HTTPS; loopback may be HTTP.

    Raises:
        AddressError: it is none, or a token would travel unencrypted.
    """
    text = text.strip()
    if "://" not in text:
        scheme = "http" if _is_loopback(urlsplit(f"//{text}").hostname or "") else "https"
        text = f"{scheme}://{text}"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise AddressError(tr("That is no address: try https://host:port")) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise AddressError(tr("That is no address: try https://host:port"))
    if parts.username is not None or parts.path.strip("/"):
        raise AddressError(tr("An address is only https://host:port, without a name or a path."))
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise AddressError(tr("A node on another machine is reached by https:// only."))
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
