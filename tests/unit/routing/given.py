"""A reading as the database gives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from storage.records import SeriesRecord, SeriesState

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


def reading(**changes: Any) -> SeriesRecord:
    usual = SeriesRecord(
        id=1,
        series_uid="1.2.9",
        generation=1,
        predecessor_id=None,
        study_uid="1.2.1",
        state=SeriesState.ANALYSING,
        reason_code=None,
        reason_text=None,
        patient_id="P1",
        patient_name="Doe^Jane",
        accession_number="A1",
        study_description="Trauma scan",
        series_description="C-Spine",
        study_date=None,
        modality="CT",
        source_aet="CT1",
        called_aet="CSPINE",
        instance_count=1,
        first_received_utc=NOW,
        last_received_utc=NOW,
        quiet_until_utc=NOW,
        attempts=1,
        fingerprint=None,
        result=None,
    )
    return replace(usual, **changes)
