"""One file is a whole model, or is refused with one line."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.errors import WeightsError
from inference.model.baseline import BaselineNet
from inference.model.record import (
    DIGEST_KEY,
    RECORD_KEY,
    ModelRecord,
    load_model,
    save_model,
    tensors_sha256,
)
from tests.unit.inference.tiny import ENCODER, tiny_record


@pytest.fixture(scope="module")
def network() -> BaselineNet:
    torch.manual_seed(0)
    return BaselineNet(ENCODER).eval()


@pytest.fixture
def saved(tmp_path: Path, network: BaselineNet) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, network, tiny_record())
    return path


def resave(
    path: Path, *, record: dict[str, object] | None = None, drop: str = "", digest: str = ""
) -> None:
    """Write the same tensors with another record, without one tensor, or another digest."""
    tensors = {name: each for name, each in load_file(path).items() if name != drop}
    text = json.dumps(record if record is not None else asdict(tiny_record()))
    save_file(tensors, path, {RECORD_KEY: text, DIGEST_KEY: digest or tensors_sha256(tensors)})


def refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        load_model(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_model_comes_back_as_it_was_saved(saved: Path, network: BaselineNet) -> None:
    model = load_model(saved)
    assert model.record == tiny_record()
    assert len(model.identity.sha256) == 64
    assert not model.network.training
    images = torch.zeros(2, 3, 64, 64)
    with torch.inference_mode():
        again, before = model.network(images), network(images)
    assert torch.allclose(again.fracture, before.fracture, atol=2e-2)  # stored as float16


def test_missing_file(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "nowhere.safetensors")


def test_truncated_file(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-1000])
    assert "safetensors" in refusal(saved)


def test_flipped_bit_in_the_tensors(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[-1000] ^= 1
    saved.write_bytes(content)
    assert "digest" in refusal(saved)


def test_foreign_safetensors_file(saved: Path) -> None:
    save_file({"a": torch.zeros(1)}, saved)
    assert RECORD_KEY in refusal(saved)


def test_other_contract_version(saved: Path) -> None:
    record = asdict(tiny_record())
    record["contract"]["version"] = 99
    resave(saved, record=record)
    assert "contract 99" in refusal(saved)


def test_model_of_the_first_contract(saved: Path) -> None:
    """It had windows instead of channels, and slices at about the same distances."""
    record = asdict(tiny_record())
    contract = record["contract"]
    windows = [each["window"] for each in contract.pop("channels")]
    del contract["slab_mm"], record["architecture"], record["calibration"]
    resave(saved, record=record | {"contract": contract | {"version": 1, "windows": windows}})
    assert refusal(saved).endswith("made for input contract 1, this program has 2")


def test_unknown_architecture(saved: Path) -> None:
    resave(saved, record=asdict(replace(tiny_record(), architecture="lumbar")))
    assert "lumbar" in refusal(saved)


def test_tensors_of_another_architecture(saved: Path) -> None:
    resave(saved, record=asdict(tiny_record("spine")))
    assert "does not fit spine of tf_efficientnetv2_b0" in refusal(saved)


def test_unknown_encoder(saved: Path) -> None:
    resave(saved, record=asdict(replace(tiny_record(), encoder="resnet50")))
    assert "resnet50" in refusal(saved)


def test_tensors_of_another_encoder(saved: Path) -> None:
    resave(saved, record=asdict(replace(tiny_record(), encoder="tf_efficientnetv2_b1")))
    assert "does not fit" in refusal(saved)


def test_missing_tensor(saved: Path) -> None:
    resave(saved, drop="fracture_head.bias")
    assert "fracture_head.bias" in refusal(saved)


def test_unknown_and_wrong_fields_of_the_record(saved: Path) -> None:
    resave(saved, record=asdict(tiny_record()) | {"surprise": 1})
    assert "surprise" in refusal(saved)
    resave(saved, record=asdict(tiny_record()) | {"operating_point": "high"})
    assert "operating_point" in refusal(saved)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("contract.size_px", 100),
        ("contract.slice_spacing_mm", 0.0),
        ("contract.slab_mm", -1.0),
        ("contract.channels", []),
        ("contract.channels.0.window.width", 0.0),
        ("calibration.level_scale", -1.0),
        ("calibration.level_shift", float("nan")),
        ("operating_point", 1.5),
    ],
)
def test_records_that_cannot_be(saved: Path, place: str, value: object) -> None:
    record: Any = json.loads(json.dumps(asdict(tiny_record())))
    *way, last = place.split(".")
    inner = record
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    resave(saved, record=record)
    assert f"wrong at {place}" in refusal(saved)


def test_a_network_that_diverged_is_not_saved(tmp_path: Path) -> None:
    diverged = BaselineNet(ENCODER)
    with torch.no_grad():
        diverged.presence_head.bias[3] = 1e6
    with pytest.raises(WeightsError, match=r"presence_head\.bias holds numbers beyond"):
        save_model(tmp_path / "model.safetensors", diverged, tiny_record())
    assert list(tmp_path.iterdir()) == []


def test_record_survives_json(saved: Path) -> None:
    record: ModelRecord = load_model(saved).record
    assert asdict(record) == asdict(tiny_record())
