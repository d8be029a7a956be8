"""The node's certificates: what each is for, until when, and a fingerprint to compare."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from pyqt_console.admin.facts import CopyLine
from pyqt_console.admin.requests.system import Certificate
from pyqt_console.admin.words import days_left, until
from pyqt_console.i18n import mark, tr
from pyqt_console.widgets import label, set_role

SOON_DAYS: Final = 30
USES: Final[Mapping[str, str]] = {
    "api": mark("HTTPS, as this console reaches the node"),
    "dicom": mark("DICOM TLS, shown to peers"),
    "dicom_ca": mark("Authorities that verify peers"),
}


class CertificateList(QWidget):
    """One block a certificate."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self.ends: dict[str, QLabel] = {}
        self.fingerprints: dict[str, CopyLine] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._none = label(role="quiet", wrap=True)
        self._none.setText(
            tr("None: the API speaks plain HTTP, to this machine only, and DICOM has no TLS.")
        )
        self._layout.addWidget(self._none)

    def show_these(self, found: tuple[Certificate, ...], now: datetime) -> None:
        """A block of one that is there already is filled anew."""
        self._none.setVisible(not found)
        for each in found:
            if each.name not in self.ends:
                self._add(each)
            self.fingerprints[each.name].set(_in_two_lines(each.fingerprint), each.fingerprint)
            left, ends = days_left(each.ends_utc, now), self.ends[each.name]
            ends.setText(until(each.ends_utc, now))
            set_role(ends, "alarm" if left < 0 else "caution" if left < SOON_DAYS else "")

    def _add(self, certificate: Certificate) -> None:
        title = tr(USES.get(certificate.name, certificate.name))
        if certificate.self_made:
            title = tr("{title} (the node made it for itself)").format(title=title)
        self.ends[certificate.name] = label()
        self.fingerprints[certificate.name] = CopyLine()
        for each in (
            label(title, wrap=True),
            self.ends[certificate.name],
            label(tr("Fingerprint (SHA-256)"), "quiet"),
            self.fingerprints[certificate.name],
        ):
            self._layout.addWidget(each)


def _in_two_lines(fingerprint: str) -> str:
    parts = fingerprint.split(":")
    half = len(parts) // 2
    return "\n".join(":".join(part) for part in (parts[:half], parts[half:]))
