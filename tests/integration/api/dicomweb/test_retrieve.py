"""Retrieval: representations, entity tags, streams; nothing leaves that is not asked rightly."""

from __future__ import annotations

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from pydicom import Dataset
from pydicom.uid import JPEGLSLossless

from storage import audit
from storage.instances import instances_of
from tests.ct_series import write_ct_series, write_enhanced_ct
from tests.integration.api.conftest import Api, problem
from tests.integration.api.dicomweb.conftest import (
    AddResults,
    address,
    parts_of,
    read,
    stored,
)
from tests.support import wait_until

DICOM = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}


@pytest.fixture
def sent(web: httpx.Client, tmp_path: Path) -> list[Dataset]:
    return stored(web, write_ct_series(tmp_path / "ct", slices=3))


def test_a_series_comes_as_it_lies_on_disk(
    api: Api, web: httpx.Client, sent: list[Dataset]
) -> None:
    answer = web.get(address(sent[0], instance=False), headers=DICOM)
    files = {
        each.path.read_bytes() for each in instances_of(api.database, sent[0].SeriesInstanceUID)
    }
    parts = parts_of(answer)
    assert {content for _, content in parts} == files
    for headers, content in parts:
        uid = read(content).SOPInstanceUID
        assert headers["content-location"].endswith(f"/instances/{uid}")
        assert headers["content-type"] == ("application/dicom; transfer-syntax=1.2.840.10008.1.2.1")
        assert int(headers["content-length"]) == len(content)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"].startswith(
        'multipart/related; type="application/dicom"; boundary='
    )


def test_a_study_has_its_results_too(
    web: httpx.Client, sent: list[Dataset], add_results: AddResults
) -> None:
    report, picture = add_results(sent[0])
    found = {
        read(content).SOPInstanceUID
        for _, content in parts_of(web.get(f"/studies/{report.StudyInstanceUID}", headers=DICOM))
    }
    assert found == {ds.SOPInstanceUID for ds in [*sent, report, picture]}
    one = web.get(address(report), headers={"Accept": "application/dicom"})
    assert one.headers["content-type"].startswith("application/dicom; transfer-syntax=")
    assert read(one.content) == report
    assert problem(web.get(f"{address(report)}/rendered"), 404)["code"] == "not_found"
    problem(web.get(f"{address(report)}/frames/1"), 404)
    png = web.get(f"{address(picture)}/rendered", headers={"Accept": "image/png"})
    assert png.content.startswith(b"\x89PNG")
    ((_, frame),) = parts_of(web.get(f"{address(picture)}/frames/1"))
    assert frame == bytes(range(18))


def test_what_the_client_has_is_not_sent_again(
    web: httpx.Client, sent: list[Dataset], add_results: AddResults
) -> None:
    report, _ = add_results(sent[0])
    urls = [address(sent[0]), address(sent[0], instance=False), address(report)]
    urls += [f"{urls[0]}{each}" for each in ("/metadata", "/frames/1", "/rendered")]
    tags = set()
    for url in urls:
        tag = web.get(url).headers["etag"]
        tags.add(tag)
        again = web.get(url, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert web.get(url, headers={"If-None-Match": 'W/"other"'}).status_code == 200
    assert len(tags) == len(urls)
    other = web.get(urls[0], headers={"Accept": "application/dicom"}).headers["etag"]
    assert other not in tags
    window = web.get(f"{urls[0]}/rendered?window=0,100").headers["etag"]
    assert window not in tags


def test_what_cannot_be_decoded_is_had_as_it_is_only(
    api: Api, web: httpx.Client, tmp_path: Path
) -> None:
    (path,) = write_ct_series(tmp_path / "ct", slices=1, transfer_syntax=JPEGLSLossless)
    (sent,) = stored(web, [path])
    (row,) = instances_of(api.database, sent.SeriesInstanceUID)
    content = row.path.read_bytes()
    assert web.get(address(sent), headers=DICOM).status_code == 200
    at = content.index(b"\xff\xd8\xff")
    row.path.write_bytes(content[:at] + bytes(40) + content[at + 40 :])
    problem(web.get(address(sent)), 503)
    problem(web.get(f"{address(sent)}/rendered"), 503)
    assert web.get(address(sent), headers=DICOM).status_code == 200
    row.path.unlink()
    problem(web.get(address(sent), headers=DICOM), 503)
    (metadata,) = web.get(f"{address(sent)}/metadata").json()
    assert metadata["00080018"]["Value"] == [sent.SOPInstanceUID]
    assert "7FE00010" not in metadata
    problem(web.get(f"{address(sent)}/frames/1"), 503)
    (study,) = web.get("/studies").json()
    assert study["00100020"]["Value"] == [sent.PatientID]


def test_a_forged_number_of_frames_costs_nothing(web: httpx.Client, tmp_path: Path) -> None:
    attributes = {"NumberOfFrames": 2**31 - 1}
    (sent,) = stored(web, write_ct_series(tmp_path / "ct", slices=1, attributes=attributes))
    for each in ("/frames/1", "/bulkdata/7FE00010", "/rendered"):
        problem(web.get(address(sent) + each), 406)
    assert web.get(address(sent), headers=DICOM).status_code == 200
    few = {"NumberOfFrames": 3}
    (sent,) = stored(web, write_ct_series(tmp_path / "few", slices=1, attributes=few))
    assert web.get(f"{address(sent)}/frames/1").status_code == 200
    problem(web.get(f"{address(sent)}/frames/1,2"), 404)


def test_no_acceptable_representation_is_406(web: httpx.Client, sent: list[Dataset]) -> None:
    instance = address(sent[0])
    for path, accept in (
        (instance, "text/html"),
        (instance, 'multipart/related; type="application/dicom"; transfer-syntax=1.2.3'),
        (instance, 'multipart/related; type="application/dicom+xml"'),
        (address(sent[0], instance=False), "application/dicom"),
        (f"{instance}/metadata", "application/dicom+xml"),
        (f"{instance}/frames/1", 'multipart/related; type="image/jp2"'),
        (f"{instance}/rendered", "image/gif"),
        (f"{instance}/bulkdata/7FE00010", "image/png"),
    ):
        assert problem(web.get(path, headers={"Accept": accept}), 406)["code"] == "not_acceptable"


def test_what_is_not_there_is_404(web: httpx.Client, sent: list[Dataset]) -> None:
    instance, series = address(sent[0]), address(sent[0], instance=False)
    for path in (
        "/studies/1.2.3",
        f"/studies/{sent[0].StudyInstanceUID}/series/1.2.3",
        f"{series}/instances/1.2.3",
        instance.replace(sent[0].StudyInstanceUID, "1.2.3"),
        f"{instance}/frames/2",
        f"{instance}/bulkdata/00091010",
        f"{instance}/bulkdata/00100010",
        f"{instance}/bulkdata/00400275.0.00091010",
        "/nothing",
    ):
        assert problem(web.get(path), 404)["code"] == "not_found"


def test_an_address_that_means_nothing_is_400(web: httpx.Client, sent: list[Dataset]) -> None:
    instance = address(sent[0])
    for path in (
        "/studies/abc",
        "/studies/1.2.3%00",
        f"/studies/{'1' * 65}",
        "/studies/%2e%2e",
        "/studies/1.2/series/..%5c..",
        f"{instance}/frames/0",
        f"{instance}/frames/1,x",
        f"{instance}/frames/",
        f"{instance}/bulkdata/pixels",
        f"{instance}/bulkdata/7FE0001",
        f"{instance}/rendered?window=1",
    ):
        answer = web.get(path)
        assert answer.status_code in {400, 404}, path
        if "frames/" not in path or not path.endswith("/"):
            assert problem(answer, 400)["code"] == "bad_request"


def test_a_path_leads_nowhere_else(api: Api, web: httpx.Client, sent: list[Dataset]) -> None:
    secret = api.context.data_dir.root / "secret.dcm"
    secret.write_bytes(b"a secret")
    up = "..%2f" * 6
    for path in (
        f"/studies/{up}secret",
        f"/studies/1.2/series/1.2/instances/{up}secret.dcm",
        f"/studies/1.2/series/{up}/instances/1.2",
        f"{address(sent[0])}/bulkdata/{up}secret.dcm",
        f"{address(sent[0])}/frames/{up}secret.dcm",
    ):
        answer = web.get(path)
        assert answer.status_code in {400, 404}
        assert b"a secret" not in answer.content


def test_without_a_token_nothing_is_told(api: Api, sent: list[Dataset]) -> None:
    for path in ("/studies", address(sent[0]), f"{address(sent[0])}/rendered"):
        problem(httpx.get(f"{api.url}/dicomweb{path}"), 401)
    problem(httpx.post(f"{api.url}/dicomweb/studies", content=b"x"), 401)


def test_the_log_knows_no_patient(
    web: httpx.Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # this test's own client, not the node
        logging.getLogger(name).setLevel(logging.WARNING)
    attributes = {"PatientName": "NOBODYSNAME", "PatientID": "NOBODYSID"}
    paths = write_ct_series(tmp_path / "ct", slices=1, attributes=attributes)
    (sent,) = stored(web, paths)
    web.get("/studies", params={"PatientName": "NOBODYSNAME", "PatientID": "NOBODYSID"})
    web.get("/studies", params={"PatientName": "NOBODYSNAME", "StudyDate": "NOBODYSNAME"})
    for each in ("", "/metadata", "/rendered", "/rendered?window=NOBODYSNAME", "/frames/1"):
        web.get(address(sent) + each)
    web.get("/studies/NOBODYSNAME")
    assert "dicomweb" in caplog.text
    assert "NOBODYS" not in caplog.text


def open_images() -> set[str]:
    """The instance files that this process, and so the API, has open."""
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(str(each.readlink()))
    return {each for each in found if each.endswith(".dcm")}


def test_a_client_that_goes_away_leaves_nothing_open(
    api: Api, web: httpx.Client, tmp_path: Path
) -> None:
    (big,) = stored(
        web, [write_enhanced_ct(tmp_path / "big.dcm", slices=40, rows=512, columns=512)]
    )
    numbers = ",".join(map(str, range(1, 41)))
    for path in (address(big), f"{address(big)}/frames/{numbers}"):
        request = (
            f"GET /dicomweb{path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {web.headers['Authorization']}\r\n\r\n"
        )
        with socket.socket() as connection:
            # Else all of the answer may fit into the buffers between the two.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            connection.connect(("127.0.0.1", api.server.port))
            connection.sendall(request.encode())
            assert connection.recv(1024).startswith(b"HTTP/1.1 200")
            assert open_images()
        wait_until(lambda: not open_images(), what="files are closed")


def test_requests_that_begin_at_once_are_one_entry_of_the_audit_trail(
    api: Api, web: httpx.Client, tmp_path: Path
) -> None:
    """As of a viewer that asks for a first image and for the description of all."""
    sources = stored(web, write_ct_series(tmp_path / "ct", slices=8))
    together = threading.Barrier(len(sources))

    def look(source: Dataset) -> int:
        together.wait(20)
        return web.get(
            f"{address(source)}/metadata", headers={"Accept": "application/dicom+json"}
        ).status_code

    with ThreadPoolExecutor(len(sources)) as pool:
        assert set(pool.map(look, sources)) == {200}
    seen = [each for each in audit.entries(api.database) if each.action == "images.retrieved"]
    assert [each.object for each in seen] == [sources[0].SeriesInstanceUID]
