"""Where training begins: another model's encoder, matched by what its channels show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch

from inference.errors import WeightsError, WeightsUnavailableError
from inference.model.build import build_network
from inference.model.channels import BONE, CHANNELS, SOFT, WIDE, Channel, HuWindow
from inference.model.initial import load_initial_encoder, load_published_encoder
from inference.model.network import CspineNetwork
from inference.model.record import save_model
from tests.unit.inference.tiny import ENCODER, tiny_model, tiny_record


def new_network(architecture: str) -> CspineNetwork:
    torch.manual_seed(9)
    return build_network(architecture, ENCODER, len(CHANNELS[architecture])).eval()


@pytest.fixture(scope="module", params=["baseline", "spine"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("initial") / f"{request.param}.safetensors"
    model = tiny_model(1, request.param)
    with torch.no_grad():  # half precision in the file, as whole numbers here
        kernels = model.network.encoder.conv_stem.weight  # type: ignore[union-attr]
        kernels.copy_(torch.arange(float(kernels.shape[1]))[None, :, None, None] + 1)  # type: ignore[operator, index]
    save_model(path, model.network, model.record)
    return path


@pytest.mark.parametrize("architecture", ["baseline", "spine"])
def test_channels_take_the_kernels_of_what_they_show(saved: Path, architecture: str) -> None:
    network = new_network(architecture)
    count = load_initial_encoder(network, ENCODER, CHANNELS[architecture], saved)
    assert count == len(network.encoder.state_dict())
    kernels = network.encoder.state_dict()["conv_stem.weight"]
    theirs = CHANNELS[saved.stem]
    expected = [theirs.index(each) + 1 if each in theirs else 0 for each in CHANNELS[architecture]]
    assert kernels.mean(dim=(0, 2, 3)).tolist() == expected


def test_a_spine_begins_with_what_the_baseline_sees(tmp_path: Path) -> None:
    """Same features of the same slice, whatever lies beside it."""
    model, spine = tiny_model(1), new_network("spine")
    path = tmp_path / "model.safetensors"
    save_model(path, model.network.half().float(), model.record)
    load_initial_encoder(spine, ENCODER, CHANNELS["spine"], path)
    images = torch.randn(2, 5, 64, 64)
    own = images[:, [CHANNELS["spine"].index(Channel(0, each)) for each in (BONE, SOFT, WIDE)]]
    with torch.inference_mode():
        torch.testing.assert_close(spine.encoder(images), model.network.encoder(own))


def test_the_heads_stay(saved: Path) -> None:
    network = new_network("spine")
    before = {name: each.clone() for name, each in network.state_dict().items()}
    load_initial_encoder(network, ENCODER, CHANNELS["spine"], saved)
    changed = {
        name.partition(".")[0]
        for name, each in network.state_dict().items()
        if not torch.equal(each, before[name])
    }
    assert changed == {"encoder"}


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    other = build_network("baseline", "tf_efficientnetv2_b1", 3)
    save_model(path, other, replace(tiny_record(), encoder="tf_efficientnetv2_b1"))
    with pytest.raises(WeightsError, match="its encoder is tf_efficientnetv2_b1, not"):
        load_initial_encoder(new_network("spine"), ENCODER, CHANNELS["spine"], path)


def test_a_model_of_other_windows_is_refused(saved: Path) -> None:
    lung = (Channel(0, HuWindow(-600, 1500)),) * 3
    with pytest.raises(WeightsError, match="none of its input channels"):
        load_initial_encoder(new_network("baseline"), ENCODER, lung, saved)


def test_weights_that_cannot_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsUnavailableError, match=f"published weights of {ENCODER}") as caught:
        load_published_encoder(new_network("spine"), ENCODER, 5)
    assert "\n" not in str(caught.value)


def test_weights_that_nobody_publishes() -> None:
    with pytest.raises(WeightsUnavailableError, match="efficientnetv2_s"):
        load_published_encoder(new_network("baseline"), "efficientnetv2_s", 3)
