"""The command ``cspine-train``, typed as a user types it; ``fit`` above all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from inference.model.record import load_model
from inference.training.cli import main
from inference.training.config import config_text
from tests.unit.inference.training.tiny_series import tiny_config

TINY = ("--accelerator", "cpu", "--threads", "1", "--workers", "1")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def cspine_train(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The console script's function, with these words on its command line."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["cspine-train", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, captured.out, captured.err)

    return run


def fit(config: Path, output: Path, *more: str) -> list[str]:
    return ["fit", "--config", str(config), "--output", str(output), *TINY, *more]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(config_text(tiny_config("spine")), encoding="utf-8")
    return path


def test_fit_makes_a_model_of_phantoms_and_refuses_another_run_in_its_folder(
    config: Path, tmp_path: Path, cspine_train: Run
) -> None:
    done = cspine_train(*fit(config, tmp_path, "--max-steps", "2", "--version", "3", "--seed", "1"))
    assert done.code == 0, done.err
    assert done.out.replace("\n", "").endswith("model.safetensors")
    record = load_model(tmp_path / "model.safetensors").record
    assert (record.architecture, record.version) == ("spine", "3")
    assert record.provenance.validation == "seeds 9000–9000"

    other = cspine_train(*fit(config, tmp_path, "--max-steps", "2", "--seed", "4"))
    assert other.code == 1
    assert "another configuration" in other.err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[slices]", "[slices]\nlearning_rat = 1"), "slices.learning_rat: Extra inputs"),
        (('"tf_efficientnetv2_b0"', '"resnet50"'), "unknown encoder 'resnet50'"),
    ],
)
def test_a_wrong_configuration_fails_in_one_line(
    config: Path, tmp_path: Path, cspine_train: Run, change: tuple[str, str], message: str
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(config.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    done = cspine_train(*fit(wrong, tmp_path / "run"))
    assert done.code == 1
    (line,) = done.err.strip().splitlines()
    assert line.startswith("cspine-train: ")
    assert message in line


def test_a_folder_that_is_no_prepared_set_fails_in_one_line(
    config: Path, tmp_path: Path, cspine_train: Run
) -> None:
    done = cspine_train(*fit(config, tmp_path / "run", "--data", str(tmp_path)))
    assert done.code == 1
    assert "cspine-train prepare" in done.err.strip().splitlines()[-1]


def test_wrong_usage_of_fit_is_told_apart(config: Path, tmp_path: Path, cspine_train: Run) -> None:
    assert cspine_train(*fit(config, tmp_path, "--accelerator", "abacus")).code == 2
    assert cspine_train(*fit(config, tmp_path, "--max-steps", "0")).code == 2
    assert cspine_train("fit", "--output", str(tmp_path)).code == 2


def test_missing_weights_fail_in_one_line(tmp_path: Path, cspine_train: Run) -> None:
    done = cspine_train("evaluate", "--weights", str(tmp_path / "none.safetensors"))
    assert done.code == 1
    assert done.err.startswith("cspine-train: ")


def test_help_names_the_commands(cspine_train: Run) -> None:
    text = cspine_train("--help").out
    for command in ("phantoms", "prepare", "fit", "evaluate", "export"):
        assert command in text
