"""Who this installation is to the peers that it calls."""

from __future__ import annotations

from dicom_node.config import Settings
from dicom_node.scu.association import ScuIdentity
from dicom_node.tls import calling_context


def identity_of(settings: Settings) -> ScuIdentity:
    """Our AE title, and how we speak TLS.

    Raises:
        ConfigError: a file of certificates or a key cannot be used.
    """
    return ScuIdentity(settings.dicom.ae_title, tls=calling_context(settings.dicom))
