"""The command ``cspine-train``, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference.model.record import load_model

TINY = (
    "--encoder", "tf_efficientnetv2_b0", "--steps", "2", "--studies", "1", "--negatives", "1",
    "--validation", "1", "--size", "64", "--matrix", "96", "--threads", "1", "--workers", "1",
)  # fmt: skip


def cspine_train(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from inference.training.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env=os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"},
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    done = cspine_train("fit", "--output", str(folder), *TINY)
    assert done.returncode == 0, done.stderr
    return folder


def test_fit_makes_a_model(output: Path) -> None:
    record = load_model(output / "model.safetensors").record
    assert record.contract.size_px == 64
    assert 0 <= record.operating_point <= 1
    assert record.provenance.training_seeds == (0, 1)


def test_evaluate_measures_it_and_writes_the_card(output: Path) -> None:
    card = output / "card.md"
    done = cspine_train(
        "evaluate", "--weights", str(output / "model.safetensors"), "--fractured", "1",
        "--intact", "1", "--negatives", "1", "--slices", "40", "--matrix", "96",
        "--card", str(card), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["fractured"] == measured["intact"] == measured["negatives"] == 1
    text = card.read_text(encoding="utf-8")
    assert "Not for patients. Research use only." in text
    assert load_model(output / "model.safetensors").identity.sha256 in text


def test_another_recipe_in_the_same_folder_fails_in_one_line(output: Path) -> None:
    done = cspine_train("fit", "--output", str(output), *TINY, "--seed", "4")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "another recipe" in last
    assert "Traceback" not in done.stderr


def test_missing_weights_fail_in_one_line(tmp_path: Path) -> None:
    done = cspine_train("evaluate", "--weights", str(tmp_path / "none.safetensors"))
    assert done.returncode == 1
    assert done.stderr.startswith("cspine-train: ")


def test_training_seeds_cannot_be_evaluated() -> None:
    assert cspine_train("evaluate", "--first-seed", "7").returncode == 2


def test_help_names_the_commands() -> None:
    text = cspine_train("--help").stdout
    assert "fit" in text
    assert "evaluate" in text
