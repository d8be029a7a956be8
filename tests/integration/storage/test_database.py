from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from storage import instances, peers, series
from storage.columns import Base
from storage.database import Database, open_database
from storage.errors import (
    AlreadyExistsError,
    DatabaseTooNewError,
    DatabaseUnavailableError,
    StorageError,
)
from storage.models import DeliveryRow, Instance, PeerRow, Timeline
from storage.records import Peer, ReceiptOutcome
from tests.integration.storage.given import NOW, SERIES_UID, facts, file_of, receive
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[3]
SECRET_NAME = "Doe^Secret"


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'cspine.sqlite3'}"


def test_migrated_tables_are_those_of_the_models(database_url: str) -> None:
    database = open_database(database_url)
    with database.reading() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "compare_server_default": True}
        )
        differences = compare_metadata(context, Base.metadata)
    database.close()
    assert differences == []


def test_the_comparison_sees_a_difference(database_url: str) -> None:
    """Guards the test above: what it compares is really compared."""
    database = open_database(database_url)
    with database.transaction() as session:
        session.execute(text("DROP INDEX ix_peers_aet"))
        session.execute(text("ALTER TABLE peers DROP COLUMN tls"))
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    database.close()
    assert len(differences) == 2


def test_opening_again_keeps_everything(database_url: str) -> None:
    first = open_database(database_url)
    receive(first)
    first.close()
    second = open_database(database_url)
    assert series.get_series(second, SERIES_UID).instance_count == 1
    second.close()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database_url: str) -> None:
    database = open_database(database_url)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="9999"):
        open_database(database_url)
    with database.reading() as session:
        (revision,) = session.execute(text("SELECT version_num FROM alembic_version")).scalars()
    database.close()
    assert revision == "9999"


def open_and_close(url: str) -> None:
    open_database(url).close()


def test_many_programs_may_create_it_at_once(database_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        list(pool.map(open_and_close, [database_url] * 8))
    database = open_database(database_url)
    assert peers.list_peers(database) == ()
    database.close()


def test_closing_twice_is_harmless_and_then_nothing_works(database_url: str) -> None:
    database = open_database(database_url)
    database.close()
    database.close()
    for act in (peers.list_peers, receive):
        with pytest.raises(DatabaseUnavailableError, match="closed"):
            act(database)


def test_an_error_in_a_transaction_undoes_all_of_it(db: Database) -> None:
    def add_one_and_fail() -> None:
        with db.transaction() as session:
            session.add(PeerRow(**PEER_COLUMNS))
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        add_one_and_fail()
    assert peers.list_peers(db) == ()


PEER_COLUMNS = {
    "name": "pacs",
    "aet": "PACS",
    "host": "h",
    "port": 104,
    "may_send": False,
    "gets_results": False,
    "tls": False,
    "added_utc": NOW,
}


def test_foreign_keys_hold(db: Database) -> None:
    orphans = [
        Timeline(series_id=77, at_utc=NOW, state="receiving", note=""),
        DeliveryRow(
            series_id=77,
            sop_instance_uid="1.2",
            peer_name="p",
            state="pending",
            attempts=0,
            next_attempt_utc=NOW,
        ),
    ]
    for orphan in orphans:
        with pytest.raises(StorageError), db.transaction() as session:
            session.add(orphan)


def test_what_the_database_refuses_names_no_patient(db: Database) -> None:
    receive(db)

    def insert_orphan() -> None:
        with db.transaction() as session:
            session.add(
                Instance(
                    sop_instance_uid="1.2.77",
                    series_id=77,
                    sha256="a",
                    **{**COLUMNS, "source_aet": SECRET_NAME},
                )
            )

    def insert_twice() -> None:
        with db.transaction() as session:
            session.add(
                Instance(
                    sop_instance_uid="1.2.3",
                    series_id=1,
                    sha256="a",
                    **{**COLUMNS, "source_aet": SECRET_NAME},
                )
            )

    for act, kind in ((insert_orphan, StorageError), (insert_twice, AlreadyExistsError)):
        with pytest.raises(kind) as caught:
            act()
        assert caught.value.__suppress_context__
        assert caught.value.__cause__ is None
        assert SECRET_NAME not in str(caught.value)
        assert "\n" not in str(caught.value)


COLUMNS = {
    "sop_class_uid": "1",
    "transfer_syntax_uid": "1",
    "study_uid": "1",
    "series_uid": "1",
    "path": "/x",
    "size_bytes": 1,
    "source_aet": "",
    "called_aet": "",
    "source_host": "",
    "received_utc": NOW,
}


def test_a_naive_time_is_a_bug_that_is_named(db: Database) -> None:
    with pytest.raises(StorageError, match="zone"):
        peers.add_peer(db, Peer("pacs", "PACS", "h", 104), now=NOW.replace(tzinfo=None))


def test_times_of_other_zones_are_the_same_moments(db: Database) -> None:
    elsewhere = NOW.astimezone(datetime.strptime("+0530", "%z").tzinfo)
    instances.record_instance(db, facts(), file_of(), quiet_s=0, now=elsewhere)
    assert [each.first_received_utc for each in series.due(db, NOW)] == [NOW]


def test_its_clock_is_aware_and_near(db: Database) -> None:
    now = db.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)


def test_more_threads_than_connections(db: Database) -> None:
    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(lambda _: peers.list_peers(db), range(640)))
    assert found == [()] * 640


def test_a_reader_waits_for_no_writer(db: Database) -> None:
    with db.transaction() as session:
        session.add(PeerRow(**PEER_COLUMNS))
        session.flush()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(peers.list_peers, db).result(timeout=60) == ()


def test_a_restart_of_postgresql_is_survived(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        database = open_database(url)
        receive(database)
        postgres_server.stop()
        with pytest.raises(DatabaseUnavailableError):
            receive(database, "1.2.4")
        postgres_server.start()
        assert receive(database, "1.2.4") is ReceiptOutcome.NEW
        assert series.get_series(database, SERIES_UID).instance_count == 2
        database.close()


def test_sqlite_is_as_durable_as_its_answers(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path))
    with database.transaction() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_only_its_owner_may_read_the_sqlite_files(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        database = open_database(sqlite_url(tmp_path))
        receive(database)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        database.close()
    finally:
        os.umask(previous)
    assert modes == {
        "cspine.sqlite3": 0o600,
        "cspine.sqlite3-wal": 0o600,
        "cspine.sqlite3-shm": 0o600,
    }


def test_a_locked_sqlite_database_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.LOCK_WAIT_S", 0)
    database = open_database(sqlite_url(tmp_path))
    other = sqlite3.connect(tmp_path / "cspine.sqlite3", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailableError, match="locked"):
            receive(database)
        other.execute("ROLLBACK")
        receive(database)
    finally:
        other.close()
        database.close()


def test_a_full_sqlite_database_is_unavailable(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path))
    with database.transaction() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        session.execute(text(f"PRAGMA max_page_count = {pages + 10}"))

    receive(database)
    long = facts("1.2.4", "1.3", patient_name=SECRET_NAME + " " * 1_000_000)
    with pytest.raises(DatabaseUnavailableError, match="full") as caught:
        instances.record_instance(database, long, file_of("1.2.4"), quiet_s=0, now=NOW)
    assert SECRET_NAME not in "".join(traceback.format_exception(caught.value))
    assert series.list_series(database), "what was written before is there"
    database.close()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"\0" * 5000])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cspine.sqlite3").write_bytes(content)
    with pytest.raises(DatabaseUnavailableError):
        open_database(sqlite_url(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cspine.sqlite3",
        "nonsense://x:secret@y",
        "mysql://root:secret@localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////missing/folder/cspine.sqlite3",
        "postgresql://cspine:secret@/x?host=/missing/folder",
        "postgresql://cspine@/x?host=/missing/folder&password=secret",
        "postgresql://cspine:secret@127.0.0.1:1/x",
    ],
)
def test_a_url_that_leads_nowhere_is_unavailable_and_keeps_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        open_database(url)
    assert "\n" not in str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert "secret" not in str(error)
        error = error.__cause__


def test_a_missing_driver_is_named() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from storage.database import open_database\n"
        "from storage.errors import DatabaseUnavailableError\n"
        "try: open_database('postgresql://x@localhost/y')\n"
        "except DatabaseUnavailableError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "cspine-node[postgresql]" in done.stdout


def test_opening_and_closing_leaks_no_descriptor(database_url: str) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    open_and_close(database_url)
    before = descriptors()
    for _ in range(10):
        open_and_close(database_url)
    assert descriptors() <= before
