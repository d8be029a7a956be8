from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from dicom_node.reports.evidence import read_sources
from storage.database import open_database
from storage.files import DataDir
from tests.integration.delivery.outbox import Outbox
from tests.orthanc import Orthanc
from tests.postgres import PostgresServer, postgres_server
from tests.unit.reports.cases import (
    FRACTURED,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
)

__all__ = ["postgres_server"]


@pytest.fixture(scope="session")
def a_report(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    sources = read_sources(write_ct_series(tmp_path_factory.mktemp("ct")))
    return report_on(sources, prediction_of(sources_of(sources), FRACTURED))


@pytest.fixture
def outbox(tmp_path: Path, a_report: Dataset) -> Iterator[Outbox]:
    with outbox_on(None, tmp_path, a_report) as box:
        yield box


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_outbox(
    request: pytest.FixtureRequest, tmp_path: Path, a_report: Dataset
) -> Iterator[Outbox]:
    """On a database of each kind in turn."""
    with ExitStack() as stack:
        url = None
        if request.param == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = stack.enter_context(server.database())
        yield stack.enter_context(outbox_on(url, tmp_path, a_report))


@contextmanager
def outbox_on(url: str | None, folder: Path, a_report: Dataset) -> Iterator[Outbox]:
    data_dir = DataDir(folder / "node")
    data_dir.prepare()
    database = open_database(url or data_dir.default_database_url)
    box = Outbox(database, data_dir, deepcopy(a_report))
    yield box
    for runner in box.runners:
        runner.stop()
    database.close()


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with Orthanc(tmp_path / "orthanc") as server:
        yield server
