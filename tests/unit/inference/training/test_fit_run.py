"""Whole runs on tiny series: a model comes out, and a broken run goes on as if nothing was."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from inference.errors import WeightsError
from inference.model.record import load_model, save_model
from inference.training.config import FitConfig, read_config
from inference.training.fit_data import FitData
from inference.training.fit_run import FitRun
from inference.training.lightning_stage import Machine, TrainingError
from inference.training.study_slices import StudySlices
from tests.unit.inference.tiny import tiny_model
from tests.unit.inference.training.tiny_series import tiny_config, tiny_data


class PowerCutError(Exception):
    """What ends a broken run."""


class FailingDisk(list[StudySlices]):
    """Series that can be read so many times."""

    reads_left = 0

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        self.reads_left -= 1
        if self.reads_left < 0:
            raise PowerCutError
        return super().__getitem__(index)


def fit(
    config: FitConfig, output: Path, data: FitData | None = None, initial: Path | None = None
) -> tuple[Path, list[str]]:
    said: list[str] = []
    run = FitRun(
        config,
        Machine(accelerator="cpu", workers=0),
        output,
        initial,
        version="7",
        on_progress=lambda _what, _done, _of: None,
        say=said.append,
    )
    path = run.fit(data or tiny_data())
    assert path is not None
    return path, said


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def spine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit(tiny_config("spine"), tmp_path_factory.mktemp("spine"))[0]


def test_a_spine_run_gives_a_model_and_says_how_it_was_made(spine: Path) -> None:
    record = load_model(spine).record
    assert (record.architecture, record.version) == ("spine", "7")
    assert record.contract == tiny_config("spine").input_contract()
    assert record.provenance.training == "seeds 0–2"
    assert record.provenance.initial_weights == "random"
    assert 0 <= record.operating_point <= 1
    assert read_config(str(spine.parent / "config.toml")) == tiny_config("spine")


def test_a_run_writes_its_losses_of_every_step(spine: Path) -> None:
    for stage, value in (("slices", "loss"), ("series", "val_metric")):
        path = spine.parent / "logs" / stage / "version_0" / "metrics.csv"
        with path.open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert sum(bool(row["loss"]) for row in rows) == 4, stage
        assert any(row[value] for row in rows), stage


def test_a_baseline_run_gives_a_model(tmp_path: Path) -> None:
    path, _ = fit(tiny_config("baseline"), tmp_path)
    model = load_model(path)
    assert model.record.architecture == "baseline"
    images = torch.zeros(2, 3, 64, 64)
    assert model.network.read_slices(images).tokens.isfinite().all()


@pytest.mark.parametrize("reads", [30, 55])
def test_a_broken_run_goes_on_as_if_nothing_had_been(
    spine: Path, tmp_path: Path, reads: int
) -> None:
    data = tiny_data()
    failing = FailingDisk(data.training)
    failing.reads_left = reads
    with pytest.raises(PowerCutError):
        fit(tiny_config("spine"), tmp_path, replace(data, training=failing))
    assert not (tmp_path / "model.safetensors").exists()
    path, _ = fit(tiny_config("spine"), tmp_path)
    whole, resumed = load_file(spine), load_file(path)
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_finished_run_is_not_trained_again(spine: Path) -> None:
    before = load_file(spine)
    again, _ = fit(tiny_config("spine"), spine.parent)
    for name, tensor in load_file(again).items():
        assert torch.equal(tensor, before[name]), name


def test_another_configuration_in_the_same_folder_is_refused(spine: Path) -> None:
    other = tiny_config("spine", slices={"learning_rate": 1e-5})
    with pytest.raises(TrainingError, match="another configuration"):
        fit(other, spine.parent)


def test_other_data_in_the_same_folder_are_refused(spine: Path) -> None:
    other = replace(tiny_data(), validation_description="fold 1")
    with pytest.raises(TrainingError, match="other data"):
        fit(tiny_config("spine"), spine.parent, other)


def test_the_encoder_of_another_model_is_a_start(tmp_path: Path) -> None:
    other = tiny_model(5, "baseline")
    save_model(tmp_path / "other.safetensors", other.network, other.record)
    config = tiny_config("baseline", slices={"steps": 1, "learning_rate": 1e-12})
    path, _ = fit(config, tmp_path / "run", initial=tmp_path / "other.safetensors")
    model = load_model(path)
    assert "other.safetensors" in model.record.provenance.initial_weights
    name = "encoder.conv_head.weight"
    ours, theirs = model.network.state_dict()[name], other.network.state_dict()[name]
    assert torch.allclose(ours, theirs, atol=1e-3)


def test_an_encoder_that_nobody_published_is_said_and_training_goes_on(tmp_path: Path) -> None:
    # timm knows this encoder and has no weights of it, with a network or without.
    config = tiny_config(
        "baseline", model={"encoder": "efficientnetv2_s", "pretrained": True}, slices={"steps": 1}
    )
    path, said = fit(config, tmp_path)
    assert any("random weights" in line for line in said)
    assert load_model(path).record.provenance.initial_weights.startswith("random, because")


def test_an_unknown_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="unknown encoder 'resnet50'"):
        fit(tiny_config("spine", model={"encoder": "resnet50"}), tmp_path)


def test_a_machine_without_a_gpu_says_so(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    run = FitRun(
        tiny_config(), Machine("gpu"), tmp_path, None, "0", lambda *_: None, lambda _: None
    )
    with pytest.raises(TrainingError, match="this machine cannot run it"):
        run.fit(tiny_data())
