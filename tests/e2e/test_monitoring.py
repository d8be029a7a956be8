"""What a whole node tells whoever watches it: metrics, readiness, logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread

from dicom_node.api.passwords import Passwords
from storage import users
from storage.records import Role, SeriesState
from tests.alert_receivers import Hook, webhook
from tests.dcmtk import storescu
from tests.node_process import NodeProcess
from tests.scraping import scrape
from tests.support import wait_until

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Before the node starts: its log is JSON, every disk is too small, and somebody listens."""
    with webhook() as found:
        monkeypatch.setenv("CSPINE_LOG__FORMAT", "json")
        monkeypatch.setenv("CSPINE_ALERTS__WEBHOOK_URL", found.url)
        monkeypatch.setenv("CSPINE_ALERTS__DISK_MARGIN_MIB", str(2**40))
        yield found


@contextmanager
def monitor_of(node: NodeProcess) -> Iterator[httpx.Client]:
    """A program that may scrape."""
    with node.database() as database:
        users.add_user(
            database,
            "prometheus",
            role=Role.SERVICE,
            password_hash=Passwords().hash(PASSWORD),
            now=database.now(),
        )
    with httpx.Client(base_url=url_of(node), timeout=60) as client:
        body = {"name": "prometheus", "password": PASSWORD}
        token = client.post("/api/v1/session", json=body).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def url_of(node: NodeProcess) -> str:
    lines = [json.loads(line)["message"] for line in node.log.read_text().splitlines()]
    (url,) = (line.split()[-1] for line in lines if line.startswith("API listens on"))
    return str(url)


def test_a_series_on_its_way_is_seen_from_outside(
    quick: NodeProcess, intact: list[Path], hook: Hook
) -> None:
    with monitor_of(quick) as client:
        _check_ready(client)
        assert storescu(quick.port, *intact).ok
        first = dcmread(intact[0], stop_before_pixels=True)
        quick.wait_for(str(first.SeriesInstanceUID), SeriesState.REPORTED)
        wait_until(
            lambda: scrape(client).value("cspine_turnaround_seconds_count") == 1,
            what="the stages are timed",
        )
        found = scrape(client)
    for stage in ("receiving", "complete", "queued", "analysing", "analysed"):
        assert found.value("cspine_stage_duration_seconds_count", stage=stage) == 1
    quiet_s = found.value("cspine_stage_duration_seconds_sum", stage="receiving")
    assert quiet_s is not None
    assert quiet_s >= 1
    assert found.value("cspine_instances_received_total", outcome="new") == len(intact)
    assert found.value("cspine_inference_duration_seconds_count", outcome="analysed") == 1
    sent = found.value("cspine_deliveries", peer="pacs", state="delivered")
    assert sent is not None
    assert sent >= 1
    assert found.value("cspine_delivery_attempts_total", peer="pacs", outcome="taken") == sent
    assert found.value("cspine_delivery_duration_seconds_count", peer="pacs") == sent
    assert found.labels("cspine_model_info")["name"] == "tiny"
    wait_until(lambda: len(hook.documents) == 1, what="the alert came")
    assert (hook.documents[0]["alert"], hook.documents[0]["state"]) == ("disk_low", "raised")
    patient = str(first.PatientName)
    _check_log(quick.log.read_text(), str(first.SeriesInstanceUID), patient)
    assert patient not in found.text
    assert hook.url not in quick.log.read_text()


def _check_ready(client: httpx.Client) -> None:
    def parts() -> dict[str, str]:
        answer = client.get("/health/ready")
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()["parts"]
        return found

    wait_until(lambda: parts()["inference"] == "warm", deadline_s=120, what="the model is loaded")
    assert parts() == {
        "database": "answers",
        "disk": "free",
        "listener": "open",
        "inference": "warm",
    }


def _check_log(text: str, series_uid: str, patient: str) -> None:
    """Each line is a JSON object; what is done for the series names it, and the job."""
    of_series = [
        line for line in map(json.loads, text.splitlines()) if line.get("series_uid") == series_uid
    ]
    of_job = [line for line in of_series if "series_id" in line]
    assert "dicom_node.intake.tick" in {line["logger"] for line in of_series}
    assert "dicom_node.analysis.runner" in {line["logger"] for line in of_job}
    assert patient not in text
