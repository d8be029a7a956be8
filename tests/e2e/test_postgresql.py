"""The same job with PostgreSQL instead of the embedded database."""

from __future__ import annotations

from pathlib import Path

from storage.records import SeriesState
from tests.e2e.at_the_pacs import whole_set_at
from tests.e2e.conftest import introduce
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.postgres import PostgresServer


def test_kill_during_inference_on_postgresql(
    tmp_path: Path, orthanc: Orthanc, postgres_server: PostgresServer, fractured_c5: list[Path]
) -> None:
    uid = series_uid_of(fractured_c5)
    with postgres_server.database() as url:
        node = NodeProcess(tmp_path / "node", database_url=url)
        introduce(node, orthanc)
        node.start()
        try:
            send(node, fractured_c5)
            node.wait_for(uid, SeriesState.ANALYSING)
            node.kill()
            node.start()
            node.wait_for(uid, SeriesState.REPORTED)
            whole_set_at(orthanc, node, uid)
        finally:
            node.end()
