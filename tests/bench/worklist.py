"""How fast the worklist of 100,000 series answers over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
from argon2 import PasswordHasher
from sqlalchemy import insert

from dicom_node.api.context import ApiContext
from dicom_node.api.passwords import Passwords
from dicom_node.api.server import ApiServer
from dicom_node.config import ApiSection, Settings, StorageSection
from dicom_node.reports.origin import ReportingDevice
from dicom_node.scu.association import ScuIdentity
from storage import users
from storage.database import open_database
from storage.files import DataDir
from storage.models import Series
from storage.records import Role, SeriesState
from storage.triage import outcome_of, triage_rank
from tests.bench.measure import Figure, seconds, side_by_side
from tests.postgres import running_server

SERIES: Final = 100_000
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
PASSWORD: Final = "correct horse battery"
REQUESTS: Final[dict[str, str]] = {
    "first page of 50": "/api/v1/series",
    "unread only": "/api/v1/series?tab=unread",
    "critical only": "/api/v1/series?tab=critical",
    "not analysed only": "/api/v1/series?tab=not_analysed",
    "a page in the middle": "MIDDLE",
    "a name that is there once": "/api/v1/series?search=name77777",
    "a name that is not there": "/api/v1/series?search=nobody",
    "counts of all tabs": "/api/v1/worklist/counts",
    "metrics": "/metrics",
}
ROUNDS: Final = 15


def worklist(scratch: Path) -> list[Figure]:
    figures: list[Figure] = []
    with ExitStack() as stack:
        sqlite = stack.enter_context(_client(scratch / "sqlite", None))
        contenders = {"SQLite": sqlite}
        server = stack.enter_context(running_server())
        url = stack.enter_context(server.database())
        contenders["PostgreSQL"] = stack.enter_context(_client(scratch / "postgresql", url))
        for what, path in REQUESTS.items():
            asks = {f"{what}, {name}": _asking(client, path) for name, client in contenders.items()}
            figures += side_by_side(what, "ms", asks, rounds=ROUNDS)
    return figures


def _asking(client: httpx.Client, path: str) -> Callable[[], float]:
    if path == "MIDDLE":
        path = _middle(client)

    def ask() -> float:
        return 1000 * seconds(lambda: client.get(path).raise_for_status())

    return ask


def _middle(client: httpx.Client) -> str:
    first = client.get("/api/v1/series", params={"outcome": "negative", "limit": 1}).json()
    return f"/api/v1/series?cursor={first['next_cursor']}"


@contextmanager
def _client(directory: Path, url: str | None) -> Iterator[httpx.Client]:
    with (
        listening(directory, url) as (_, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        answer = client.post("/api/v1/session", json={"name": "ann", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield client


@contextmanager
def listening(directory: Path, url: str | None) -> Iterator[tuple[ApiContext, str]]:
    """An API with all the series, and its address; ``url``: of another database than SQLite."""
    data_dir = DataDir(directory)
    data_dir.prepare()
    database = open_database(url or data_dir.default_database_url)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    users.add_user(
        database, "ann", role=Role.ADMIN, password_hash=passwords.hash(PASSWORD), now=NOW
    )
    source = random.Random(1)
    with database.transaction() as session:
        for start in range(0, SERIES, 5000):
            rows = [_row(number, source) for number in range(start, start + 5000)]
            session.execute(insert(Series), rows)
    if url is not None:  # as the server itself does from time to time
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE series")
    context = ApiContext(
        Settings(api=ApiSection(port=0), storage=StorageSection(data_dir=directory)),
        database,
        data_dir,
        ReportingDevice("CSPINE", "bench", "0"),
        ScuIdentity("CSPINE"),
        passwords=passwords,
    )
    server = ApiServer(context)
    server.start()
    try:
        yield context, server.url
    finally:
        server.stop()
        database.close()


def _row(number: int, source: random.Random) -> dict[str, Any]:
    """One in ten positive, one in fifty not analysed; four in five are read."""
    state = SeriesState.NOT_ANALYSED if source.random() < 0.02 else SeriesState.REPORTED
    result = None if state is SeriesState.NOT_ANALYSED else _result(source)
    outcome = outcome_of(state, result)
    at = NOW + timedelta(seconds=number)
    return {
        "series_uid": f"1.2.{number}",
        "generation": 1,
        "study_uid": f"1.3.{number}",
        "state": state,
        "outcome": outcome,
        "triage_rank": triage_rank(outcome, result),
        "patient_id": f"P{number:07}",
        "patient_name": f"Name{number}^Given{number % 97}",
        "accession_number": f"A{number}",
        "study_description": "CT cervical spine",
        "series_description": "Bone 1.0",
        "modality": "CT",
        "source_aet": "SCANNER",
        "called_aet": "CSPINE",
        "instance_count": 300,
        "first_received_utc": at,
        "last_received_utc": at,
        "quiet_until_utc": at,
        "attempts": 1,
        "result": result,
        "read_utc": at if source.random() < 0.8 else None,
    }


def _result(source: random.Random) -> dict[str, Any]:
    overall = source.random() * (1 if source.random() < 0.2 else 0.5)
    levels = {f"C{level}": round(source.random() * overall, 4) for level in range(1, 8)}
    return {
        "status": "analysed",
        "patient_overall": round(overall, 4),
        "operating_point": 0.5,
        "levels": levels,
        "not_assessed": [],
        "findings": [],
        "coverage": "C1 to C7",
        "level_slices": {level: [1, 40] for level in levels},
        "level_coverage": dict.fromkeys(levels, "whole"),
    }
