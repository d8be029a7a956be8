"""Pseudonyms: keyed digests, the same every time; without the key they lead back to nobody."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

KEY_CHARACTERS: Final = 32
"""Of the hexadecimal digest: 128 bits."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """HMAC-SHA256 with one secret; a kind of thing has its own names."""

    secret: bytes = field(repr=False)

    def patient(self, patient_id: str, study_uid: str) -> str:
        """By the Patient ID; by the study where there is none, so that no two are merged."""
        known = patient_id.strip()
        return self._of("patient", known) if known else self._of("patient of study", study_uid)

    def study(self, study_uid: str) -> str:
        """By the Study Instance UID."""
        return self._of("study", study_uid)

    def series(self, series_uid: str) -> str:
        """By the Series Instance UID."""
        return self._of("series", series_uid)

    def reader(self, name: str) -> str:
        """By the name under which a verdict was given."""
        return self._of("reader", name)

    def _of(self, kind: str, value: str) -> str:
        message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:KEY_CHARACTERS]
