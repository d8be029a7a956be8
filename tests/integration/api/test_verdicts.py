"""Verdicts over HTTP: signed, sent, and never one over another unseen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import dcmread

from storage import audit, deliveries, series, users, verdicts
from storage.records import Piece, Role, SeriesRecord
from tests.ct_series import write_ct_series
from tests.integration.api.conftest import Api, problem

INTACT = {"no_finding": True, "comment": "No fracture seen."}


@pytest.fixture
def refused(api: Api, tmp_path: Path) -> SeriesRecord:
    """A series that the machine did not read: a reader does."""
    files = [
        ("files", (path.name, path.read_bytes()))
        for path in write_ct_series(tmp_path / "ct", slices=3)
    ]
    with api.signed_in(Role.ADMIN) as admin:
        (uid,) = admin.post("/api/v1/uploads", files=files).json()["series_uids"]
    now = api.context.now()
    record = series.get_series(api.database, uid)
    assert series.mark_complete(
        api.database, record.id, fingerprint="f" * 64, now=record.quiet_until_utc
    )
    assert series.refuse(api.database, record.id, code="too_few_slices", text="Few.", now=now)
    return series.get_series(api.database, uid)


def body(verdict: dict[str, Any] | None = None, *, known: int = 0, **more: Any) -> dict[str, Any]:
    return {"generation": 1, "known_verdicts": known, "verdict": verdict or INTACT} | more


def path_of(record: SeriesRecord) -> str:
    return f"/api/v1/series/{record.series_uid}/verdicts"


def test_a_verdict_is_signed_recorded_and_makes_the_series_read(
    api: Api, reader: httpx.Client, refused: SeriesRecord
) -> None:
    answer = reader.post(path_of(refused), json=body())
    assert answer.status_code == 201, answer.text
    given = answer.json()
    assert (given["reader"], given["organization"]) == ("Radiologist^Ann", "Trust")
    (row,) = verdicts.verdicts_of(api.database, refused.id)
    assert row.sop_instance_uid == given["sop_instance_uid"]
    (report,) = [
        each
        for each in deliveries.objects_of(api.database, refused.id)
        if each.piece is Piece.VERDICT
    ]
    assert dcmread(report.path).VerificationFlag == "VERIFIED"
    shown = reader.get(f"/api/v1/series/{refused.series_uid}").json()
    assert shown["read_utc"] is not None
    assert [each["id"] for each in shown["verdicts"]] == [given["id"]]
    assert reader.get("/api/v1/series", params={"tab": "unread"}).json()["items"] == []
    entry = audit.entries(api.database, object_=refused.series_uid)[0]
    assert (entry.action, entry.actor) == ("verdict.given", "radiologist")


def test_of_two_readers_at_once_one_sees_the_other_s(
    api: Api, sign_in: Callable[..., httpx.Client], refused: SeriesRecord
) -> None:
    clients = [sign_in(Role.RADIOLOGIST, name) for name in ("ann", "bob")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: client.post(path_of(refused), json=body()), clients))
    won, lost = sorted(answers, key=lambda each: each.status_code)
    assert won.status_code == 201
    error = problem(lost, 409)
    assert error["code"] == "conflict"
    assert error["detail"]["verdict"] == won.json()
    assert len(verdicts.verdicts_of(api.database, refused.id)) == 1


def test_the_same_again_is_the_same_and_a_changed_mind_a_further_one(
    api: Api, reader: httpx.Client, refused: SeriesRecord
) -> None:
    first = reader.post(path_of(refused), json=body()).json()
    assert reader.post(path_of(refused), json=body()).json() == first
    changed = body({"no_finding": True, "comment": "Looked again."}, known=1)
    assert reader.post(path_of(refused), json=changed).status_code == 201
    assert len(verdicts.verdicts_of(api.database, refused.id)) == 2


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (body({"surprise": 1}), "body.verdict.surprise"),
        (body({"comment": "Only a remark."}), ""),
        (body(known=-1), "body.known_verdicts"),
        (body({"findings": [{"level": "C9", "verdict": "accept"}]}), "body.verdict.findings"),
        (body({"findings": [{"level": "C2", "verdict": "accept"}]}), "findings"),
    ],
)
def test_an_impossible_verdict_names_its_field(
    api: Api, reader: httpx.Client, refused: SeriesRecord, sent: dict[str, Any], named: str
) -> None:
    assert problem(reader.post(path_of(refused), json=sent), 422)["message"].startswith(named)
    assert verdicts.verdicts_of(api.database, refused.id) == ()


def test_a_reading_that_was_superseded_is_not_judged(
    api: Api, reader: httpx.Client, refused: SeriesRecord
) -> None:
    error = problem(reader.post(path_of(refused), json=body(generation=2)), 409)
    assert (error["code"], error["detail"]) == ("superseded", {"generation": 1})
    problem(reader.post("/api/v1/series/1.999/verdicts", json=body()), 404)


def test_nobody_signs_without_an_organization(
    api: Api, reader: httpx.Client, refused: SeriesRecord
) -> None:
    users.change_user(api.database, "radiologist", organization="", now=api.context.now())
    assert problem(reader.post(path_of(refused), json=body()), 422)["code"] == "unsigned"
