"""When the certificates of this installation end."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509

from dicom_node.config import Settings

API_OWN = Path("tls") / "cert.pem"
"""The one that the API makes for itself, below the data directory."""


def certificate_ends(settings: Settings, root: Path) -> dict[str, datetime]:
    """Which certificate → when it ends; of a file of several, the one that ends first.

    A file that is not there or cannot be read is left out: the start of the node and ``doctor``
    say what is wrong with it.
    """
    files = {"dicom": settings.dicom.tls_cert, "dicom_ca": settings.dicom.tls_ca}
    if settings.api.enabled and settings.api.has_tls:
        files["api"] = settings.api.tls_cert or root / API_OWN
    ends = {name: _end_of(path) for name, path in files.items() if path is not None}
    return {name: end for name, end in ends.items() if end is not None}


def _end_of(path: Path) -> datetime | None:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return None
    return min(each.not_valid_after_utc for each in found)
