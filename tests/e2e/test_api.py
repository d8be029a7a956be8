"""The HTTP door of a whole node: what it said is true after ``kill -9``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dicom_node.api.passwords import Passwords
from storage import audit, users
from storage.records import Role, SeriesState
from tests.ct_series import write_ct_series
from tests.node_process import NodeProcess

PASSWORD = "correct horse battery"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProcess]:
    node = NodeProcess(tmp_path)
    with node.database() as database:
        users.add_user(
            database,
            "ann",
            role=Role.ADMIN,
            password_hash=Passwords().hash(PASSWORD),
            now=database.now(),
        )
    yield node
    node.end()


def url_of(node: NodeProcess) -> str:
    urls: list[str] = re.findall(r"API listens on (\S+)", node.log.read_text())
    return urls[-1]


def test_nothing_that_was_answered_is_lost(node: NodeProcess, tmp_path: Path) -> None:
    node.start()
    with httpx.Client(base_url=url_of(node), timeout=60) as client:
        assert client.get("/health/ready").json()["status"] == "ready"
        body = {"name": "ann", "password": PASSWORD}
        token = client.post("/api/v1/session", json=body).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        paths = write_ct_series(tmp_path / "ct", slices=3)
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        (uid,) = client.post("/api/v1/uploads", files=files).json()["series_uids"]
        assert client.post(f"/api/v1/peers/{uid}/echo").status_code == 404
    node.kill()
    node.start()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url_of(node), headers=headers, timeout=60) as client:
        assert client.get("/api/v1/session").json()["user"]["name"] == "ann"
        # Three slices are too few: said in so many words, and never negative.
        node.wait_for(uid, SeriesState.NOT_ANALYSED)
        (row,) = client.get("/api/v1/series", params={"tab": "not_analysed"}).json()["items"]
        assert (row["series_uid"], row["outcome"], row["patient_overall"]) == (
            uid,
            "not_analysed",
            None,
        )
        assert row["reason_text"]
        assert client.get("/api/v1/audit/verification").json()["holds"] is True
    with node.database() as database:
        actions = [entry.action for entry in audit.entries(database)]
    assert actions == ["node.started", "session.opened", "series.uploaded", "node.started"]
    log = node.log.read_text()
    assert token not in log
    assert PASSWORD not in log
