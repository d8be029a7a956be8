"""When the certificates of this installation end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from dicom_node.config import Settings

API_OWN = Path("tls") / "cert.pem"
"""The one that the API makes for itself, below the data directory."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate file of this installation.

    Attributes:
        name: ``dicom``, ``dicom_ca`` or ``api``.
        fingerprint: SHA-256 of its first certificate, as browsers and OpenSSL show it.
        ends_utc: of a file of several, the one that ends first.
        self_made: the node made it for itself.
    """

    name: str
    fingerprint: str
    ends_utc: datetime
    self_made: bool


def certificate_facts(settings: Settings, root: Path) -> tuple[CertificateFacts, ...]:
    """The certificates in use.

    A file that is not there or cannot be read is left out: the start of the node and ``doctor``
    say what is wrong with it.
    """
    own = root / API_OWN
    files = {"dicom": settings.dicom.tls_cert, "dicom_ca": settings.dicom.tls_ca}
    if settings.api.enabled and settings.api.has_tls:
        files["api"] = settings.api.tls_cert or own
    found = ((name, path, _read(path)) for name, path in files.items() if path is not None)
    return tuple(
        CertificateFacts(
            name=name,
            fingerprint=certificates[0].fingerprint(hashes.SHA256()).hex(":").upper(),
            ends_utc=min(each.not_valid_after_utc for each in certificates),
            self_made=path == own,
        )
        for name, path, certificates in found
        if certificates
    )


def certificate_ends(settings: Settings, root: Path) -> dict[str, datetime]:
    """Which certificate → when it ends."""
    return {each.name: each.ends_utc for each in certificate_facts(settings, root)}


def _read(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return []
