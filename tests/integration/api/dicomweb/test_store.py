"""STOW-RS: what is stored is durable and complete, what is not is named; hostile bodies."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom_node.api.dicomweb import store as store_module
from dicom_node.scp.store import OWN_DEVICE
from storage import audit
from storage.instances import conflicts_of, instances_of
from storage.records import Role
from storage.series import list_series
from tests.ct_series import write_ct_series
from tests.dcmtk import data_set_bytes
from tests.integration.api.conftest import Api, problem, running
from tests.integration.api.dicomweb.conftest import STOW, multipart, stored
from tests.support import wait_until

FAILED, OTHERS, REASON = "00081198", "0008119A", "00081197"


def reasons(answer: httpx.Response) -> list[int]:
    document = answer.json()
    items = document.get(FAILED, {}).get("Value", []) + document.get(OTHERS, {}).get("Value", [])
    return [item[REASON]["Value"][0] for item in items]


@pytest.fixture
def slices(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "ct", slices=3)


def edited(path: Path, **changes: str) -> bytes:
    ds = dcmread(path)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    ds.save_as(path.with_suffix(".edited"), enforce_file_format=True)
    return path.with_suffix(".edited").read_bytes()


def test_as_c_store_would(api: Api, web: httpx.Client, slices: list[Path]) -> None:
    (first, *_) = stored(web, slices)
    rows = instances_of(api.database, first.SeriesInstanceUID)
    assert len(rows) == 3
    by_uid = {dcmread(path).SOPInstanceUID: path for path in slices}
    for row in rows:
        assert data_set_bytes(row.path) == data_set_bytes(by_uid[row.sop_instance_uid])
    (record,) = list_series(api.database)
    assert (record.source_aet, record.called_aet) == ("STOW", "CSPINE")
    entry = next(each for each in audit.entries(api.database) if each.action == "series.stored")
    assert (entry.actor, (entry.after or {})["stored"]) == ("service", 3)
    stored(web, slices)  # the same again is harmless
    assert len(instances_of(api.database, first.SeriesInstanceUID)) == 3


def test_other_content_is_kept_aside(api: Api, web: httpx.Client, slices: list[Path]) -> None:
    (first, *_) = stored(web, slices)
    changed = edited(slices[0], PatientComments="changed")
    assert web.post("/studies", content=multipart(changed), headers=STOW).status_code == 200
    assert len(conflicts_of(api.database, first.SeriesInstanceUID)) == 1


def test_some_are_stored_and_each_failure_is_named(web: httpx.Client, slices: list[Path]) -> None:
    mr = get_testdata_file("MR_small.dcm")
    body = multipart(
        slices[0].read_bytes(),
        b"no DICOM file",
        Path(str(mr)).read_bytes(),
        edited(slices[1], Manufacturer=OWN_DEVICE[0], ManufacturerModelName=OWN_DEVICE[1]),
        edited(slices[2], StudyInstanceUID=""),
    )
    answer = web.post("/studies", content=body, headers=STOW)
    assert answer.status_code == 202
    assert len(answer.json()["00081199"]["Value"]) == 1
    assert sorted(reasons(answer)) == [0x0122, 0xC000, 0xC002, 0xC004]


def test_none_is_stored(web: httpx.Client, slices: list[Path]) -> None:
    answer = web.post("/studies", content=multipart(b"noise", b""), headers=STOW)
    assert (answer.status_code, reasons(answer)) == (409, [0xC000, 0xC000])
    other = web.post("/studies/1.2.3", content=multipart(slices[0].read_bytes()), headers=STOW)
    assert (other.status_code, reasons(other)) == (409, [0xC006])
    own = dcmread(slices[0])
    answer = web.post(
        f"/studies/{own.StudyInstanceUID}",
        content=multipart(slices[0].read_bytes()),
        headers=STOW,
    )
    assert answer.status_code == 200
    assert answer.json()["00081190"]["Value"][0].endswith(own.StudyInstanceUID)


def test_without_room_it_is_busy(tmp_path: Path, slices: list[Path]) -> None:
    body = multipart(slices[0].read_bytes())
    with (
        running(tmp_path / "full", reserve_mib=2**40) as api,
        api.signed_in(Role.RADIOLOGIST) as client,
    ):
        answer = client.post("/dicomweb/studies", content=body, headers=STOW)
    assert (answer.status_code, reasons(answer)) == (503, [0xA700])


CONTENT_TYPES = (
    ("application/dicom", 415),
    ("application/json", 415),
    ("multipart/form-data; boundary=b", 415),
    ('multipart/related; type="application/dicom+json"; boundary=b', 415),
    ("multipart/related; boundary=b", 415),
    ('multipart/related; type="application/dicom"', 400),
    ('multipart/related; type="application/dicom"; boundary=' + "b" * 300, 400),
    ("", 415),
    ("multipart/related; type=application/dicom; boundary=b", 400),
)


def test_another_content_type(web: httpx.Client) -> None:
    for content_type, status in CONTENT_TYPES:
        headers = {"Content-Type": content_type}
        problem(web.post("/studies", content=b"--b\r\n", headers=headers), status)


NO_MULTIPART = (
    b"",
    b"noise without any boundary",
    b"--b0undary\r\nno header\r\n\r\n",
    b"--b0undary--\r\n",
    multipart(b"cut off")[:-8],
    b"--b0undary\r\nContent-Type: application/dicom" + b"x" * 20_000,
)


def test_what_is_no_multipart_is_400(web: httpx.Client) -> None:
    for body in NO_MULTIPART:
        problem(web.post("/studies", content=body, headers=STOW), 400)


def test_a_part_that_is_too_large_stops_no_other(
    web: httpx.Client, slices: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = max(path.stat().st_size for path in slices)
    monkeypatch.setattr(store_module, "INSTANCE_BYTES_MAX", most)
    body = multipart(slices[0].read_bytes().ljust(most + 2, b"\0"), slices[1].read_bytes())
    answer = web.post("/studies", content=body, headers=STOW)
    assert (answer.status_code, reasons(answer)) == (202, [0xA700])


def test_uids_that_are_paths_go_nowhere(api: Api, web: httpx.Client, slices: list[Path]) -> None:
    uid = str(dcmread(slices[0]).SeriesInstanceUID).encode()
    path = b"../../../../tmp/x".ljust(len(uid), b"/")
    hostile = slices[0].read_bytes().replace(uid, path)
    answer = web.post("/studies", content=multipart(hostile), headers=STOW)
    assert (answer.status_code, reasons(answer)) == (409, [0xC003])
    assert list(api.context.data_dir.instance_paths()) == []


def test_what_came_before_the_sender_broke_off_stays(
    api: Api, web: httpx.Client, slices: list[Path]
) -> None:
    body = multipart(*(path.read_bytes() for path in slices))
    head = (
        f"POST /dicomweb/studies HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {web.headers['Authorization']}\r\nContent-Type: {STOW['Content-Type']}"
        "\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", api.server.port)) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])
        wait_until(lambda: len(list_series(api.database)) == 1)

    def told() -> bool:
        return any(each.action == "series.stored" for each in audit.entries(api.database))

    wait_until(told)
