"""A database of an older revision, with rows, loses nothing when this program opens it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text

from storage import deliveries, instances, peers, queue, series, worklist
from storage.database import DRIVERS, MIGRATIONS, open_database
from storage.records import (
    DeliveryState,
    NewDelivery,
    Peer,
    PeerProtocol,
    Piece,
    SeriesState,
)
from storage.triage import outcome_of, triage_rank
from tests.integration.storage.given import NOW, claimed, queued, report_for

T0: Final = "2026-02-01 08:00:00.000000"
VERSION_1: Final[Mapping[str, list[dict[str, Any]]]] = {
    "series": [
        {
            "id": number,
            "series_uid": f"1.2.{number}",
            "generation": 1,
            "study_uid": "1.2",
            "state": state,
            "patient_id": "P1",
            "patient_name": "Müller^Änne",
            "accession_number": "A1",
            "study_description": "Neck",
            "series_description": "Bone",
            "study_date": "2026-01-31",
            "modality": "CT",
            "source_aet": "CT",
            "called_aet": "CSPINE",
            "instance_count": 1,
            "first_received_utc": T0,
            "last_received_utc": T0,
            "quiet_until_utc": T0,
            "attempts": 1,
            "result": '{"patient_overall": 0.25}',
        }
        for number, state in ((1, "reported"), (2, "analysed"), (3, "analysed"))
    ],
    "timeline": [{"id": 1, "series_id": 1, "at_utc": T0, "state": "reported", "note": "done"}],
    "instances": [
        {
            "sop_instance_uid": "1.2.1.1",
            "series_id": 1,
            "sha256": "a" * 64,
            "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2",
            "transfer_syntax_uid": "1.2.840.10008.1.2.1",
            "study_uid": "1.2",
            "series_uid": "1.2.1",
            "path": "/x",
            "size_bytes": 1,
            "source_aet": "CT",
            "called_aet": "CSPINE",
            "source_host": "h",
            "received_utc": T0,
        }
    ],
    "reports": [
        {
            "sop_instance_uid": f"2.25.{900 + number}",
            "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.34",
            "series_id": number,
            "path": f"/data/reports/{number}.dcm",
            "created_utc": T0,
        }
        for number in (1, 2, 3)
    ],
    "deliveries": [
        {
            "id": number,
            "series_id": number,
            "sop_instance_uid": f"2.25.{900 + number}",
            "peer_name": "pacs",
            "state": state,
            "attempts": number,
            "next_attempt_utc": T0,
            "last_error": error,
        }
        for number, state, error in (
            (1, "delivered", None),
            (2, "pending", "no connection"),
            (3, "parked", "refused"),
        )
    ],
    "peers": [
        {
            "name": "pacs",
            "aet": "PACS",
            "host": "h",
            "port": 104,
            "may_send": False,
            "gets_results": True,
            "tls": True,
            "added_utc": T0,
        }
    ],
    "refused_callers": [
        {
            "id": 1,
            "calling_aet": "X",
            "called_aet": "Y",
            "host": "h",
            "reason": "unknown",
            "count": 7,
            "first_utc": T0,
            "last_utc": T0,
        }
    ],
}


def make_version_1(url: str) -> None:
    """The tables as the first migration made them, filled by nothing of today's program."""
    parsed = make_url(url)
    engine = create_engine(parsed.set(drivername=DRIVERS[parsed.get_backend_name()]))
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "0001")
        for table, rows in VERSION_1.items():
            names = ", ".join(rows[0])
            values = ", ".join(f":{name}" for name in rows[0])
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), rows)
            if connection.dialect.name == "postgresql" and "id" in rows[0]:
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                connection.execute(text(f"SELECT setval({sequence}, {len(rows)})"))
    engine.dispose()


def all_rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """What the tables hold in the columns of version 1."""
    parsed = make_url(url)
    engine = create_engine(parsed.set(drivername=DRIVERS[parsed.get_backend_name()]))
    with engine.begin() as connection:
        found = {
            table: [
                dict(row)
                for row in connection.execute(
                    text(f"SELECT {', '.join(rows[0])} FROM {table} ORDER BY 1")
                ).mappings()
            ]
            for table, rows in VERSION_1.items()
        }
    engine.dispose()
    return found


def test_a_database_of_version_1_loses_nothing(database_url: str) -> None:
    make_version_1(database_url)
    before = all_rows(database_url)
    assert {table: len(rows) for table, rows in before.items()} == {
        table: len(rows) for table, rows in VERSION_1.items()
    }
    open_database(database_url).close()
    assert all_rows(database_url) == before


def test_a_database_of_version_1_goes_on(database_url: str) -> None:
    make_version_1(database_url)
    db = open_database(database_url)
    assert peers.list_peers(db) == (Peer("pacs", "PACS", "h", 104, gets_results=True, tls=True),)
    assert peers.get_peer(db, "pacs").protocol is PeerProtocol.DICOM
    assert peers.list_refused(db)[0].count == 7
    assert [each.path for each in instances.instances_of(db, "1.2.1")] == [Path("/x")]
    report = deliveries.report_of(db, 1)
    assert report is not None
    assert (report.piece, report.ordinal, report.path) == (
        Piece.REPORT,
        0,
        Path("/data/reports/1.dcm"),
    )
    (due,) = deliveries.claim_due(db, "pacs", owner="a", lease_s=60, now=NOW)
    assert (due.id, due.position, due.attempts, due.last_error) == (2, 0, 2, "no connection")
    deliveries.delivered(db, 2, note="", now=NOW)
    assert series.get_series(db, "1.2.2").state is SeriesState.REPORTED
    (parked,) = deliveries.deliveries_of(db, 3)
    assert (parked.state, parked.last_error) == (DeliveryState.PARKED, "refused")

    queued(db, now=NOW + timedelta(seconds=1))
    claim = claimed(db, now=NOW + timedelta(seconds=1))
    objects = [report_for(claim.series, piece) for piece in (Piece.REPORT, Piece.SUMMARY)]
    assert queue.finish_analysed(
        db,
        claim,
        result={},
        objects=objects,
        deliveries=[NewDelivery(each.sop_instance_uid, "pacs") for each in objects],
        now=NOW,
    )
    assert len(deliveries.objects_of(db, claim.series.id)) == 2
    db.close()


def test_old_readings_get_their_place_in_the_worklist(database_url: str) -> None:
    make_version_1(database_url)
    db = open_database(database_url)
    found = worklist.page(db, worklist.Query(words="müller p1")).items
    assert [each.id for each in found] == [1, 2, 3]
    for each in found:
        assert each.outcome is outcome_of(each.state, each.result)
        assert each.triage_rank == triage_rank(each.outcome, each.result)
    db.close()
