"""The catalogue: what is held, by study; received and made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from storage import catalogue, instances
from storage.database import Database, open_database
from storage.records.catalogue import StudyMatch
from tests.integration.storage.given import (
    LATER,
    NOW,
    QUIET_S,
    claimed,
    facts,
    file_of,
    finish,
    queued,
    receive,
    report_for,
)


def hold(db: Database, study_uid: str, series_uid: str, *uids: str, **changes: Any) -> None:
    for uid in uids:
        found = replace(facts(uid, series_uid), study_uid=study_uid, **changes)
        instances.record_instance(db, found, file_of(uid), quiet_s=QUIET_S, now=NOW)


@pytest.fixture
def three(db: Database) -> Database:
    hold(db, "1.1", "1.1.1", "1.1.1.2", "1.1.1.1", patient_id="A", study_date=date(2026, 1, 1))
    hold(db, "1.2", "1.2.1", "1.2.1.1", patient_id="B_1", modality="MR")
    hold(db, "1.3", "1.3.1", "1.3.1.1", patient_id="Bx1", patient_name="Roe^Max", study_date=None)
    hold(db, "1.2", "1.2.2", "1.2.2.1", patient_id="B_1", patient_name="Doe^Jane=É")
    return db


def uids(db: Database, *, limit: int = 10, offset: int = 0, **match: Any) -> list[str]:
    found = catalogue.find_studies(db, StudyMatch(**match), limit=limit, offset=offset)
    return [each.study_uid for each in found]


def test_the_newest_study_comes_first(three: Database) -> None:
    assert uids(three) == ["1.2", "1.3", "1.1"]
    assert uids(three, limit=1, offset=1) == ["1.3"]
    first, *_ = catalogue.find_studies(three, StudyMatch(), limit=1)
    behind = catalogue.find_studies(three, StudyMatch(), limit=9, before_key=first.key)
    assert [each.study_uid for each in behind] == ["1.3", "1.1"]


def test_each_match(three: Database) -> None:
    assert uids(three, patient_id="A") == ["1.1"]
    assert uids(three, patient_id="a") == []
    assert uids(three, patient_id="B_*") == ["1.2"]
    assert uids(three, patient_id="b?1") == ["1.2", "1.3"]
    assert uids(three, patient_id="%") == []
    assert uids(three, patient_name="roe^MAX") == ["1.3"]
    assert uids(three, patient_name="doe*") == ["1.2", "1.1"]
    assert uids(three, patient_name="*É") == ["1.2"]
    assert uids(three, study_date_from=date(2026, 1, 1)) == ["1.2", "1.1"]
    assert uids(three, study_date_until=date(2026, 1, 1)) == ["1.1"]
    assert uids(three, modalities=("MR",)) == ["1.2"]
    assert uids(three, series_uids=("1.2.1", "1.3.1")) == ["1.2", "1.3"]
    assert uids(three, study_uids=("1.1", "1.9")) == ["1.1"]
    assert uids(three, study_uids=()) == []
    assert uids(three, patient_id="\\") == []


def test_modalities_are_those_of_images_beside_and_of_results(three: Database) -> None:
    report = report_for(queued(three, "1.9.9", now=LATER))
    finish(three, claimed(three, now=LATER))
    hold(three, "1.2", "1.2.3", "1.2.3.1", modality="CT")
    classes = (report.sop_class_uid,)
    assert uids(three, modalities=("MR",)) == ["1.2"]
    assert uids(three, modalities=("SR",), result_class_uids=classes) == ["1.2.1"]
    both: dict[str, Any] = {"modalities": ("SR", "MR"), "result_class_uids": classes}
    assert uids(three, **both) == ["1.2", "1.2.1"]
    assert uids(three, modalities=("KO",), result_class_uids=("1.2.3",)) == []


@pytest.mark.parametrize(
    "match",
    [
        {"patient_id": "A"},
        {"accession_number": "A1"},
        {"series_uids": ("1.3.1",)},
        {"study_uids": ("1.3",)},
    ],
)
def test_a_whole_value_is_found_without_looking_at_all_series(
    sqlite_template: Path, match: dict[str, Any]
) -> None:
    db = open_database(f"sqlite:///{sqlite_template}")
    said: list[tuple[str, Any]] = []

    @event.listens_for(db._engine, "before_cursor_execute")
    def listen(*arguments: Any) -> None:
        said.append((arguments[2], arguments[3]))

    catalogue.find_studies(db, StudyMatch(**match), limit=50)
    statement, values = next(each for each in said if each[0].startswith("SELECT"))
    with db.reading() as session:
        connection = session.connection()
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    db.close()
    assert [row[-1] for row in plan if row[-1].startswith("SCAN series")] == []


def test_what_a_study_holds(three: Database) -> None:
    second, first = catalogue.studies(three, ["1.2", "1.1"])
    assert [each.series_uid for each in second.series] == ["1.2.1", "1.2.2"]
    assert second.patient_name == "Doe^Jane=É"
    (only,) = first.series
    assert (only.instance_count, only.first_path.stem) == (2, "1.1.1.1")
    assert catalogue.studies(three, ["1.9"]) == ()
    found = catalogue.received_in(three, "1.1")
    assert [each.sop_instance_uid for each in found] == ["1.1.1.1", "1.1.1.2"]
    assert catalogue.received_in(three, "1.2", "1.1.1") == ()


def test_results_stay_when_their_reading_is_superseded(db: Database) -> None:
    record = queued(db)
    finish(db, claimed(db))
    report = report_for(record)
    assert uids(db, has_results=True) == ["1.2.1"]
    late = receive(db, "1.2.9.9", now=LATER + timedelta(seconds=1))
    assert late == "new"
    (study,) = catalogue.studies(db, ["1.2.1"])
    assert [each.instance_count for each in study.series] == [2]
    (result,) = study.results
    assert (result.sop_instance_uid, result.is_result) == (report.sop_instance_uid, True)
    assert uids(db, modalities=("SR",), result_class_uids=(report.sop_class_uid,)) == ["1.2.1"]
    assert uids(db, modalities=("SR",), result_class_uids=("1.2",)) == []
    assert catalogue.find_instance(db, report.sop_instance_uid) == result
    received = catalogue.find_instance(db, "1.2.9.9")
    assert received is not None
    assert not received.is_result
    assert catalogue.find_instance(db, "1.2.9.7") is None
