"""``cspine-train export``: a whole folder that agrees with itself, or nothing and one line."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.model.record import (
    DIGEST_KEY,
    RECORD_KEY,
    SHIPPED_WEIGHTS,
    load_model,
    save_model,
    tensors_sha256,
)
from inference.onnx_bundle import read_bundle
from inference.training.agreement import TOLERANCE, Agreement, largest_difference
from inference.training.cli import main
from inference.training.export import (
    Exported,
    ExportError,
    appearing_whole,
    checked_agreement,
    export_model,
)
from inference.training.export_card import HEADING
from inference.training.onnx_graphs import OPSET
from tests.exported import tiny_export
from tests.unit.inference.tiny import ARCHITECTURES, tiny_model, tiny_record

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return tiny_export(tmp_path_factory.getbasetemp(), "spine")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is never changed."""
    path = tmp_path_factory.mktemp("trained") / "model.safetensors"
    save_model(path, tiny_model(seed=1, architecture="spine").network, tiny_record("spine"))
    return path


@pytest.fixture
def weights(trained: Path, tmp_path: Path) -> Path:
    """A copy to spoil, or to lay a card beside."""
    folder = tmp_path / "trained"
    folder.mkdir()
    return Path(shutil.copy(trained, folder))


def cspine_train(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["cspine-train", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_both_engines_say_the_same(
    tmp_path_factory: pytest.TempPathFactory, architecture: str
) -> None:
    exported = tiny_export(tmp_path_factory.getbasetemp(), architecture)
    assert exported.agreement is not None
    assert exported.agreement.holds
    assert exported.agreement.phantom_slices > 20
    differences = exported.agreement.differences
    assert set(differences) == {"maps", "presence", "fracture", "levels", "overall"}
    assert 0 < max(differences.values()) <= TOLERANCE


def test_the_folder_holds_weights_bundle_and_card(exported: Exported) -> None:
    folder = exported.weights.parent
    names = ["tiny-0.cspine", "tiny-0.md", "tiny-0.safetensors"]
    assert sorted(path.name for path in folder.iterdir()) == names
    original = folder.parent / "tiny-spine.safetensors"
    assert exported.weights.read_bytes() == original.read_bytes()
    card = exported.card.read_text(encoding="utf-8")
    assert "Research use only" in card
    for name, digest in exported.sha256.items():
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
        assert digest in card


def test_graphs_can_be_opened_by_others_and_name_no_file_of_this_machine(
    exported: Exported,
) -> None:
    assert exported.onnx is not None
    bundle, _ = read_bundle(exported.onnx)
    for graph in (bundle.slices, bundle.series):
        model = onnx.load_from_string(graph)
        onnx.checker.check_model(model, full_check=True)
        assert [each.version for each in model.opset_import] == [OPSET]
        assert str(ROOT).encode() not in graph
        assert b"site-packages" not in graph


def test_an_exported_model_of_other_weights_is_refused(exported: Exported, weights: Path) -> None:
    assert exported.onnx is not None
    with pytest.raises(ExportError, match=r"differs by .* nothing was written"):
        checked_agreement(weights, exported.onnx)


@pytest.mark.parametrize("no_number", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_agrees_with_nothing(no_number: float) -> None:
    well, broken = np.array([0.5, 0.5]), np.array([0.5, no_number])
    assert largest_difference("levels", well, well) == 0
    for pair in ((well, broken), (broken, well), (broken, broken)):
        assert not Agreement({"levels": largest_difference("levels", *pair)}, 0).holds


def test_maps_compare_by_their_range() -> None:
    one = np.array([-100.0, 0.0])
    assert largest_difference("maps", one, one + 0.05) == pytest.approx(0.0005)
    assert largest_difference("levels", one, one + 0.05) == pytest.approx(0.05)


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with appearing_whole(tmp_path / "new" / "out") as folder:
            (folder / "part").write_text("of it")
            raise ExportError("disagreement")

    with pytest.raises(ExportError, match="disagreement"):
        fail()
    assert list((tmp_path / "new").iterdir()) == []


def test_without_onnx(
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "out"
    arguments = ("export", "--weights", weights, "--output", output, "--no-onnx", "--json")
    assert cspine_train(monkeypatch, *arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["onnx"] is said["agreement"] is None
    assert sorted(path.name for path in output.iterdir()) == ["tiny-0.md", "tiny-0.safetensors"]
    assert said["sha256"] == {"tiny-0.safetensors": load_model(weights).identity.sha256}


def test_the_card_goes_along(weights: Path, tmp_path: Path) -> None:
    digest = load_model(weights).identity.sha256
    weights.with_suffix(".md").write_text(f"# Measured\n\n{digest}\n\n{HEADING}\n\nof old\n")
    exported = export_model(weights, tmp_path / "out", onnx=False)
    card = exported.card.read_text(encoding="utf-8")
    assert card.startswith(f"# Measured\n\n{digest}\n\n{HEADING}\n\n| file |")
    assert "of old" not in card


def test_the_shipped_model_takes_its_card(tmp_path: Path) -> None:
    shipped = ROOT / "inference/weights" / SHIPPED_WEIGHTS
    own = shipped.with_suffix(".md").read_text(encoding="utf-8").partition(HEADING)[0]
    card = export_model(None, tmp_path / "out", onnx=False).card.read_text(encoding="utf-8")
    assert card.startswith(own.rstrip())


def spoiled(weights: Path, what: str) -> str:
    """Spoil the model file; what the refusal must say."""
    tensors, record = load_file(weights), asdict(tiny_record("spine"))
    reason = {
        "missing": "No such file",
        "cut off": "safetensors",
        "foreign": RECORD_KEY,
        "contract 1": "input contract 1",
        "another shape": "does not fit",
        "another model's card": "card of another model",
        "no file name": "makes no file name",
    }[what]
    if what == "missing":
        weights.unlink()
    elif what == "cut off":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif what == "foreign":
        save_file({"a": torch.zeros(1)}, weights)
    elif what == "another model's card":
        weights.with_suffix(".md").write_text("# Another model\n")
    else:
        if what == "contract 1":
            record["contract"]["version"] = 1
        elif what == "another shape":
            tensors["presence_head.bias"] = torch.zeros(6, dtype=torch.float16)
        else:
            record["name"] = "../up"
        metadata = {RECORD_KEY: json.dumps(record), DIGEST_KEY: tensors_sha256(tensors)}
        save_file(tensors, weights, metadata)
    return reason


@pytest.mark.parametrize(
    "what",
    [
        "missing", "cut off", "foreign", "contract 1", "another shape", "another model's card",
        "no file name",
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_one_line_and_leaves_nothing(
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
) -> None:
    reason = spoiled(weights, what)
    output = tmp_path / "out"
    assert cspine_train(monkeypatch, "export", "--weights", weights, "--output", output) == 1
    said = capsys.readouterr().err
    assert said.startswith("cspine-train: ")
    assert said.count("\n") == 1
    assert reason in said
    assert [path.name for path in tmp_path.iterdir()] == ["trained"]


def test_a_folder_in_use_is_left_alone(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    for output in (tmp_path, tmp_path / "note.txt", tmp_path / "note.txt" / "below"):
        with pytest.raises(ExportError, match=str(output)):
            export_model(weights, output, onnx=False)
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_an_empty_folder_is_filled(weights: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    assert export_model(weights, output, onnx=False).weights.parent == output


def test_names_may_hold_what_files_may(tmp_path: Path) -> None:
    model = tiny_model()
    weights = tmp_path / "model.safetensors"
    save_model(weights, model.network, replace(model.record, name="cspine", version="1.2.0-rc1"))
    exported = export_model(weights, tmp_path / "out", onnx=False)
    assert exported.weights.name == "cspine-1.2.0-rc1.safetensors"
