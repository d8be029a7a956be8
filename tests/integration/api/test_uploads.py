"""Uploads: as C-STORE takes them, each file with its outcome; hostile zips do no harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from dicom_node.api import uploads
from storage import audit, instances, series
from tests.ct_series import write_ct_series
from tests.integration.api.conftest import Api, problem


@pytest.fixture
def slices(tmp_path: Path) -> list[Path]:
    return write_ct_series(tmp_path / "ct", slices=3)


def send(client: httpx.Client, *contents: tuple[str, bytes]) -> dict[str, Any]:
    files = [("files", (name, content)) for name, content in contents]
    answer = client.post("/api/v1/uploads", files=files)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def zipped(entries: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_files_become_a_series(api: Api, reader: httpx.Client, slices: list[Path]) -> None:
    result = send(reader, *((path.name, path.read_bytes()) for path in slices))
    assert (result["stored"], result["skipped"], result["refused"]) == (3, 0, 0)
    (uid,) = result["series_uids"]
    record = series.get_series(api.database, uid)
    assert (record.instance_count, record.source_aet) == (3, "UPLOAD")
    stored = instances.instances_of(api.database, uid)
    assert all(each.path.exists() for each in stored)
    entry = audit.entries(api.database)[-1]
    assert (entry.action, entry.actor) == ("series.uploaded", "radiologist")
    assert (entry.after or {})["series_uids"] == [uid]


def test_a_zip_becomes_a_series_and_what_is_no_ct_is_named(
    api: Api, reader: httpx.Client, slices: list[Path]
) -> None:
    entries = {f"CD/IMAGES/{path.name}": path.read_bytes() for path in slices}
    content = zipped(entries | {"CD/AUTORUN.INF": b"[autorun]", "CD/empty": b""})
    result = send(reader, ("cd.zip", content), ("notes.txt", b"hello"))
    assert (result["stored"], result["skipped"]) == (3, 3)
    assert {each["name"]: each["reason"] for each in result["files"]}["notes.txt"] == (
        "this is no DICOM file"
    )


def test_the_same_again_changes_nothing(api: Api, reader: httpx.Client, slices: list[Path]) -> None:
    for _ in range(2):
        result = send(reader, (slices[0].name, slices[0].read_bytes()))
    (uid,) = result["series_uids"]
    assert series.get_series(api.database, uid).instance_count == 1


def test_no_name_becomes_a_path(
    api: Api, reader: httpx.Client, slices: list[Path], tmp_path: Path
) -> None:
    content = slices[0].read_bytes()
    names = ["../../escaped.dcm", "/tmp/escaped.dcm", "..\\..\\escaped.dcm", "a/../../escaped.dcm"]
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    result = send(
        reader, ("../escaped.dcm", content), ("z.zip", zipped(dict.fromkeys(names, content)))
    )
    assert result["stored"] == 5
    fresh = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert [path for path in fresh if "instances" not in path.parts] == []
    assert not list(Path("/tmp").glob("escaped*"))


def test_bombs_are_refused(
    api: Api, reader: httpx.Client, slices: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RATIO_FREE_BYTES", 1000)
    good = slices[0].read_bytes()
    content = zipped({"bomb": bytes(2**24), "good.dcm": good})
    bomb, fine = send(reader, ("bomb.zip", content))["files"]
    assert (bomb["outcome"], fine["outcome"]) == ("refused", "stored")
    assert "unpacks to too much" in bomb["reason"]


def test_many_small_bombs_use_up_the_whole_budget(
    api: Api, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UNPACKED_BYTES_MAX", 5000)
    monkeypatch.setattr(uploads._Budget, "__init__", _small_budget)
    found = send(reader, ("many.zip", zipped({str(n): bytes(1000) for n in range(100)})))["files"]
    assert [each["outcome"] for each in found] == ["skipped"] * 5 + ["refused"]


def _small_budget(budget: Any) -> None:
    budget.left_bytes, budget.left_files = 5000, 50


def test_a_zip_with_too_many_entries_is_cut_short(
    api: Api, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads._Budget, "__init__", _small_budget)
    found = send(reader, ("many.zip", zipped({str(n): b"" for n in range(100)})))["files"]
    assert len(found) == 51
    assert found[-1]["reason"] == "the upload has too many files"


def test_a_lie_about_the_size_is_not_believed(
    api: Api, reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "FILE_BYTES_MAX", 1000)
    content = bytearray(zipped({"x": bytes(5000)}))
    for at in (22, content.index(b"PK\x01\x02") + 24):
        content[at : at + 4] = (10).to_bytes(4, "little")
    (found,) = send(reader, ("lie.zip", bytes(content)))["files"]
    assert found["outcome"] == "refused"


@pytest.mark.parametrize("cut", [4, 10, 100])
def test_a_damaged_zip_is_refused_and_the_next_file_is_taken(
    api: Api, reader: httpx.Client, slices: list[Path], cut: int
) -> None:
    damaged = zipped({"a": bytes(1000)})[:cut]
    result = send(reader, ("d.zip", damaged), ("good.dcm", slices[0].read_bytes()))
    assert [each["outcome"] for each in result["files"]] == ["refused", "stored"]


def test_a_zip_in_a_zip_is_not_opened(api: Api, reader: httpx.Client) -> None:
    (found,) = send(reader, ("o.zip", zipped({"i.zip": zipped({"x": b"y"})})))["files"]
    assert found["outcome"] == "skipped"


def test_a_request_without_files_is_refused(api: Api, reader: httpx.Client) -> None:
    problem(reader.post("/api/v1/uploads"), 422)
    problem(
        reader.post(
            "/api/v1/uploads",
            content=b"--x\r\nnonsense",
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        ),
        422,
    )


def test_nobody_uploads_without_a_token(api: Api, slices: list[Path]) -> None:
    files = [("files", ("a.dcm", slices[0].read_bytes()))]
    problem(httpx.post(f"{api.url}/api/v1/uploads", files=files), 401)
    assert series.list_series(api.database) == ()
