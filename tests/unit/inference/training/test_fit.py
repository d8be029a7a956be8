"""The training loop on two tiny phantoms."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.training.batches import SlicePool, make_batch, soft_label
from inference.training.fit import Trainer, learning_rate, train
from inference.training.phantoms import (
    StudyOrder,
    TrainingSlices,
    fractured_with_twin,
    without_spine,
)
from inference.training.recipe import Recipe, Stage
from tests.unit.inference.tiny import ENCODER, tiny_record

RECIPE = Recipe(
    encoder=ENCODER,
    studies=2,
    negatives=1,
    steps=4,
    matrices=(96,),
    contract=tiny_record().contract,
    stages=(Stage(0.5, 0.5, 0.5, 6), Stage(0.5, 1.0, 1.0, 4)),
)


@pytest.fixture(scope="module")
def pool() -> SlicePool:
    made: Sequence[TrainingSlices] = [
        fractured_with_twin(StudyOrder(0, True, 96, RECIPE.contract)),
        fractured_with_twin(StudyOrder(1, True, 96, RECIPE.contract)),
        without_spine(StudyOrder(2, False, 96, RECIPE.contract)),
    ]
    return SlicePool.of(made)


def test_every_slice_is_in_one_group(pool: SlicePool) -> None:
    rows = np.concatenate(pool.groups)
    assert len(rows) == sum(len(each.hu) for each in pool.studies)
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert all(len(each) for each in pool.groups)


def test_batches_depend_on_seed_and_step_only(pool: SlicePool) -> None:
    first, again = make_batch(pool, RECIPE, 3), make_batch(pool, RECIPE, 3)
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first.images, make_batch(pool, replace(RECIPE, seed=1), 3).images)


def test_batches_grow_with_the_stages(pool: SlicePool) -> None:
    assert make_batch(pool, RECIPE, 0).images.shape == (6, 3, 32, 32)
    batch = make_batch(pool, RECIPE, 2)
    assert batch.images.shape == (4, 3, 64, 64)
    assert batch.places.shape == (4, 8, 16, 16)
    assert batch.images.abs().max() <= 1.0


def test_labels_between_the_limits_are_left_out() -> None:
    trace = np.array([[0.0, 0.1, 0.3, 0.3]], np.float32)
    sight = np.array([[0.0, 0.0, 0.0, 0.25]], np.float32)
    target, weight = soft_label(trace, sight, (0.05, 0.2))
    assert target.tolist() == [[0, 0, 0, 1]]
    assert weight.tolist() == [[1, 0, 0, 1]]


def test_learning_rate_rises_and_falls_in_every_stage() -> None:
    stages = (Stage(0.8, 0.5, 0.5, 6), Stage(0.2, 1.0, 1.0, 4, rate=0.25))
    recipe = replace(RECIPE, steps=1000, learning_rate=1e-3, stages=stages)
    rates = [learning_rate(recipe, step) for step in range(1000)]
    assert max(rates[:800]) == pytest.approx(1e-3, rel=0.02)
    assert int(np.argmax(rates[:800])) == pytest.approx(80, abs=2)
    assert rates[799] == pytest.approx(2e-5, rel=0.01)
    assert max(rates[800:]) == pytest.approx(2.5e-4, rel=0.02)
    assert rates[-1] == pytest.approx(5e-6, rel=0.01)


def test_resumed_equals_uninterrupted(pool: SlicePool, tmp_path: Path) -> None:
    whole = Trainer(RECIPE, pool)
    for _ in range(3):
        whole.run_step()
    broken = Trainer(RECIPE, pool)
    broken.run_step()
    broken.save(tmp_path / "a.ckpt")
    resumed = Trainer(RECIPE, pool)
    resumed.resume(tmp_path / "a.ckpt")
    resumed.run_step()
    resumed.run_step()
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, resumed.model.state_dict()[name]), name
        assert torch.equal(whole.average[name], resumed.average[name]), name


def test_another_recipe_is_not_resumed(pool: SlicePool, tmp_path: Path) -> None:
    Trainer(RECIPE, pool).save(tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match="another recipe"):
        Trainer(replace(RECIPE, seed=5), pool).resume(tmp_path / "a.ckpt")


def test_training_writes_its_log(pool: SlicePool, tmp_path: Path) -> None:
    heard: list[int] = []
    network = train(Trainer(RECIPE, pool), tmp_path, save_every=2, on_step=heard.append)
    assert heard == [1, 2, 3, 4]
    assert not network.training
    with (tmp_path / "training.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(each["step"]) for each in rows] == [0, 1, 2, 3]
    assert all(float(each["loss"]) > 0 for each in rows)
    assert (tmp_path / "last.ckpt").exists()


def test_training_lowers_the_loss(pool: SlicePool) -> None:
    recipe = replace(RECIPE, steps=30, learning_rate=2e-3, stages=(Stage(1.0, 1.0, 1.0, 8),))
    trainer = Trainer(recipe, pool)
    losses = [trainer.run_step()["places"] for _ in range(recipe.steps)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_crops_hold_the_vertebrae(pool: SlicePool) -> None:
    recipe = replace(RECIPE, stages=(Stage(1.0, 0.5, 0.5, 32),))
    batch = make_batch(pool, recipe, 0)
    assert batch.places.shape == (32, 8, 8, 8)
    shown = (batch.presence * batch.presence_weight).bool()
    assert shown.any()
    placed = batch.places[:, :7].amax(dim=(2, 3)) > 0
    assert (placed & shown).float().sum() > 0.8 * shown.float().sum()
