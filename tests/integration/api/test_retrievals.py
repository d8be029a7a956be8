"""Query/Retrieve over HTTP: a study is found on Orthanc, and comes to our own listener."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

from dicom_node.api.retrievals import SEARCHES_MAX
from dicom_node.query_retrieve.retrievals import AT_A_TIME, UNFINISHED_MAX
from dicom_node.scp.listener import DicomListener
from dicom_node.scp.settings import ListenerSettings
from storage import audit, series
from storage.records import Role
from tests.dcmtk import LOOPBACK, free_port
from tests.integration.api.conftest import Api, problem, running
from tests.integration.network.answering_scp import answering_scp
from tests.integration.network.conftest import MakeCt, make_ct
from tests.orthanc import Orthanc
from tests.support import wait_until

__all__ = ["make_ct"]

STUDY = "1.2.840.7"
RETRIEVE = "/api/v1/peers/pacs/retrieve"
FIND = "/api/v1/peers/pacs/find"


@pytest.fixture
def listener(api: Api) -> Iterator[DicomListener]:
    """The DICOM door of the same node."""
    listener = DicomListener(
        ListenerSettings(ae_title="CSPINE", bind=LOOPBACK, port=0, quiet_s=60),
        database=api.database,
        data_dir=api.context.data_dir,
    )
    listener.start()
    yield listener
    listener.stop(0)


@pytest.fixture
def pacs(tmp_path: Path, listener: DicomListener, make_ct: MakeCt) -> Iterator[Orthanc]:
    """Orthanc with one study of three images, which knows the node."""
    modalities = {"us": ["CSPINE", LOOPBACK, listener.port]}
    with Orthanc(
        tmp_path / "orthanc", DicomModalities=modalities, DefaultEncoding="Utf8"
    ) as orthanc:
        for _ in range(3):
            path = make_ct(
                SpecificCharacterSet="ISO_IR 192",
                PatientName="Müller^Änne",
                PatientID="P7",
                StudyInstanceUID=STUDY,
                SeriesInstanceUID=f"{STUDY}.1",
                SOPInstanceUID=generate_uid(None),
            )
            orthanc.upload(path)
        yield orthanc


def know(admin: httpx.Client, port: int, aet: str = "PACS", **changes: Any) -> None:
    body = {"name": "pacs", "aet": aet, "host": LOOPBACK, "port": port, "may_send": True}
    assert admin.post("/api/v1/peers", json=body | changes).status_code == 201


def wait_for(client: httpx.Client, identifier: str, *states: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def there() -> bool:
        listed = client.get("/api/v1/retrievals").json()
        found[:] = [each for each in listed if each["id"] == identifier]
        return bool(found) and found[0]["state"] in states

    wait_until(there, what=f"{identifier} is {states}")
    return found[0]


def test_a_reader_finds_a_study_and_has_it_sent(
    api: Api, admin: httpx.Client, reader: httpx.Client, pacs: Orthanc
) -> None:
    know(admin, pacs.dicom_port, pacs.aet)
    answer = reader.post(FIND, json={"patient_name": "müller*"})
    assert answer.status_code == 200, answer.text
    (study,) = answer.json()["studies"]
    assert (study["study_uid"], study["patient_name"]) == (STUDY, "Müller^Änne")
    assert (study["patient_id"], study["instance_count"]) == ("P7", 3)
    assert study["held_count"] == 0
    assert answer.json()["is_whole"] is True
    answer = reader.post(FIND, json={"level": "SERIES", "study_uid": STUDY})
    (one,) = answer.json()["series"]

    asked = reader.post(RETRIEVE, json={"study_uid": STUDY, "series_uids": [one["series_uid"]]})
    assert (asked.status_code, asked.json()["asked_by"]) == (202, "radiologist")
    done = wait_for(reader, asked.json()["id"], "done")
    assert (done["completed"], done["failed"], done["remaining"]) == (3, 0, 0)
    assert done["text"] == "3 images came."
    assert done["ended_utc"] is not None
    for query, kind in (
        ({"study_uid": STUDY}, "studies"),
        ({"study_uid": STUDY, "level": "SERIES"}, "series"),
    ):
        (there,) = reader.post(FIND, json=query).json()[kind]
        assert there["held_count"] == 3
    (received,) = series.list_series(api.database)
    assert (received.series_uid, received.instance_count) == (f"{STUDY}.1", 3)

    entries = [entry for entry in audit.entries(api.database) if entry.actor == "radiologist"]
    assert [(each.action, each.object) for each in entries if "session" not in each.action] == [
        ("pacs.searched", "pacs"),
        ("pacs.searched", "pacs"),
        ("retrieval.asked", STUDY),
        ("retrieval.ended", STUDY),
        ("pacs.searched", "pacs"),
        ("pacs.searched", "pacs"),
    ]
    assert (entries[1].after or {})["query"] == {"level": "STUDY", "patient_name": "müller*"}
    assert (entries[4].after or {})["completed"] == 3


def test_a_peer_that_cannot_be_asked_is_refused_with_the_reason(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    problem(reader.post("/api/v1/peers/nobody/find", json={"patient_id": "1"}), 404)
    problem(reader.post("/api/v1/peers/nobody/retrieve", json={"study_uid": "1.2"}), 404)
    port = free_port()
    know(admin, port, may_send=False)
    error = problem(reader.post(RETRIEVE, json={"study_uid": "1.2"}), 422)
    assert "peer edit pacs --may-send" in error["message"]
    assert reader.get("/api/v1/retrievals").json() == []
    error = problem(reader.post(FIND, json={"patient_id": "1"}), 502)
    assert f"no TCP connection to {LOOPBACK} port {port}" in error["message"]
    stow = {"name": "web", "protocol": "stow", "url": "http://192.0.2.9/x"}
    assert admin.post("/api/v1/peers", json=stow).status_code == 201
    problem(reader.post("/api/v1/peers/web/find", json={"patient_id": "1"}), 422)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "give a patient's ID or name"),
        ({"patient_name": "*", "modality": "CT"}, "give a patient's ID or name"),
        ({"level": "SERIES", "patient_id": "1"}, "study_uid: "),
        ({"series_uid": "1.2", "patient_id": "1"}, "series_uid: "),
        ({"study_uid": "1..2"}, "study_uid: "),
        ({"study_date_from": "2026-02-01", "study_date_until": "2026-01-01"}, "study_date_from: "),
        ({"patient_id": "SECRET\\1"}, "body.patient_id: "),
        ({"patient_id": "SECRET" * 20}, "body.patient_id: "),
        ({"limit": 1001, "patient_id": "1"}, "body.limit: "),
        ({"surprise": 1}, "body.surprise: "),
    ],
)
def test_an_impossible_search_names_its_field(
    admin: httpx.Client, body: dict[str, Any], words: str
) -> None:
    know(admin, free_port())
    answer = admin.post(FIND, json=body)
    assert problem(answer, 422)["message"].startswith(words)
    assert "SECRET" not in answer.text


def test_searches_at_a_time_are_few(
    api: Api, admin: httpx.Client, sign_in: Callable[..., httpx.Client]
) -> None:
    release, asked = threading.Event(), threading.Semaphore(0)

    def answer(_: Any) -> Iterator[tuple[int, None]]:
        asked.release()
        release.wait(30)
        yield 0x0000, None

    def search() -> None:
        assert admin.post(FIND, json={"patient_id": "1"}).status_code == 200

    with answering_scp(
        abstract_syntaxes=(StudyRootQueryRetrieveInformationModelFind,),
        more_handlers=[(evt.EVT_C_FIND, answer)],
    ) as port:
        know(admin, port)
        threads = [threading.Thread(target=search) for _ in range(SEARCHES_MAX)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert asked.acquire(timeout=30)
        assert problem(admin.post(FIND, json={"patient_id": "1"}), 503)["code"] == "busy"
        release.set()
        for thread in threads:
            thread.join(30)
        search()


class Waiting:
    """A PACS that opens the way to the node and then sends nothing, until it is cancelled."""

    def __init__(self, to: DicomListener) -> None:
        self._to = to
        self.asked: list[str] = []
        self.release = threading.Event()

    def answer(self, event: Any) -> Iterator[Any]:
        self.asked.append(str(event.identifier.StudyInstanceUID))
        contexts = [build_context(CTImageStorage)]
        yield LOOPBACK, self._to.port, {"contexts": contexts, "ae_title": "CSPINE"}
        yield 5
        while not event.is_cancelled and not self.release.wait(0.01):
            pass
        yield 0xFE00, None


@pytest.fixture
def waiting(listener: DicomListener, admin: httpx.Client) -> Iterator[Waiting]:
    """The peer ``pacs``."""
    peer = Waiting(listener)
    with answering_scp(
        abstract_syntaxes=(StudyRootQueryRetrieveInformationModelMove,),
        more_handlers=[(evt.EVT_C_MOVE, peer.answer)],
    ) as port:
        know(admin, port)
        yield peer
        peer.release.set()


def test_a_retrieval_is_cancelled(api: Api, reader: httpx.Client, waiting: Waiting) -> None:
    identifier = reader.post(RETRIEVE, json={"study_uid": STUDY}).json()["id"]
    assert wait_for(reader, identifier, "running")["ended_utc"] is None
    again = reader.post(RETRIEVE, json={"study_uid": STUDY}).json()
    assert again["id"] == identifier  # under way already
    wait_until(lambda: waiting.asked == [STUDY])
    assert reader.post(f"/api/v1/retrievals/{identifier}/cancel").status_code == 200
    done = wait_for(reader, identifier, "cancelled")
    assert done["text"] == "It was cancelled; 0 images came before."
    problem(reader.post("/api/v1/retrievals/nothing/cancel"), 404)
    actions = [each.action for each in audit.entries(api.database, object_=STUDY)]
    assert actions == ["retrieval.asked", "retrieval.cancelled", "retrieval.ended"]


def test_some_run_and_the_others_wait_their_turn(reader: httpx.Client, waiting: Waiting) -> None:
    asked = [
        reader.post(RETRIEVE, json={"study_uid": f"1.2.{number}"}).json()["id"]
        for number in range(UNFINISHED_MAX)
    ]
    wait_until(lambda: len(waiting.asked) == AT_A_TIME)
    problem(reader.post(RETRIEVE, json={"study_uid": "1.3"}), 503)
    listed = reader.get("/api/v1/retrievals").json()
    assert [each["id"] for each in listed] == asked[::-1]
    assert [each["state"] for each in listed].count("waiting") == UNFINISHED_MAX - AT_A_TIME
    reader.post(f"/api/v1/retrievals/{asked[-1]}/cancel")
    waiting.release.set()
    assert wait_for(reader, asked[-1], "cancelled")["text"] == "It was cancelled before it began."
    assert "1.2.49" not in waiting.asked


def test_a_restart_forgets_no_retrieval(
    tmp_path: Path, api: Api, reader: httpx.Client, waiting: Waiting
) -> None:
    over = reader.post(RETRIEVE, json={"study_uid": "1.2.1"}).json()["id"]
    wait_for(reader, over, "running")
    reader.post(f"/api/v1/retrievals/{over}/cancel")
    wait_for(reader, over, "cancelled")
    body = {"study_uid": "1.2.2", "series_uids": ["1.2.2.1"]}
    running_then = reader.post(RETRIEVE, json=body).json()["id"]
    wait_for(reader, running_then, "running")
    # A second life on the same data, as after kill -9: nobody told the first one to stop.
    with running(tmp_path) as later, later.signed_in(Role.ADMIN, "later") as client:
        interrupted, cancelled = client.get("/api/v1/retrievals").json()
        assert (interrupted["id"], cancelled["id"]) == (running_then, over)
        assert (interrupted["state"], cancelled["state"]) == ("interrupted", "cancelled")
        assert interrupted["asked_by"] == "radiologist"
        assert (interrupted["study_uid"], interrupted["series_uids"]) == ("1.2.2", ["1.2.2.1"])
        assert "ask again" in interrupted["text"]


def test_a_stop_of_the_node_ends_what_runs(
    api: Api, reader: httpx.Client, waiting: Waiting
) -> None:
    reader.post(RETRIEVE, json={"study_uid": STUDY})
    wait_until(lambda: waiting.asked == [STUDY])
    api.server.stop()
    (_, ended) = audit.entries(api.database, object_=STUDY)
    assert (ended.action, (ended.after or {})["state"]) == ("retrieval.ended", "interrupted")
