"""Levels where no segmentation tells them: only what a model is sure of, and only in order."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inference.errors import DataError, WeightsError
from inference.model.build import build_network
from inference.model.combine import SeenRule
from inference.model.record import save_model
from inference.phantom.study import PhantomStudy
from inference.predictor import Predictor
from inference.preprocess import FieldSlices, grid_positions, read_field
from inference.training.prepare import prepare
from inference.training.prepared import PreparedStudy, read_prepared
from inference.training.pseudo_labels import (
    PseudoReport,
    Vertebrae,
    make_pseudo_labels,
    pseudo_labels,
)
from inference.training.pseudo_store import PseudoLabels, PseudoStore
from inference.training.rsna_marks import FractureRule
from inference.training.rsna_slices import SeriesOrder, cell_places, cells_of_mask, make_series
from inference.training.slice_labels import slice_shares
from inference.training.study_slices import StudySlices
from inference.types import LEVELS, ModelIdentity
from tests.unit.inference.tiny import ENCODER, tiny_record
from tests.unit.inference.training_data.rsna_sets import ExportedSet, phantom

RULE = SeenRule(min_peak=0.6, min_extent_mm=5.0, min_levels=2, max_inversions=0, max_skipped=0)
CONTRACT = replace(tiny_record("spine").contract, size_px=160)


class Truth:
    """A network that says what is true of a phantom, surely."""

    def __init__(self, made: PhantomStudy) -> None:
        volume = made.to_volume()
        self.field: FieldSlices = read_field(volume, CONTRACT)
        self.positions = grid_positions(volume, CONTRACT.slice_spacing_mm)
        rows = np.rint(self.positions).astype(int)
        self.shares = slice_shares(made.labels)[rows]
        self.cells = cells_of_mask(made.labels[rows], cell_places(self.field))
        self.presence = np.where(self.shares >= 0.1, 0.99, 0.01)

    def said(self, presence: NDArray[np.float64] | None = None) -> Vertebrae:
        of_levels = np.arange(1, 8)[:, None, None] == self.cells[:, None]
        cells = np.where(of_levels, 0.97, 0.01).astype(np.float32)
        return Vertebrae(self.presence if presence is None else presence, cells)

    def labels(self, presence: NDArray[np.float64] | None = None) -> PseudoLabels | None:
        return pseudo_labels(self.said(presence), self.field, self.positions, RULE)


@pytest.fixture(scope="module")
def truth(exported: ExportedSet) -> Truth:
    return Truth(phantom(exported.studies[0]))


def test_what_is_sure_is_taken(truth: Truth) -> None:
    labels = truth.labels()
    assert labels is not None
    present = truth.presence > 0.5
    assert not np.isnan(labels.shares).any()
    assert (labels.shares[~present] == 0).all()
    assert (labels.shares[present] >= 0.2).all()
    error = np.abs(labels.shares - truth.shares.clip(0.2, 1))[present]
    assert error.mean() < 0.06
    shown = (truth.cells[:, None] == np.arange(1, 8)[:, None, None]) & present[:, :, None, None]
    expected = np.where(shown.any(axis=1), truth.cells, np.where(truth.cells > 0, 255, 0))
    np.testing.assert_array_equal(labels.cells, expected)


def test_what_is_not_sure_is_unknown(truth: Truth) -> None:
    presence = truth.presence.copy()
    row = int(np.flatnonzero(presence[:, 3] > 0.5)[0])
    presence[row, 3] = 0.8
    labels = truth.labels(presence)
    assert labels is not None
    assert np.isnan(labels.shares[row, 3])
    assert np.isnan(labels.shares).sum() == 1
    assert (labels.cells[row] == 4).sum() == 0
    assert (labels.cells[row][truth.cells[row] == 4] == 255).all()


def test_vertebrae_in_the_wrong_order_tell_nothing(truth: Truth) -> None:
    assert truth.labels(truth.presence[::-1].copy()) is None
    assert truth.labels(truth.presence[:, ::-1].copy()) is None


def test_no_cervical_spine_tells_nothing(truth: Truth) -> None:
    assert truth.labels(np.full_like(truth.presence, 0.02)) is None


def test_a_level_far_from_its_place_is_unknown(truth: Truth) -> None:
    """A slice that shows C6 shows no C2, whatever is said of it."""
    row = int(truth.presence[:, 5].argmax())
    presence = truth.presence.copy()
    presence[row, 1] = 0.95
    labels = truth.labels(presence)
    assert labels is not None
    assert np.isnan(labels.shares[row, 1])
    assert labels.shares[row, 5] > 0


def test_a_gap_within_a_vertebra_is_unknown(truth: Truth) -> None:
    own = np.flatnonzero(truth.presence[:, 1] > 0.5)
    assert len(own) >= 3
    presence = truth.presence.copy()
    presence[own[1], 1] = 0.01
    labels = truth.labels(presence)
    assert labels is not None
    assert np.isnan(labels.shares[own[1], 1])


def test_a_network_without_cells_tells_slices_only(truth: Truth) -> None:
    labels = pseudo_labels(Vertebrae(truth.presence, None), truth.field, truth.positions, RULE)
    assert labels is not None
    assert (labels.shares > 0).tolist() == (truth.presence > 0.5).tolist()
    assert (labels.cells_at(truth.positions, cell_places(truth.field)) == 255).all()


def test_labels_on_another_grid(exported: ExportedSet, truth: Truth) -> None:
    """What was read every 4 mm on 144 mm serves a network that reads every 2 mm on 128 mm."""
    made = phantom(exported.studies[0])
    volume = made.to_volume()
    finer = replace(CONTRACT, slice_spacing_mm=2.0, field_mm=128.0, size_px=96)
    field = read_field(volume, finer)
    positions = grid_positions(volume, 2.0)
    labels = truth.labels()
    assert labels is not None
    cells = labels.cells_at(positions, cell_places(field))
    rows = labels.rows_at(positions)
    true = cells_of_mask(
        made.labels[np.rint(truth.positions[rows]).astype(int)], cell_places(field)
    )
    known = (cells != 255) & (rows >= 0)[:, None, None]
    bone = known & (true > 0)
    assert bone.sum() > 200
    assert (cells == true)[bone].mean() > 0.75  # its cells are half as large as theirs
    assert (cells == true)[known].mean() > 0.95
    far = np.array([-50.0, len(volume.hu) + 50.0])
    assert np.isnan(labels.shares_at(far)).all()
    assert (labels.cells_at(far, cell_places(field)) == 255).all()


# A whole set.


@pytest.fixture(scope="module")
def output(exported: ExportedSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(exported.directory, folder, folds=2)
    return folder


@pytest.fixture
def prepared(output: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(output, tmp_path / "prepared"))


def model_file(path: Path, seed: int = 0, architecture: str = "spine") -> Path:
    torch.manual_seed(seed)
    record = replace(tiny_record(architecture), seen=RULE)
    network = build_network(architecture, ENCODER, len(record.contract.channels))
    save_model(path, network, record)
    return path


def unmasked(folder: Path) -> Sequence[PreparedStudy]:
    return [each for each in read_prepared(folder) if each.shares() is None]


def run(folder: Path, weights: Path) -> tuple[PseudoReport, list[int]]:
    done: list[int] = []
    report = make_pseudo_labels(
        folder, weights, device="cpu", on_progress=lambda _what, each, _of: done.append(each)
    )
    return report, done


def test_a_set_is_read_once_by_each_model(prepared: Path, tmp_path: Path) -> None:
    one = model_file(tmp_path / "one.safetensors")
    assert PseudoStore(prepared).model() is None
    report, done = run(prepared, one)
    assert (report.studies, report.already, done) == (3, 0, [0, 1, 2, 3])
    assert report.not_seen == 3  # an untrained network sees nothing, and says nothing
    model = PseudoStore(prepared).model()
    assert model is not None
    assert model.sha256 == Predictor.load(one, "cpu").identity.sha256
    files = sorted((prepared / "pseudo").glob("*.npz"))
    assert [each.stem for each in files] == [e.stored.study_uid for e in unmasked(prepared)]
    # What a kill leaves: two studies done, half of a file, no word that all is done.
    files[2].write_bytes(b"half")
    (prepared / "pseudo" / "1.2.npz.partial").write_bytes(b"half")
    (prepared / "pseudo" / "model.json").unlink()
    report, _ = run(prepared, one)
    assert (report.studies, report.already) == (3, 2)
    assert not list((prepared / "pseudo").glob("*.partial"))
    report, _ = run(prepared, model_file(tmp_path / "other.safetensors", seed=1))
    assert report.already == 0


def test_pseudo_labels_reach_the_training_series(prepared: Path, exported: ExportedSet) -> None:
    """With those of a model that knows the truth a study has levels; other arrays have none."""
    plan = next(each for each in exported.studies if not each.mask and each.levels)
    study = next(e for e in unmasked(prepared) if e.stored.study_uid == plan.study_uid)
    store, truth = PseudoStore(prepared), Truth(phantom(plan))
    model = ModelIdentity("knows", "1", "ab" * 32)
    store.begin(model)
    store.write(study.stored, model, truth.labels())
    assert store.read(study.stored) is None  # not all studies have theirs
    store.finish(model)

    def series() -> StudySlices:
        return make_series(SeriesOrder(study, CONTRACT, FractureRule.UNKNOWN, model.sha256))

    made = series()
    np.testing.assert_array_equal(made.shares > 0, truth.presence > 0.5)
    levels = np.where(made.boxed[:, None, None] | (made.marks == 255), 0, made.marks % 8)
    assert set(np.unique(levels)) == set(range(8))
    broken = [level in plan.levels for level in LEVELS]
    label = made.fracture[:, broken]
    assert np.isnan(label[made.shares[:, broken] > 0]).all()
    assert (label[made.shares[:, broken] == 0] == 0).all()
    # Another volume under the same name: what was seen in the former one means nothing.
    changed = replace(study, stored=replace(study.stored, numbers=study.stored.numbers[::-1]))
    assert store.read(changed.stored) is None
    assert SeriesOrder(study, CONTRACT, FractureRule.UNKNOWN, None).name != (
        SeriesOrder(study, CONTRACT, FractureRule.UNKNOWN, model.sha256).name
    )


def test_a_model_that_is_none(prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"none")
    with pytest.raises(WeightsError):
        run(prepared, tmp_path / "model.safetensors")
    assert not (prepared / "pseudo").exists()


def test_damaged_pseudo_labels(prepared: Path, tmp_path: Path) -> None:
    run(prepared, model_file(tmp_path / "one.safetensors"))
    study = unmasked(prepared)[0]
    os.truncate(prepared / "pseudo" / f"{study.stored.study_uid}.npz", 50)
    with pytest.raises(DataError, match="is damaged: delete it"):
        PseudoStore(prepared).read(study.stored)
    (prepared / "pseudo" / "model.json").write_text("{}")
    with pytest.raises(DataError, match="is damaged: make the pseudo-labels again"):
        PseudoStore(prepared).model()


COMMAND = """
import typer
from inference.training.prepare_command import prepare_command
typer.run(prepare_command)
"""


def test_the_command_prepares_and_labels(three: ExportedSet, tmp_path: Path) -> None:
    weights = model_file(tmp_path / "one.safetensors")
    arguments = [str(three.directory), "--output", str(tmp_path / "out"), "--folds", "2"]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments, "--pseudo-labels", str(weights), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout)
    assert report["studies"] == 3
    assert report["pseudo_labels"]["studies"] == 2
