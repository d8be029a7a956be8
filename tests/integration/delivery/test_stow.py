"""STOW-RS: a server that others wrote, and one that answers as it is told."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from dicom_node.errors import ConfigError, PeerFailedError, PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuIdentity, ScuTimeouts
from dicom_node.scu.store import SendOutcome
from dicom_node.scu.stow import stow_session
from dicom_node.scu.stow_credentials import StowCredentials, read_credentials
from storage import peers
from storage.records import DeliveryState, Peer, PeerProtocol, SeriesState
from tests.dcmtk import LOOPBACK, free_port
from tests.integration.delivery.outbox import CALLING_AET, Outbox, drive, tick_to_the_end
from tests.integration.delivery.web_service import (
    Answer,
    failed,
    self_made_certificate,
    stored,
    web_service,
)
from tests.integration.network.conftest import small_ct
from tests.orthanc import Orthanc
from tests.support import unavailable

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PATIENCE = ScuTimeouts(connection_s=5, dimse_s=30)
SECRET = "s3cr3t"


@pytest.fixture
def instance() -> FileDataset:
    made = small_ct()
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.PatientName = "Doe^Jane"
    return made


def stow_peer(url: str) -> Peer:
    return Peer(
        "cloud", "CLOUD", LOOPBACK, 1, gets_results=True, protocol=PeerProtocol.STOW, url=url
    )


def send(
    url: str,
    instance: FileDataset,
    *,
    credentials: StowCredentials | None = None,
    timeouts: ScuTimeouts = PATIENCE,
) -> SendOutcome:
    with stow_session(stow_peer(url), credentials=credentials, timeouts=timeouts) as session:
        return session.send(instance)


def add_stow_peer(outbox: Outbox, url: str) -> None:
    peers.add_peer(outbox.database, stow_peer(url), now=outbox.database.now())


def test_orthanc_has_it_whole_and_once(outbox: Outbox, tmp_path: Path) -> None:
    if not PLUGIN.exists():
        unavailable("orthanc-dicomweb is not installed (see tests/install-peers.sh)")
    web = {"Enable": True, "Root": "/dicom-web/"}
    with Orthanc(tmp_path / "orthanc", Plugins=[str(PLUGIN)], DicomWeb=web) as orthanc:
        url = f"http://{LOOPBACK}:{orthanc.http_port}/dicom-web/"
        add_stow_peer(outbox, url)
        report = outbox.add_report("cloud")
        # As if the node had died between the service's success and writing it down.
        send(url, dcmread(report.path))
        drive(
            outbox.runner(),
            lambda: outbox.deliveries(report)["cloud"].state is DeliveryState.DELIVERED,
            "delivered",
        )
        (identifier,) = orthanc.instances()
        assert dcmread(BytesIO(orthanc.file(identifier))) == dcmread(report.path)
    assert outbox.series(report).state is SeriesState.REPORTED


def test_an_instance_that_is_named_as_stored(instance: FileDataset) -> None:
    with web_service(Answer(body=stored(instance.SOPInstanceUID))) as service:
        assert send(service.url, instance) == SendOutcome(0)
    (request,) = service.requests
    assert request["path"] == "/dicom-web/studies"
    assert request["Accept"] == "application/dicom+json"
    assert str(instance.SOPInstanceUID).encode() in service.bodies[0]


def test_a_media_type_with_a_character_set_is_read(instance: FileDataset) -> None:
    headers = {"Content-Type": "application/dicom+json; charset=utf-8"}
    body = failed(instance.SOPInstanceUID, 0xC000)
    with (
        web_service(Answer(202, body, headers)) as service,
        pytest.raises(PeerRefusedError, match="0xC000"),
    ):
        send(service.url, instance)


def test_a_warning_is_a_delivery(instance: FileDataset) -> None:
    body = stored(instance.SOPInstanceUID, warning=0xB000)
    with web_service(Answer(202, body)) as service:
        outcome = send(service.url, instance)
    assert outcome.status == 0xB000
    assert "coerced" in (outcome.warning or "")


@pytest.mark.parametrize("status", [200, 202, 409])
@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (0xA700, PeerUnreachableError),
        (0x0110, PeerUnreachableError),
        (0x0124, PeerUnreachableError),
        (0xA900, PeerRefusedError),
        (0xC122, PeerRefusedError),
        (0x0122, PeerRefusedError),
    ],
)
def test_a_failure_reason(
    instance: FileDataset, status: int, reason: int, error: type[PeerFailedError]
) -> None:
    body = failed(instance.SOPInstanceUID, reason)
    with (
        web_service(Answer(status, body)) as service,
        pytest.raises(error, match=f"cloud.*0x{reason:04X}"),
    ):
        send(service.url, instance)


def test_a_duplicate_is_where_it_belongs(instance: FileDataset) -> None:
    with web_service(Answer(409, failed(instance.SOPInstanceUID, 0x0111))) as service:
        assert "has it already" in (send(service.url, instance).warning or "")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, PeerRefusedError) for status in (400, 409, 413, 415, 418, 422, 501)),
        *((status, PeerUnreachableError) for status in (401, 403, 404, 408, 429, 500, 503, 507)),
    ],
)
def test_a_status_without_details(
    instance: FileDataset, status: int, error: type[PeerFailedError]
) -> None:
    with (
        web_service(Answer(status, b"Doe^Jane is no name")) as service,
        pytest.raises(error, match=f"cloud answered.*HTTP {status}") as raised,
    ):
        send(service.url, instance)
    assert "Doe" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"<html>Please log in, Doe^Jane</html>", {"Content-Type": "text/html"}),
        (b"{", {"Content-Type": "application/dicom+json"}),
        (b'{"00081199": {"vr": "SQ", "Value": 7}}', {"Content-Type": "application/json"}),
        (b"<NativeDicomModel", {"Content-Type": "application/dicom+xml"}),
        (stored("1.2.3"), {"Content-Type": "application/dicom+json"}),
    ],
    ids=["empty", "HTML", "half", "nonsense", "XML", "another instance"],
)
def test_success_that_does_not_name_the_instance_is_none(
    instance: FileDataset, body: bytes, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with web_service(Answer(200, body, headers)) as service, pytest.raises(PeerUnreachableError):
        send(service.url, instance)
    assert "Doe" not in caplog.text


def test_a_redirection_is_not_followed(instance: FileDataset) -> None:
    with web_service(Answer(body=stored(instance.SOPInstanceUID))) as other:
        answer = Answer(307, headers={"Location": f"{other.url}/studies"})
        with (
            web_service(answer) as service,
            pytest.raises(PeerRefusedError, match="another address"),
        ):
            send(service.url, instance)
    assert other.requests == []


def test_a_service_that_does_not_answer(instance: FileDataset) -> None:
    hold = threading.Event()
    impatient = ScuTimeouts(connection_s=5, dimse_s=0.3)
    with web_service(Answer(), hold=hold) as service:
        with pytest.raises(PeerUnreachableError, match="no response in time"):
            send(service.url, instance, timeouts=impatient)
        hold.set()


def test_nothing_listens(instance: FileDataset) -> None:
    with pytest.raises(PeerUnreachableError, match="no connection"):
        send(f"http://{LOOPBACK}:{free_port()}/x", instance)


@pytest.mark.parametrize("url", ["", "pacs", "ftp://host/x", "http://user:s3cr3t@host/x"])
def test_an_address_that_will_not_do(instance: FileDataset, url: str) -> None:
    with pytest.raises(PeerRefusedError, match="its address") as raised:
        send(url, instance)
    assert SECRET not in str(raised.value)


def test_certificates_are_verified_and_secrets_go_over_https_only(
    instance: FileDataset, tmp_path: Path
) -> None:
    certificate, key = self_made_certificate(tmp_path)
    answer = Answer(body=stored(instance.SOPInstanceUID))
    with web_service(answer, certificate=(certificate, key)) as service:
        with pytest.raises(PeerUnreachableError, match="certificate"):
            send(service.url, instance, credentials=StowCredentials(bearer_token=SECRET))
        assert service.requests == []
        known = StowCredentials(bearer_token=SECRET, ca_file=certificate)
        assert send(service.url, instance, credentials=known) == SendOutcome(0)
        basic = StowCredentials(user="node", password=SECRET, ca_file=certificate)
        assert send(service.url, instance, credentials=basic) == SendOutcome(0)
    shown = [request["Authorization"] for request in service.requests]
    assert shown[0] == f"Bearer {SECRET}"
    assert shown[1].startswith("Basic ")
    with web_service(answer) as service:
        with pytest.raises(PeerRefusedError, match="https only"):
            send(service.url, instance, credentials=known)
        assert service.requests == []


def test_the_runner_takes_credentials_by_the_name_of_the_peer(
    outbox: Outbox, tmp_path: Path
) -> None:
    certificate, key = self_made_certificate(tmp_path)
    file = tmp_path / "stow.toml"
    file.write_text(f'[cloud]\nbearer_token = "{SECRET}"\nca_file = "{certificate}"\n')
    file.chmod(0o600)
    report = outbox.add_report("cloud")
    answer = Answer(body=stored(report.sop_instance_uid))
    with web_service(answer, certificate=(certificate, key)) as service:
        add_stow_peer(outbox, service.url)
        tick_to_the_end(outbox.runner(stow_credentials=file))
    assert outbox.deliveries(report)["cloud"].state is DeliveryState.DELIVERED
    assert service.requests[0]["Authorization"] == f"Bearer {SECRET}"


def test_a_service_that_wants_patience_gets_it(outbox: Outbox) -> None:
    with web_service(Answer(503, headers={"Retry-After": "1800"})) as service:
        add_stow_peer(outbox, service.url)
        outbox.add_many("cloud", 3)
        before = outbox.database.now()
        identity = ScuIdentity(CALLING_AET, PATIENCE)
        tick_to_the_end(outbox.runner(identity=identity))
    assert len(service.requests) == 1
    waiting = outbox.states("cloud").values()
    assert sorted(each.attempts for each in waiting) == [0, 0, 1]
    assert all(each.next_attempt_utc - before >= timedelta(seconds=1800) for each in waiting)


def test_a_refused_instance_does_not_end_the_others(outbox: Outbox) -> None:
    with web_service(Answer(415)) as service:
        add_stow_peer(outbox, service.url)
        outbox.add_many("cloud", 3)
        tick_to_the_end(outbox.runner())
    assert {each.state for each in outbox.states("cloud").values()} == {DeliveryState.PARKED}
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ('[cloud]\nbearer_token = "s3cr3t"', 0o604, "open to everybody"),
        ("[cloud", 0o600, "no TOML"),
        ('[cloud]\ntoken = "s3cr3t"', 0o600, "cloud.token"),
        ('[cloud]\nuser = "s3cr3t"', 0o600, "go together"),
        ('[cloud]\nuser = "a"\npassword = "s3cr3t"\nbearer_token = "s3cr3t"', 0o600, "either"),
        ('cloud = "s3cr3t"', 0o600, "cloud"),
    ],
)
def test_a_wrong_file_of_secrets_is_told_without_them(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    file = tmp_path / "stow.toml"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=words) as raised:
        read_credentials(file)
    assert SECRET not in str(raised.value)


def test_a_missing_file_of_secrets(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_credentials(tmp_path / "gone.toml")


def test_secrets_are_not_shown() -> None:
    secrets: dict[str, Any] = {"bearer_token": SECRET, "password": SECRET}
    assert SECRET not in repr(StowCredentials(**secrets))
