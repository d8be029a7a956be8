"""The shadow model over HTTP and by command: chosen, compared, shown to administrators only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner, Result

from dicom_node.cli import build_app
from dicom_node.errors import ContradictionError
from dicom_node.reports.result import result_document
from inference.model_files import SHIPPED_WEIGHTS
from storage import audit, queue, series, shadow_readings
from storage.records import Outcome, ReadBy, Role, ShadowEnd
from tests.integration.api.conftest import Api, problem
from tests.integration.api.test_models import MODELS, of, put_model
from tests.integration.storage.given import claimed, queued, report_for
from tests.unit.reports.cases import FRACTURED, INTACT, prediction_of
from tests.unit.research.test_two_models import SOURCES

SHADOW = f"{MODELS}/shadow"
READ_BY = ReadBy("candidate", "2", "c" * 64)
KEY = "inference.shadow_weights"


def read_by_both(api: Api, uid: str, *, read: bool = True) -> int:
    """The active model finds C2 and C5, the shadow nothing."""
    now = api.context.now()
    record = queued(api.database, uid, now=now)
    assert queue.finish_analysed(
        api.database,
        claimed(api.database, now=now),
        result=result_document(uid, prediction_of(SOURCES, FRACTURED)),
        objects=[report_for(record)],
        deliveries=[],
        for_shadow=True,
        now=now,
    )
    if read:
        claim = shadow_readings.claim_next(api.database, owner="n", lease_s=60, now=now)
        assert claim is not None
        result = result_document(uid, prediction_of(SOURCES, INTACT))
        end = ShadowEnd(READ_BY, Outcome.NEGATIVE, result, duration_s=1.5)
        assert shadow_readings.finish(api.database, claim, end, now=now)
    return record.id


def test_chosen_shown_audited_undone_and_taken_away(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    path = put_model(api)
    digest = of(admin, "tiny.cspine")["sha256"]
    choose = f"{MODELS}/{digest}/shadow"
    problem(reader.post(choose), 403)
    problem(reader.delete(SHADOW), 403)
    assert admin.get(SHADOW).json()["model"] is None
    assert admin.post(choose).status_code == 200
    tiny = of(admin, "tiny.cspine")
    assert (tiny["shadow"], tiny["active"], of(admin, SHIPPED_WEIGHTS)["shadow"]) == (
        True,
        False,
        False,
    )
    assert api.context.in_force().inference.shadow_weights == path.resolve()
    shown = admin.get(SHADOW).json()
    assert (shown["model"]["sha256"], shown["waiting"], shown["comparisons"]) == (digest, 0, [])
    (told,) = audit.entries(api.database, object_="tiny.cspine")
    assert (told.action, (told.after or {})["sha256"]) == ("model.shadowed", digest)
    (entry,) = audit.entries(api.database, object_=KEY)

    read_by_both(api, "1.1", read=False)
    assert admin.get(SHADOW).json()["waiting"] == 1
    assert admin.post(f"/api/v1/audit/{entry.seq}/undo").status_code == 200
    assert (of(admin, "tiny.cspine")["shadow"], admin.get(SHADOW).json()["waiting"]) == (False, 0)

    assert admin.post(choose).status_code == 200
    read_by_both(api, "1.2", read=False)
    assert [each["shadow"] for each in admin.delete(SHADOW).json()] == [False, False]
    assert admin.get(SHADOW).json()["waiting"] == 0
    before = len(audit.entries(api.database, object_=KEY))
    assert admin.delete(SHADOW).status_code == 200
    assert len(audit.entries(api.database, object_=KEY)) == before, "nothing was changed"


def test_what_cannot_be_a_shadow(api: Api, admin: httpx.Client) -> None:
    put_model(api)
    (api.context.data_dir.root / "models" / "bad.safetensors").write_bytes(b"noise" * 100)
    for name in ("bad.safetensors", SHIPPED_WEIGHTS):  # damaged; the active one
        problem(admin.post(f"{MODELS}/{of(admin, name)['sha256']}/shadow"), 409)
    problem(admin.post(f"{MODELS}/{'0' * 64}/shadow"), 404)
    problem(admin.patch("/api/v1/settings", json={"set": {KEY: "/etc/passwd"}}), 422)
    assert not any(each["shadow"] for each in admin.get(MODELS).json())

    tiny = of(admin, "tiny.cspine")["sha256"]
    admin.post(f"{MODELS}/{tiny}/shadow")
    assert admin.post(f"{MODELS}/{tiny}/activate").status_code == 200
    after = of(admin, "tiny.cspine")
    assert (after["active"], after["shadow"]) == (True, False), "it is nobody's shadow any more"
    shipped = of(admin, SHIPPED_WEIGHTS)["sha256"]
    assert admin.post(f"{MODELS}/{shipped}/shadow").status_code == 200
    assert of(admin, SHIPPED_WEIGHTS)["shadow"] is True


def test_only_administrators_see_what_it_said(
    api: Api, admin: httpx.Client, reader: httpx.Client, sign_in: Callable[..., httpx.Client]
) -> None:
    read_by_both(api, "1.1")
    read_by_both(api, "1.2", read=False)
    said = admin.get("/api/v1/series/1.1").json()["shadow"]
    assert (said["outcome"], said["model"]["name"], said["duration_s"]) == (
        "negative",
        "candidate",
        1.5,
    )
    assert said["levels"] == dict(INTACT)
    waits = admin.get("/api/v1/series/1.2").json()["shadow"]
    assert (waits["outcome"], waits["patient_overall"], waits["levels"]) == (None, None, {})
    for client in (reader, sign_in(Role.SERVICE)):
        problem(client.get(SHADOW), 403)
        answers = [client.get(path) for path in ("/api/v1/series/1.1", "/api/v1/series")]
        assert answers[0].json()["shadow"] is None
        assert not any("candidate" in each.text for each in answers)
    record = series.get_series(api.database, "1.1")
    assert record.outcome is Outcome.POSITIVE, "the active model's word is the only one"


def test_compared_over_http_and_by_command(
    api: Api, admin: httpx.Client, sign_in: Callable[..., httpx.Client], tmp_path: Path
) -> None:
    read_by_both(api, "1.1")
    read_by_both(api, "1.2")
    read_by_both(api, "1.3", read=False)
    (found,) = admin.get(SHADOW, params={"days": 7, "disagreements": 1}).json()["comparisons"]
    assert found["shadow"]["sha256"] == READ_BY.sha256
    assert (found["series"], found["verdicts"], found["mean_duration_s"]) == (2, 0, 1.5)
    assert found["overall"]["models"] == {
        "both_positive": 0,
        "only_active": 2,
        "only_shadow": 0,
        "both_negative": 0,
        "not_comparable": 0,
    }
    assert found["levels"]["C5"]["models"]["only_active"] == 2
    assert found["levels"]["C6"]["models"]["both_negative"] == 2
    (newest,) = found["disagreements"]
    assert (newest["series_uid"], newest["kind"], newest["levels"]) == (
        "1.2",
        "only_active",
        ["C2", "C5"],
    )
    problem(admin.get(SHADOW, params={"days": 0}), 422)

    config = tmp_path / "cspine-node.toml"
    config.write_text(f'[storage]\ndata_dir = "{api.context.data_dir.root}"\n')
    put_model(api)

    def model(*arguments: str) -> Result:
        return CliRunner().invoke(build_app(), ["model", *arguments, "--config", str(config)])

    told = model("compare")
    assert told.exit_code == 0, told.output
    assert "candidate 2" in told.stdout
    assert "2 series, 1.5 s each; 0 failed; 0 with a verdict" in told.stdout
    assert [line.split()[:2] for line in told.stdout.splitlines() if line.startswith("1.")] == [
        ["1.2", "only_active"],
        ["1.1", "only_active"],
    ]
    assert "1 series wait" in told.stdout
    document: dict[str, Any] = json.loads(model("compare", "--json").stdout)
    assert document["waiting"] == 1
    assert document["comparisons"][0]["overall"]["models"]["only_active"] == 2

    shown = CliRunner().invoke(build_app(), ["series", "show", "1.1", "--config", str(config)])
    assert "the shadow model candidate 2: negative, 0.06" in shown.output

    assert model("shadow", "tiny.cspine").exit_code == 0
    assert of(admin, "tiny.cspine")["shadow"] is True
    assert "shadow" in model("list").stdout
    assert model("shadow", "--none").exit_code == 0
    assert of(admin, "tiny.cspine")["shadow"] is False
    assert (model("shadow").exit_code, model("shadow", "x", "--none").exit_code) == (2, 2)
    assert isinstance(model("shadow", SHIPPED_WEIGHTS).exception, ContradictionError)

    api.clock.pass_(8 * 86_400)
    later = sign_in(Role.ADMIN, "later")
    assert later.get(SHADOW, params={"days": 7}).json()["comparisons"] == []
    assert len(later.get(SHADOW).json()["comparisons"]) == 1
