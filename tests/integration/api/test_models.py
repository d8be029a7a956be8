"""The registry of models over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from inference.model_files import SHIPPED_WEIGHTS
from inference.onnx_bundle import Bundle, ExportNote, write_bundle
from storage import audit
from tests.integration.api.conftest import Api, problem
from tests.unit.inference.tiny import tiny_record

MODELS = "/api/v1/models"


def put_model(api: Api, name: str = "tiny.cspine") -> Path:
    path = api.context.data_dir.root / "models" / name
    write_bundle(path, Bundle(tiny_record(), ExportNote(1, "0" * 64, "2", "1", 18), b"x", b"y"))
    return path


def of(admin: httpx.Client, name: str) -> dict[str, Any]:
    (found,) = [each for each in admin.get(MODELS).json() if each["file"] == name]
    return dict(found)


def test_listed_activated_shown_and_undone(
    api: Api, admin: httpx.Client, reader: httpx.Client
) -> None:
    path = put_model(api)
    assert [each["file"] for each in reader.get(MODELS).json()] == [SHIPPED_WEIGHTS, "tiny.cspine"]
    shipped, tiny = of(admin, SHIPPED_WEIGHTS), of(admin, "tiny.cspine")
    assert (shipped["active"], shipped["shipped"]) == (True, True)
    assert (tiny["active"], tiny["shipped"], tiny["running"]) == (False, False, False)
    assert tiny["card"]["provenance"]["data"] == "nothing"
    activate = f"{MODELS}/{tiny['sha256']}/activate"
    problem(reader.post(activate), 403)
    assert admin.post(activate).status_code == 200
    assert api.context.in_force().inference.weights == path.resolve()
    assert of(admin, "tiny.cspine")["active"] is True
    assert of(admin, SHIPPED_WEIGHTS)["active"] is False
    (told,) = audit.entries(api.database, object_="tiny.cspine")
    assert (told.action, (told.after or {})["sha256"]) == ("model.activated", tiny["sha256"])
    (entry,) = audit.entries(api.database, object_="inference.weights")
    assert admin.post(f"/api/v1/audit/{entry.seq}/undo").status_code == 200
    assert of(admin, SHIPPED_WEIGHTS)["active"] is True
    assert admin.post(f"{MODELS}/{shipped['sha256']}/activate").status_code == 200
    assert api.context.in_force().inference.weights is None


def test_what_cannot_read_is_not_activated(api: Api, admin: httpx.Client) -> None:
    (api.context.data_dir.root / "models" / "bad.safetensors").write_bytes(b"noise" * 100)
    bad = of(admin, "bad.safetensors")
    assert bad["problem"] is not None
    problem(admin.post(f"{MODELS}/{bad['sha256']}/activate"), 409)
    problem(admin.post(f"{MODELS}/{'0' * 64}/activate"), 404)
    problem(admin.post(f"{MODELS}/tiny/activate"), 422)
    refused = admin.patch("/api/v1/settings", json={"set": {"inference.weights": "/etc/passwd"}})
    problem(refused, 422)
    assert of(admin, SHIPPED_WEIGHTS)["active"] is True
