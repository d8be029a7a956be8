"""A verdict on a real reading: recorded once, delivered like the first, over no other unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from dicom_node.analysis.executor import Analysis
from dicom_node.analysis.record import Recorder
from dicom_node.errors import ConflictError, InputError, InvalidVerdictError
from dicom_node.reports.evidence import read_sources
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.submit import submit_verdict
from storage import deliveries, instances, peers, queue, series, verdicts
from storage.database import Database, open_database
from storage.files import DataDir
from storage.part10 import whole_digest
from storage.records import Peer, Piece, SeriesRecord, SeriesState, StoredFile, VerdictRecord
from tests.integration.storage.given import (
    FINGERPRINT,
    LEASE_S,
    NOW,
    OWNER,
    SERIES_UID,
    facts,
)
from tests.unit.reports.cases import (
    DEVICE,
    FRACTURED,
    pictures_of,
    prediction_of,
    sources_of,
    write_ct_series,
)

ACCEPTED = {
    "findings": [{"level": "C2", "verdict": "accept"}, {"level": "C5", "verdict": "reject"}],
}


@dataclass(frozen=True)
class Given:
    database: Database
    data_dir: DataDir
    of: SeriesRecord

    def submit(
        self, document: dict[str, Any], *, known: int = 0, reader: str = "Weiß^Gregor"
    ) -> VerdictRecord:
        return submit_verdict(
            self.database,
            self.data_dir,
            self.of,
            Verdict.model_validate(document),
            reader=reader,
            organization="Klinikum Nord",
            device=DEVICE,
            known_verdicts=known,
        )

    def reports_on_disk(self) -> int:
        return sum(1 for _ in self.data_dir.root.rglob("reports/**/*.dcm"))


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    """A reading with C2 and C5 found, of a real series, for one destination."""
    database = open_database(f"sqlite:///{tmp_path / 'cspine.sqlite3'}")
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    peers.add_peer(database, Peer("pacs", "PACS", "192.0.2.8", 104, gets_results=True), now=NOW)
    paths = write_ct_series(tmp_path / "ct")
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
    prediction = prediction_of(sources_of(sources), FRACTURED)
    analysis = Analysis(prediction, pictures_of(prediction))
    assert Recorder(database, data_dir, DEVICE).record(claim, analysis)
    yield Given(database, data_dir, series.get_series(database, SERIES_UID))
    database.close()


def test_a_verdict_is_a_verified_report_that_follows_the_machine_s(given: Given) -> None:
    machine = deliveries.report_of(given.database, given.of.id)
    assert machine is not None
    before = machine.path.read_bytes()
    row = given.submit(ACCEPTED)
    assert (row.reader, row.organization) == ("Weiß^Gregor", "Klinikum Nord")
    stored = next(
        each
        for each in deliveries.objects_of(given.database, given.of.id)
        if each.piece is Piece.VERDICT
    )
    assert stored.sha256 == whole_digest(stored.path.read_bytes())
    report = dcmread(stored.path)
    assert report.VerificationFlag == "VERIFIED"
    named = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert named.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == machine.sop_instance_uid
    sent = [
        each
        for each in deliveries.deliveries_of(given.database, given.of.id)
        if each.sop_instance_uid == stored.sop_instance_uid
    ]
    assert [each.peer_name for each in sent] == ["pacs"]
    assert machine.path.read_bytes() == before
    assert series.get_series(given.database, SERIES_UID).result == given.of.result


def test_another_verdict_follows_the_former(given: Given) -> None:
    first = given.submit(ACCEPTED)
    second = given.submit({**ACCEPTED, "comment": "seen again"}, known=1, reader="Other^Ann")
    report = next(
        dcmread(each.path)
        for each in deliveries.objects_of(given.database, given.of.id)
        if each.sop_instance_uid == second.sop_instance_uid
    )
    named = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert named.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.sop_instance_uid


def test_the_second_of_two_readers_sees_the_first_s(given: Given) -> None:
    first = given.submit(ACCEPTED)
    files = given.reports_on_disk()
    with pytest.raises(ConflictError) as caught:
        given.submit({**ACCEPTED, "comment": "mine"}, reader="Other^Ann")
    assert caught.value.other == first
    assert verdicts.verdicts_of(given.database, given.of.id) == (first,)
    assert given.reports_on_disk() == files


def test_the_same_verdict_given_twice_is_one(given: Given) -> None:
    first = given.submit(ACCEPTED)
    assert given.submit(ACCEPTED) == first
    assert len(verdicts.verdicts_of(given.database, given.of.id)) == 1


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"findings": [{"level": "C2", "verdict": "accept"}]}, "findings"),
        (
            {
                **ACCEPTED,
                "added": [{"level": "C7", "key_slice_sop_uid": "1.2.77", "box": [0, 0, 1, 1]}],
            },
            "added.0.key_slice_sop_uid",
        ),
    ],
)
def test_what_does_not_fit_names_its_field(
    given: Given, document: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidVerdictError) as caught:
        given.submit(document)
    assert caught.value.field == field
    assert verdicts.verdicts_of(given.database, given.of.id) == ()


def test_a_reading_that_was_superseded_is_judged_no_more(given: Given) -> None:
    late = StoredFile(Path("/data/late.dcm"), "b" * 64, 1)
    instances.record_instance(given.database, facts("1.2.3.99"), late, quiet_s=0, now=NOW)
    with pytest.raises(InputError, match="superseded"):
        given.submit(ACCEPTED)
    old = series.get_series_by_id(given.database, given.of.id)
    assert old.state is SeriesState.SUPERSEDED
