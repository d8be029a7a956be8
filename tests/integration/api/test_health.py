"""Health and metrics over HTTP: what is said is so, and nothing of a patient is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from dicom_node.api.metrics import exposition
from dicom_node.config_security import AuditSection
from dicom_node.errors import ConfigError
from dicom_node.monitoring.worker_watch import WorkerFailure
from storage import audit
from storage.audit_exports import backlog
from storage.records import Actor, Role, SeriesState
from tests.certificates import Authority
from tests.ct_series import write_ct_series
from tests.integration.api.conftest import Api, problem, running
from tests.integration.storage import given
from tests.integration.storage.test_worklist import analysed
from tests.scraping import Scrape, scrape

READY = {"database": "answers", "disk": "free", "listener": "open", "inference": "warm"}


def not_ready(api: Api) -> tuple[list[str], dict[str, str]]:
    error = problem(httpx.get(f"{api.url}/health/ready"), 503)
    assert error["message"] == "; ".join(error["detail"]["problems"])
    return error["detail"]["problems"], error["detail"]["parts"]


def test_ready_names_every_part(api: Api) -> None:
    assert httpx.get(f"{api.url}/health/live").json()["status"] == "alive"
    assert httpx.get(f"{api.url}/health/ready").json() == {"status": "ready", "parts": READY}


def test_a_database_that_does_not_answer_is_not_ready_but_alive(api: Api) -> None:
    api.database.close()
    assert httpx.get(f"{api.url}/health/live").status_code == 200
    problems, parts = not_ready(api)
    assert problems == ["the database does not answer"]
    assert parts == READY | {"database": "silent"}


def test_a_full_disk_is_not_ready(tmp_path: Path) -> None:
    with running(tmp_path, reserve_mib=2**40) as api:
        problems, parts = not_ready(api)
        assert problems == ["the disk is too full to receive"]
        assert parts == READY | {"disk": "full"}


def test_a_closed_port_is_not_ready(api: Api) -> None:
    api.context.instruments.listens = lambda: False
    problems, parts = not_ready(api)
    assert problems == ["the DICOM port is not open"]
    assert parts == READY | {"listener": "closed"}


def test_a_model_that_does_not_start_is_not_ready_until_it_does(api: Api) -> None:
    worker = api.context.instruments.worker
    model = worker.model
    assert model is not None
    worker.failed(WorkerFailure.START)
    worker.starts()  # it is tried again: that makes it no better yet
    problems, parts = not_ready(api)
    assert problems == ["the inference process does not start"]
    assert parts == READY | {"inference": "failed"}
    worker.is_warm(model, "cpu")
    assert httpx.get(f"{api.url}/health/ready").json()["parts"] == READY


def test_a_process_that_is_being_replaced_is_ready(api: Api) -> None:
    api.context.instruments.worker.failed(WorkerFailure.JOB)
    parts = httpx.get(f"{api.url}/health/ready").json()["parts"]
    assert parts == READY | {"inference": "starting"}


def test_metrics_are_what_the_database_says(api: Api, sign_in: Callable[..., httpx.Client]) -> None:
    analysed(api.database, "1.1", 0.97)
    given.receive(api.database, "9.9", "1.2")
    found = scrape(sign_in(Role.SERVICE))
    assert found.value("cspine_series", state="analysed") == 1
    assert found.value("cspine_series", state="receiving") == 1
    assert found.value("cspine_unread_series", outcome="positive") == 1
    assert found.value("cspine_verdicts_total") == 0
    assert (found.value("cspine_disk_free_bytes") or 0) > 0
    assert found.value("cspine_disk_reserve_bytes") == 0
    assert found.value("cspine_worker_up") == 1
    assert found.labels("cspine_model_info") == {
        "name": "tiny",
        "version": "0",
        "sha256": "0" * 64,
        "architecture": "",
        "device": "cpu",
    }
    assert found.labels("cspine_build_info")["version"] == version("cspine-node")
    assert "DOE" not in found.text.upper().replace("DOES", "")


def test_deliveries_are_told_by_peer_and_state(
    api: Api, sign_in: Callable[..., httpx.Client]
) -> None:
    given.series_in(api.database, SeriesState.ANALYSED)
    found = scrape(sign_in(Role.ADMIN))
    assert found.value("cspine_deliveries", peer=given.PEER, state="pending") == 1


def test_the_audit_trail_that_waits_is_told(tmp_path: Path) -> None:
    sent_on = AuditSection(syslog_host="localhost", syslog_transport="tcp")
    with running(tmp_path, audit=sent_on) as api:
        audit.record(api.database, Actor("ann", ""), "peer.added", "pacs", now=given.NOW)
        waiting = backlog(api.database, "tcp://localhost:6514")
        assert waiting.oldest_utc is not None
        api.clock.now = waiting.oldest_utc + timedelta(hours=1)
        found = Scrape(exposition(api.context).decode())
        assert found.value("cspine_audit_waiting_entries") == waiting.entries > 0
        assert found.value("cspine_audit_waiting_seconds") == 3600


def test_what_is_uploaded_is_counted(
    api: Api, sign_in: Callable[..., httpx.Client], tmp_path: Path
) -> None:
    client = sign_in(Role.SERVICE)
    (path,) = write_ct_series(tmp_path / "ct", slices=1)
    content = path.read_bytes()
    for each in (content, content, content[:-2] + b"!!"):
        upload = [("files", ("a.dcm", each))]
        assert client.post("/api/v1/uploads", files=upload).json()["stored"] == 1
    found = scrape(client)
    for outcome in ("new", "duplicate", "conflict"):
        assert found.value("cspine_instances_received_total", outcome=outcome) == 1
    assert (found.value("cspine_received_bytes_total") or 0) > 2 * len(content)


def test_what_the_full_disk_refused_is_counted(tmp_path: Path) -> None:
    with running(tmp_path, reserve_mib=2**40) as api, api.signed_in(Role.SERVICE) as client:
        (path,) = write_ct_series(tmp_path / "ct", slices=1)
        upload = [("files", ("a.dcm", path.read_bytes()))]
        assert client.post("/api/v1/uploads", files=upload).json()["refused"] == 1
        found = scrape(client)
    assert found.value("cspine_instances_refused_total", reason="disk_reserve") == 1
    assert found.value("cspine_received_bytes_total") == 0


def test_the_end_of_a_certificate_is_told(tmp_path: Path) -> None:
    files = Authority(tmp_path).issue("node", valid_for=timedelta(days=3))
    with running(tmp_path, tls_cert=files.certificate, tls_key=files.key) as api:
        text = exposition(api.context).decode()
    (end,) = re.findall(
        r'cspine_certificate_expiry_timestamp_seconds{certificate="api"} (\S+)', text
    )
    left_s = float(end) - datetime.now(UTC).timestamp()
    assert timedelta(days=2.9) < timedelta(seconds=left_s) <= timedelta(days=3)


def test_the_scrapers_token_opens_the_metrics_and_nothing_else(tmp_path: Path) -> None:
    token = "a token as long as it must be"
    path = tmp_path / "metrics.token"
    path.write_text(f"{token}\n", encoding="utf-8")
    path.chmod(0o640)
    with running(tmp_path, metrics_token_file=path) as api:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=api.url, headers=headers) as client:
            assert scrape(client).value("cspine_listener_open") == 1
            for other in ("/api/v1/series", "/api/v1/system", "/api/v1/users"):
                assert client.get(other).status_code == 401
        for wrong in ({}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {token}x"}):
            assert httpx.get(f"{api.url}/metrics", headers=wrong).status_code == 401


@pytest.mark.parametrize(
    ("content", "mode", "problem_"),
    [
        ("short", 0o600, "less than 24 characters"),
        ("a token as long as it must be", 0o644, "is open to everybody"),
        (None, 0, "No such file"),
    ],
)
def test_a_scrapers_token_that_cannot_be_used_stops_the_start(
    tmp_path: Path, content: str | None, mode: int, problem_: str
) -> None:
    path = tmp_path / "metrics.token"
    if content is not None:
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
    with (
        pytest.raises(ConfigError, match=rf"^api\.metrics_token_file: .*{problem_}") as error,
        running(tmp_path, metrics_token_file=path),
    ):
        pass
    assert content is None or content not in str(error.value)
