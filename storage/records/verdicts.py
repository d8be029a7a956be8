"""What readers said of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """One reader's verdict on one reading of a series; never changed, only followed by another."""

    id: int
    series_id: int
    at_utc: datetime
    reader: str
    organization: str
    document: Mapping[str, Any]
    """What was said; the caller knows its form."""
    sop_instance_uid: str
    """Of its report."""
