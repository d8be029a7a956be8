"""TLS on the DICOM network: both sides show a certificate, and both verify it.

PS3.15 B.12 and B.13, the profiles of BCP 195 (RFC 8996, RFC 9325): TLS 1.2 at least, with forward
secrecy and authenticated encryption only.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from dicom_node.config import DicomSection
from dicom_node.errors import ConfigError

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Those of TLS 1.2 (RFC 9325 4.2); TLS 1.3 has no others."""

_UNKNOWN_AUTHORITY: Final = "its certificate is from an authority that {ca} does not have"
_OTHER_HOST: Final = "its certificate is for another host name or address"
VERIFICATION: Final[Mapping[int, str]] = {
    2: _UNKNOWN_AUTHORITY,
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: _UNKNOWN_AUTHORITY,
    19: _UNKNOWN_AUTHORITY,
    20: _UNKNOWN_AUTHORITY,
    21: _UNKNOWN_AUTHORITY,
    26: "its certificate is not made for this side of a connection",
    62: _OTHER_HOST,
    64: _OTHER_HOST,
}
"""OpenSSL's result of a verification (X509_V_ERR_*)."""

_NO_TLS: Final = "it does not speak TLS there"
_WANTS_CERTIFICATE: Final = "it wants a certificate, and got none that it takes"
_NOTHING_IN_COMMON: Final = "no TLS version or cipher in common (TLS 1.2 at least)"
REASONS: Final[Mapping[str, str]] = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "UNEXPECTED_EOF_WHILE_READING": "it closed the connection; it may speak no TLS there",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_CERTIFICATE,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": f"it ended the handshake: {_NOTHING_IN_COMMON}, or it wants "
    "a certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know the authority of our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it says that our certificate has expired",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not take our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not take our certificate",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it does not take our certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it says that our certificate is revoked",
    "TLSV1_ALERT_ACCESS_DENIED": "it does not let us in",
    "TLSV1_ALERT_PROTOCOL_VERSION": _NOTHING_IN_COMMON,
    "UNSUPPORTED_PROTOCOL": _NOTHING_IN_COMMON,
    "NO_SHARED_CIPHER": _NOTHING_IN_COMMON,
}
"""OpenSSL's name of what went wrong → what that says of the other side."""

ALERT_WAIT_S: Final = 1.0
"""How long a peer that was turned away may take to read why."""
VERDICT_WAIT_S: Final = 0.25
"""How long we listen, before we speak, for what the peer says of our certificate."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files of one connection's TLS; ``settings``: how their settings' names begin."""

    settings: str
    ca: Path
    cert: Path | None = None
    key: Path | None = None


def calling_context(dicom: DicomSection) -> ssl.SSLContext | None:
    """How we speak to peers with TLS; None: no ``dicom.tls_ca``, so nobody can be verified.

    Raises:
        ConfigError: a file cannot be used; names the key.
    """
    if dicom.tls_ca is None:
        return None
    return client_context(TlsFiles("dicom.tls_", dicom.tls_ca, dicom.tls_cert, dicom.tls_key))


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """How we speak to a server whose certificate is verified by ``files.ca``.

    Raises:
        ConfigError: a file cannot be used; names the key.
    """
    return _context(ssl.PROTOCOL_TLS_CLIENT, files)


def listening_context(dicom: DicomSection) -> ssl.SSLContext | None:
    """How callers of ``dicom.tls_port`` are received; None: there is no such port.

    Raises:
        ConfigError: a file cannot be used; names the key.
    """
    if dicom.tls_port is None or dicom.tls_ca is None:
        return None
    files = TlsFiles("dicom.tls_", dicom.tls_ca, dicom.tls_cert, dicom.tls_key)
    return _context(ssl.PROTOCOL_TLS_SERVER, files)


def own_certificate(dicom: DicomSection) -> x509.Certificate | None:
    """The certificate that we show, without its chain.

    Raises:
        ConfigError: ``dicom.tls_cert`` is none.
    """
    if dicom.tls_cert is None:
        return None
    return _certificates("dicom.tls_cert", dicom.tls_cert)[0]


def authorities(dicom: DicomSection) -> list[x509.Certificate]:
    """What peers are verified by.

    Raises:
        ConfigError: ``dicom.tls_ca`` holds none.
    """
    return [] if dicom.tls_ca is None else _certificates("dicom.tls_ca", dicom.tls_ca)


def _context(protocol: int, files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.verify_mode = ssl.CERT_REQUIRED
    key_of = files.settings
    _certificates(f"{key_of}ca", files.ca)
    try:
        context.load_verify_locations(files.ca)
    except OSError as error:
        raise ConfigError(f"{key_of}ca: {files.ca}: {_words(error)}") from error
    if files.cert is not None and files.key is not None:
        _certificates(f"{key_of}cert", files.cert)
        _check_key(f"{key_of}key", files.key)
        try:
            # The empty password: without one OpenSSL would ask for it at the terminal.
            context.load_cert_chain(
                files.cert,
                files.key,
                password="",  # nosec B106 # it is none
            )
        except OSError as error:
            if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
                text = f"{key_of}key: it is not the key of {key_of}cert"
                raise ConfigError(text) from error
            raise ConfigError(f"{key_of}cert: {files.cert}: {_words(error)}") from error
    return context


def _certificates(setting: str, path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{setting}: {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{setting}: {path}: no certificate in PEM") from error


def _check_key(setting: str, path: Path) -> None:
    try:
        serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError(f"{setting}: {path}: {error.strerror}") from error
    except TypeError as error:
        raise ConfigError(f"{setting}: {path}: it has a passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{setting}: {path}: no private key in PEM") from error


def shake_hands(connection: ssl.SSLSocket, *, deadline_s: float) -> None:
    """The whole handshake within ``deadline_s``, however slowly its bytes come.

    Raises:
        OSError: it failed; TimeoutError: it did not end in time. See :func:`problem_of`.
    """
    end = time.monotonic() + deadline_s
    connection.setblocking(False)
    while True:
        wanted = select.POLLIN
        try:
            connection.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLWantWriteError:
            wanted = select.POLLOUT
        except OSError:  # one that says so first: a failed verification is a ValueError too
            raise
        except (AttributeError, ValueError) as error:  # closed by another thread of ours
            raise ConnectionAbortedError("closed during the TLS handshake") from error
        else:
            return
        left_s = end - time.monotonic()
        poll = select.poll()
        try:
            poll.register(connection, wanted)
        except ValueError as error:
            raise ConnectionAbortedError("closed during the TLS handshake") from error
        if left_s <= 0 or not poll.poll(left_s * 1000):
            raise TimeoutError("the TLS handshake did not end in time")


def hear_out(connection: ssl.SSLSocket) -> None:
    """Whether the peer takes our certificate, which TLS 1.3 tells after our side's handshake.

    Who takes it usually sends session tickets at once. Who does not sends an alert, which is lost
    if we go on: the peer is gone, and resets the connection. Silence for a moment means nothing.

    Raises:
        OSError: it does not take it. See :func:`problem_of`.
    """
    if connection.version() != "TLSv1.3":
        return
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(VERDICT_WAIT_S * 1000):
        return
    connection.setblocking(False)
    try:
        connection.recv(1)  # nobody but the caller speaks first in DICOM
    except ssl.SSLWantReadError:
        return
    raise ConnectionResetError("it closed the connection, or speaks first")


def let_alert_arrive(connection: socket.socket) -> None:
    """Say no more, and read on for a moment, without use for what comes.

    A connection that is closed with bytes unread is reset, and the peer may lose our alert.
    """
    end = time.monotonic() + ALERT_WAIT_S
    try:
        connection.shutdown(socket.SHUT_WR)
        while (left_s := end - time.monotonic()) > 0:
            connection.settimeout(left_s)
            if not connection.recv(65536):
                return
    except (OSError, ValueError):
        return


def problem_of(error: OSError, *, ca: str = "dicom.tls_ca") -> str:
    """What is wrong with the other side, in words for a person, without anything it sent.

    ``ca``: the setting that names the authorities.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        known = VERIFICATION.get(error.verify_code)
        return (
            known.format(ca=ca)
            if known
            else f"its certificate cannot be verified: {error.verify_message}"
        )
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        return REASONS.get(reason) or f"TLS failed: {reason.lower().replace('_', ' ') or 'closed'}"
    if isinstance(error, TimeoutError):
        return "no TLS handshake in time; it may speak no TLS there"
    return "it closed the connection; it may speak no TLS there"


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "cannot be used").lower().replace("_", " ")
    return error.strerror or "cannot be used"
