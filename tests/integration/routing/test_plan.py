"""Rules in the database become deliveries, through the same door as an analysis uses."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dicom_node.analysis.executor import Analysis
from dicom_node.analysis.record import Recorder
from dicom_node.errors import EnvironmentFailedError, InternalError
from dicom_node.reports.evidence import read_sources
from dicom_node.routing.outcomes import Outcome
from dicom_node.routing.plan import plan_deliveries
from dicom_node.routing.rules import parse_rule
from dicom_node.routing.table import save_rule
from storage import deliveries, instances, peers, queue, routes, series
from storage.database import Database
from storage.files import DataDir
from storage.records import Peer, Piece, SeriesRecord, SeriesState, StoredFile
from tests.integration.storage.given import (
    FINGERPRINT,
    LEASE_S,
    NOW,
    OWNER,
    SERIES_UID,
    facts,
    finish,
    queued,
    report_for,
    series_in,
)
from tests.integration.storage.given import claimed as claim_of
from tests.unit.reports.cases import (
    DEVICE,
    FRACTURED,
    INTACT,
    PARTIAL,
    pictures_of,
    prediction_of,
    sources_of,
    write_ct_series,
)

FINDING = frozenset({Outcome.FINDING})


def rule(db: Database, name: str, **document: Any) -> None:
    save_rule(db, name, parse_rule(document))


def plan(db: Database, of: SeriesRecord, *pieces: Piece, **said: Any) -> list[tuple[str, str]]:
    """(peer, piece), in the order of the plan."""
    objects = [report_for(of, piece) for piece in pieces]
    names = {each.sop_instance_uid: each.piece.value for each in objects}
    planned = plan_deliveries(db, of, objects, **said)
    return [(each.peer_name, names[each.sop_instance_uid]) for each in planned]


@pytest.fixture
def of(db: Database) -> SeriesRecord:
    queued(db)
    return claim_of(db).series


def test_without_rules_every_destination_gets_everything_in_the_order_of_pieces(
    db: Database, of: SeriesRecord
) -> None:
    pieces = (Piece.HEAT_MAP, Piece.REPORT, Piece.KEY_IMAGE)
    ordered = ["report", "key-image", "heat-map"]
    assert plan(db, of, *pieces, outcomes=FINDING) == [
        *(("archive", piece) for piece in ordered),
        *(("pacs", piece) for piece in ordered),
    ]


def test_several_objects_of_a_piece_keep_their_order(db: Database, of: SeriesRecord) -> None:
    objects = [report_for(of, Piece.KEY_IMAGE, ordinal) for ordinal in (2, 0, 1)]
    planned = plan_deliveries(db, of, objects, outcomes=FINDING)
    to_pacs = [each.sop_instance_uid for each in planned if each.peer_name == "pacs"]
    assert to_pacs == sorted(each.sop_instance_uid for each in objects)


def test_a_change_counts_at_once(db: Database, of: SeriesRecord) -> None:
    rule(db, "a", to="pacs", outcome="finding", pieces=["report"])
    pieces = (Piece.REPORT, Piece.SUMMARY)
    assert plan(db, of, *pieces, outcomes=FINDING) == [("pacs", "report")]
    assert plan(db, of, *pieces, outcomes=frozenset({Outcome.NO_FINDING})) == []
    routes.put_route(db, "a", {"to": ["archive"]}, now=NOW)
    assert plan(db, of, *pieces, outcomes=FINDING) == [
        ("archive", "report"),
        ("archive", "summary"),
    ]
    routes.remove_route(db, "a")
    assert len(plan(db, of, *pieces, outcomes=FINDING)) == 4


def test_nothing_of_a_shadow_is_planned(db: Database, of: SeriesRecord) -> None:
    rule(db, "a", to="pacs")
    twin = Peer("twin", "SCANNER", "192.0.2.70", 104, shadow=True)  # it may no longer send
    peers.add_peer(db, twin, now=NOW)
    assert plan(db, of, Piece.REPORT, outcomes=FINDING) == []
    assert plan(db, replace(of, source_aet="CT2"), Piece.REPORT, outcomes=FINDING) != []


def test_a_shadow_and_a_held_series_say_so(db: Database) -> None:
    queued(db)
    claim = claim_of(db)
    finish(db, claim)
    assert series.timeline(db, claim.series.id)[-1].note == "no destination: nothing sent"
    peers.add_peer(db, Peer("twin", "SCANNER", "192.0.2.70", 104, shadow=True), now=NOW)
    queued(db, "1.2.10")
    claim = claim_of(db)
    finish(db, claim)
    assert series.timeline(db, claim.series.id)[-1].note == "shadow: nothing sent"
    assert series.get_series_by_id(db, claim.series.id).state is SeriesState.ANALYSED


def test_a_verdict_goes_where_its_reading_went_and_where_verdicts_go(db: Database) -> None:
    of, _ = series_in(db, SeriesState.ANALYSED)
    of = replace(of, result=of.result and document(found=True))
    assert plan(db, of, Piece.VERDICT) == [("archive", "verdict"), ("pacs", "verdict")]
    rule(db, "findings", to="pacs", outcome="finding")
    assert plan(db, of, Piece.VERDICT) == [("pacs", "verdict")]
    rule(db, "verdicts", to="archive", outcome="verdict")
    assert plan(db, of, Piece.VERDICT) == [("pacs", "verdict"), ("archive", "verdict")]
    assert plan(db, of, Piece.REPORT, Piece.VERDICT) == [
        ("pacs", "report"),
        ("pacs", "verdict"),
        ("archive", "verdict"),
    ]


def document(*, found: bool) -> dict[str, Any]:
    return {
        "status": "analysed",
        "findings": [{}] if found else [],
        "level_coverage": {"C1": "whole"},
        "partial": None,
    }


def test_an_outcome_that_nobody_said_is_a_bug_and_no_guess(db: Database, of: SeriesRecord) -> None:
    with pytest.raises(InternalError, match="no outcome"):
        plan(db, of, Piece.REPORT)


def test_a_peer_that_is_gone_stays_in_sight(db: Database, of: SeriesRecord) -> None:
    rule(db, "a", to=["pacs", "archive"])
    peers.remove_peer(db, "archive")
    assert plan(db, of, Piece.REPORT, outcomes=FINDING) == [
        ("pacs", "report"),
        ("archive", "report"),
    ]


def test_who_gets_no_results_gets_none(
    db: Database, of: SeriesRecord, caplog: pytest.LogCaptureFixture
) -> None:
    routes.put_route(db, "a", {"to": ["scanner", "pacs"]}, now=NOW)
    with caplog.at_level(logging.WARNING):
        assert plan(db, of, Piece.REPORT, outcomes=FINDING) == [("pacs", "report")]
    assert "scanner does not get results" in caplog.text


def test_a_stored_rule_that_is_not_valid_sends_nothing_by_guess(
    db: Database, of: SeriesRecord
) -> None:
    routes.put_route(db, "old", {"to": ["pacs"], "colour": "red"}, now=NOW)
    with pytest.raises(EnvironmentFailedError, match=r"'old' is not valid: colour: unknown key"):
        plan(db, of, Piece.REPORT, outcomes=FINDING)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (INTACT, {"negatives"}),
        (FRACTURED, {"positives"}),
        (PARTIAL, {"positives", "in part"}),
        ({**INTACT, "C7": None}, {"in part"}),
    ],
)
def test_an_analysis_is_routed_by_what_it_found(
    db: Database, tmp_path: Path, levels: Any, expected: set[str]
) -> None:
    """The real recorder, with a real report on disk."""
    for name, outcome in (
        ("negatives", "no_finding"),
        ("positives", "finding"),
        ("in part", "partial"),
    ):
        peers.add_peer(db, Peer(name, "PACS", "192.0.2.10", 104, gets_results=True), now=NOW)
        rule(db, name, to=name, outcome=outcome)
    paths = write_ct_series(tmp_path / "ct")
    for number, path in enumerate(paths):
        instances.record_instance(
            db, facts(f"1.2.3.{number}"), StoredFile(path, f"{number:064}", 1), quiet_s=0, now=NOW
        )
    of = series.get_series(db, SERIES_UID)
    assert series.mark_complete(db, of.id, fingerprint=FINGERPRINT, now=NOW)
    assert series.enqueue(db, of.id, fingerprint=FINGERPRINT, now=NOW)
    claim = queue.claim_next(db, owner=OWNER, lease_s=LEASE_S, now=NOW)
    assert claim is not None
    data_dir = DataDir(tmp_path / "data")
    data_dir.prepare()
    found = prediction_of(sources_of(read_sources(paths)), levels)

    drawn = replace(pictures_of(found), summary=None, missing=("summary",))
    assert Recorder(db, data_dir, DEVICE).record(claim, Analysis(found, drawn))

    sent = deliveries.deliveries_of(db, of.id)
    assert {each.peer_name for each in sent} == expected
    objects = deliveries.objects_of(db, of.id)
    assert {each.sop_instance_uid for each in sent} == {each.sop_instance_uid for each in objects}
    assert "analysed, but without summary" in [each.note for each in series.timeline(db, of.id)]
