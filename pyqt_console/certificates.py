"""Whom the console believes: an authority, a given file, or one certificate that was compared.

A node's self-made certificate is signed by nobody. At the first use the reader compares its
fingerprint with what ``cspine-node doctor`` prints, and from then on this node is believed with
this certificate only. Free of Qt.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pyqt_console.errors import AddressError, OfflineError
from pyqt_console.i18n import tr

CONNECT_S: Final = 5.0
HTTPS_PORT: Final = 443


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, as ``cspine-node doctor``, browsers and OpenSSL show it."""
    return hashlib.sha256(der).digest().hex(":").upper()


def tls_context(ca_file: Path | None, pinned: bytes | None) -> ssl.SSLContext:
    """What a connection must show: ``pinned`` (DER) itself, else what an authority signed.

    A pinned certificate vouches for the machine that holds its key, whatever name it is reached by.

    Raises:
        AddressError: the file or the certificate cannot be used.
    """
    try:
        if pinned is None:
            return ssl.create_default_context(cafile=ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=pinned)
    except (OSError, ssl.SSLError) as error:
        message = tr("{file} is no certificate that can be used.")
        raise AddressError(message.format(file=ca_file or tr("What was kept"))) from error
    return context


def shown_certificate(url: str) -> bytes:
    """The certificate (DER) that the node shows, believed or not. Nothing is sent to it.

    Raises:
        OfflineError: it cannot be reached.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or HTTPS_PORT
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent: it is looked at only
    try:
        with (
            socket.create_connection((host, port), timeout=CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            der = secured.getpeercert(binary_form=True)
    except OSError as error:
        message = tr("The node at {url} cannot be reached.")
        raise OfflineError(message.format(url=url)) from error
    if not der:
        raise OfflineError(tr("The node at {url} cannot be reached.").format(url=url))
    return der
