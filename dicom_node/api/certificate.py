"""A self-made certificate, for installations that were not given one."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dicom_node.config import ApiSection
from dicom_node.errors import EnvironmentFailedError

VALID_FOR: Final = timedelta(days=5 * 365)
FOLDER: Final = "tls"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate (chain) and its key, both PEM."""

    certificate: Path
    key: Path

    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as browsers and OpenSSL show it.

        Raises:
            EnvironmentFailedError: it cannot be read.
        """
        try:
            found = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise EnvironmentFailedError(f"{self.certificate}: no certificate") from error
        return found.fingerprint(hashes.SHA256()).hex(":").upper()


def certificate_of(api: ApiSection, root: Path) -> Certificate | None:
    """The given certificate, or the self-made one; ``None`` for plain HTTP on loopback.

    Raises:
        EnvironmentFailedError: it cannot be read or made.
    """
    if not api.has_tls:
        return None
    if api.tls_cert is not None and api.tls_key is not None:
        return Certificate(api.tls_cert, api.tls_key)
    return own_certificate(root, bind=api.bind)


def own_certificate(root: Path, *, bind: str, now: datetime | None = None) -> Certificate:
    """The one under ``root``/tls; made if it is not there, or has ended.

    Raises:
        EnvironmentFailedError: it cannot be read or written.
    """
    now = now or datetime.now(UTC)
    folder = root / FOLDER
    own = Certificate(folder / "cert.pem", folder / "key.pem")
    try:
        if not own.certificate.exists() or not own.key.exists() or _has_ended(own, now):
            folder.mkdir(mode=0o700, exist_ok=True)
            _make(own, bind, now)
    except (OSError, ValueError) as error:
        raise EnvironmentFailedError(f"cannot make a certificate in {folder}: {error}") from error
    return own


def _has_ended(own: Certificate, now: datetime) -> bool:
    found = x509.load_pem_x509_certificate(own.certificate.read_bytes())
    return found.not_valid_after_utc <= now


def _make(own: Certificate, bind: str, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    names = dict.fromkeys((host, socket.getfqdn(), "localhost"))
    addresses = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    try:
        addresses.add(ipaddress.ip_address(bind))
    except ValueError:
        names[bind] = None
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
    alternatives += [x509.IPAddress(each) for each in sorted(addresses, key=str)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(own.key, private)
    _write(own.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
