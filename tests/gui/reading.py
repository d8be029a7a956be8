"""A real reading behind the API: C2 and C5 found in a real series, recorded as the node does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dicom_node.analysis.executor import Analysis
from dicom_node.analysis.record import Recorder
from dicom_node.reports.evidence import read_sources
from storage import instances, peers, queue, series
from storage.records import Peer, SeriesRecord, StoredFile
from tests.ct_series import write_enhanced_ct
from tests.integration.api.conftest import Api
from tests.integration.storage.given import FINGERPRINT, LEASE_S, NOW, OWNER, SERIES_UID, facts
from tests.unit.reports.cases import (
    DEVICE,
    FRACTURED,
    pictures_of,
    prediction_of,
    sources_of,
    with_heat_map,
    write_ct_series,
)


def with_two_findings(api: Api, folder: Path) -> SeriesRecord:
    """Read, reported, with one destination."""
    database = api.database
    peers.add_peer(database, Peer("pacs", "PACS", "192.0.2.8", 104, gets_results=True), now=NOW)
    uids = {"StudyInstanceUID": "1.2.1", "SeriesInstanceUID": SERIES_UID}
    paths = write_ct_series(folder, attributes=uids)
    sources = read_sources(paths)
    for path, source in zip(paths, sources, strict=True):
        stored = StoredFile(path, "a" * 64, path.stat().st_size)
        instances.record_instance(
            database, facts(str(source.SOPInstanceUID)), stored, quiet_s=0, now=NOW
        )
    record = series.get_series(database, SERIES_UID)
    assert series.mark_complete(database, record.id, fingerprint=FINGERPRINT, now=NOW)
    assert series.enqueue(database, record.id, fingerprint=FINGERPRINT, now=NOW)
    claim = queue.claim_next(database, owner=OWNER, lease_s=LEASE_S, now=NOW)
    assert claim is not None
    prediction = with_heat_map(prediction_of(sources_of(sources), FRACTURED))
    analysis = Analysis(prediction, pictures_of(prediction))
    assert Recorder(database, api.context.data_dir, DEVICE).record(claim, analysis)
    return series.get_series(database, SERIES_UID)


def enhanced_and_refused(api: Api, folder: Path) -> SeriesRecord:
    """One Enhanced CT of twelve frames that was not analysed: a reader reads it alone."""
    database = api.database
    path = write_enhanced_ct(
        folder / "enhanced.dcm",
        slices=12,
        attributes={"StudyInstanceUID": "1.2.1", "SeriesInstanceUID": SERIES_UID},
    )
    (source,) = read_sources([path])
    enhanced = replace(facts(str(source.SOPInstanceUID)), sop_class_uid=source.SOPClassUID)
    stored = StoredFile(path, "a" * 64, path.stat().st_size)
    instances.record_instance(database, enhanced, stored, quiet_s=0, now=NOW)
    record = series.get_series(database, SERIES_UID)
    assert series.mark_complete(database, record.id, fingerprint=FINGERPRINT, now=NOW)
    assert series.refuse(database, record.id, code="localizer", text="A localizer.", now=NOW)
    return series.get_series(database, SERIES_UID)
