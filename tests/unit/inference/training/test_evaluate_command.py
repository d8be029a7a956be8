"""``cspine-train evaluate``, run as a user runs it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from inference.model.record import save_model
from inference.training.cli import main
from tests.unit.inference.tiny import ARCHITECTURES, tiny_model

SMALL = ("--matrix", "64", "--slices", "60", "--negatives", "1", "--workers", "1")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int | str | None
    stdout: str
    stderr: str


class Evaluate(Protocol):
    def __call__(self, *arguments: str) -> Done: ...


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Evaluate:
    """The installed command's entry point, in this process."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["cspine-train", "evaluate", *arguments])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as stopped:
            main()
        out = capsys.readouterr()
        return Done(stopped.value.code, out.out, out.err)

    return run


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    paths = []
    for architecture in ARCHITECTURES:
        model = tiny_model(architecture=architecture)
        paths.append(folder / f"{architecture}.safetensors")
        save_model(paths[-1], model.network, replace(model.record, name=architecture))
    return paths


def test_two_models_are_measured_on_the_same_phantoms(
    evaluate: Evaluate, models: list[Path], tmp_path: Path
) -> None:
    weights = [word for each in models for word in ("--weights", str(each))]
    common = (*weights, *SMALL, "--seeds", "100007-100008", "--cache", str(tmp_path / "cache"))
    output, card = tmp_path / "output", tmp_path / "card.md"
    first = evaluate(*common, "--output", str(output), "--card", str(card))
    assert first.returncode == 0, first.stderr
    assert "synthetic phantoms, not patients" in first.stdout
    measured = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))
    assert [each["identity"]["name"] for each in measured["models"]] == list(ARCHITECTURES)
    assert measured["data"]["seeds"] == [100007, 100009]
    for model in measured["models"]:
        names = [each["name"].partition(" ")[0] for each in model["studies"]]
        assert names == ["100007", "100008", "100009"]
    page = (output / "evaluation.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert measured["models"][0]["identity"]["sha256"] in card.read_text(encoding="utf-8")
    again = evaluate(*common, "--json")
    assert again.returncode == 0, again.stderr
    for one, other in zip(json.loads(again.stdout)["models"], measured["models"], strict=True):
        assert one["figures"] == other["figures"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--seeds", "9000-9010"), "below 100000 are for training"),
        (("--seeds", "99999-100000"), "below 100000 are for training"),
        (("--seeds", "100005-100001"), "no range"),
        (("--seeds", "100000"), "no range"),
        (("--data", "nowhere"), "no finished set"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(
    evaluate: Evaluate, arguments: tuple[str, ...], reason: str
) -> None:
    done = evaluate(*arguments)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("cspine-train: ")
    assert reason in line


def test_missing_weights_fail_in_one_line(evaluate: Evaluate, tmp_path: Path) -> None:
    done = evaluate("--weights", str(tmp_path / "none.safetensors"))
    assert done.returncode == 1
    assert done.stderr.startswith("cspine-train: ")
