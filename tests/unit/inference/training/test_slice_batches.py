"""Batches of slices, and what may and may not be learned from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.model.baseline import BaselineNet
from inference.model.build import build_network
from inference.preprocess import to_channels
from inference.training.config import SlicesConfig, StageConfig
from inference.training.schedule import epochs_of, one_cycle
from inference.training.slice_batches import (
    Batch,
    BatchMaker,
    SlicePool,
    channel_images,
    fracture_labels,
    mark_planes,
    planes_of,
    presence_labels,
    stage_at,
)
from inference.training.slice_networks import LEARNERS, cells_loss, weighted_bce
from inference.training.study_slices import UNKNOWN_MARK
from tests.unit.inference.tiny import ENCODER
from tests.unit.inference.training.tiny_series import SLICES, tiny_config, tiny_series

CONFIG = tiny_config("spine")


@pytest.fixture(scope="module")
def pool() -> SlicePool:
    pair = [tiny_series(0), tiny_series(0, fractured=False)]
    return SlicePool.of([*pair, tiny_series(1, spine=False)])


def maker(pool: SlicePool, seed: int = 0, rank: int = 0) -> BatchMaker:
    return BatchMaker(pool, CONFIG.slices, CONFIG.input_contract(), seed, rank)


def test_every_slice_is_in_one_group(pool: SlicePool) -> None:
    rows = np.concatenate(pool.groups)
    assert len(np.unique(rows, axis=0)) == len(rows) == 3 * SLICES
    assert [len(each) for each in pool.groups] == [2, 2, 2 * SLICES - 4, SLICES]


def test_the_twin_group_holds_the_fellows_of_fractured_slices(pool: SlicePool) -> None:
    assert pool.groups[0].tolist() == [[0, 10], [0, 11]]
    assert pool.groups[1].tolist() == [[1, 10], [1, 11]]


def test_batches_depend_on_seed_rank_and_step_only(pool: SlicePool) -> None:
    first, again = maker(pool)[3], maker(pool)[3]
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one, other)
    for changed in (maker(pool, seed=1)[3], maker(pool, rank=1)[3], maker(pool)[2]):
        assert not torch.equal(first.images, changed.images)


def test_batches_grow_with_the_stages(pool: SlicePool) -> None:
    assert maker(pool)[0].images.shape == (4, 5, 32, 32)
    batch = maker(pool)[2]
    assert batch.images.shape == (4, 5, 64, 64)
    assert batch.places.shape == (4, 8, 16, 16)
    assert batch.images.abs().max() <= 1.0


def test_channels_are_those_of_the_predictor() -> None:
    contract = CONFIG.input_contract()
    hu = tiny_series(0).hu
    offsets = sorted({each.offset for each in contract.channels})
    rows = [0, 7, SLICES - 1]
    planes = torch.from_numpy(np.stack([planes_of(hu, row, offsets) for row in rows]))
    ours = channel_images(planes, offsets, contract)
    theirs = to_channels(torch.from_numpy(hu.astype(np.float32)), contract.channels, rows)
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_presence_between_the_limits_and_unknown_is_left_out() -> None:
    target, weight = presence_labels(np.array([[0.0, 0.1, 0.2, np.nan]], np.float32))
    assert target.tolist() == [[0, 0, 1, 0]]
    assert weight.tolist() == [[1, 0, 1, 0]]


def test_fractures_that_are_unknown_absent_or_cut_off_are_left_out() -> None:
    shown = np.array([[1, 1, 0, 0, np.nan, 0]], np.float32)
    shares = np.array([[0.5, 0.5, 0.5, 0.0, 0.5, np.nan]], np.float32)
    target, weight = fracture_labels(shown, shares, np.array([[1.0]], np.float32))
    assert target.tolist() == [[1, 1, 0, 0, 0, 0]]
    assert weight.tolist() == [[1, 1, 1, 0, 0, 1]]
    _, cut = fracture_labels(shown, shares, np.array([[0.1]], np.float32))
    assert cut.tolist() == [[0, 0, 1, 0, 0, 1]]


def test_marks_say_what_they_know() -> None:
    marks = torch.tensor([[[0, 3, 11, 19, UNKNOWN_MARK]]] * 2, dtype=torch.uint8)
    planes, known = mark_planes(marks, torch.tensor([False, True]))
    assert planes[0, 2].tolist() == [[0, 1, 1, 1, 0]]
    assert planes[0, 7].tolist() == [[0, 0, 1, 0, 0]]
    assert known[0, 0].tolist() == [[1, 1, 1, 1, 0]]
    assert known[0, 1].tolist() == [[1, 1, 1, 0, 0]]
    assert not known[1, 0].any()
    assert known[1, 1].tolist() == [[1, 1, 1, 0, 0]]


@pytest.mark.parametrize("architecture", ["baseline", "spine"])
def test_what_is_unknown_gives_no_gradient(architecture: str) -> None:
    config = tiny_config(architecture)
    series = tiny_series(0)
    unknown = replace(
        series,
        marks=np.full_like(series.marks, UNKNOWN_MARK),
        shares=np.full_like(series.shares, np.nan),
        fracture=np.full_like(series.fracture, np.nan),
    )
    pool = SlicePool.of([unknown])
    batch = BatchMaker(pool, config.slices, config.input_contract(), 0)[0]
    network = build_network(architecture, ENCODER, batch.images.shape[1])
    learner = LEARNERS[architecture](network, config)
    loss = torch.stack(list(learner(batch).values())).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0
    gradients = [each.grad for each in learner.parameters() if each.grad is not None]
    assert gradients
    assert all(not each.any() for each in gradients)


@pytest.mark.parametrize("architecture", ["baseline", "spine"])
def test_all_that_is_trained_on_slices_learns_from_them(architecture: str, pool: SlicePool) -> None:
    config = tiny_config(architecture)
    batch = BatchMaker(pool, config.slices, config.input_contract(), 0)[0]
    network = build_network(architecture, ENCODER, batch.images.shape[1])
    learner = LEARNERS[architecture](network, config)
    torch.stack(list(learner(batch).values())).sum().backward()  # type: ignore[no-untyped-call]
    without = [n for n, p in learner.named_parameters() if p.requires_grad and p.grad is None]
    assert not without


def test_a_boxed_slice_teaches_fracture_cells_only() -> None:
    logits = torch.zeros(1, 8, 8, 8, requires_grad=True)
    ones = torch.ones(1, 1, 16, 16)
    batch = Batch(
        images=torch.zeros(1, 5, 64, 64),
        presence=torch.zeros(1, 7),
        presence_weight=torch.zeros(1, 7),
        fracture=torch.zeros(1, 7),
        fracture_weight=torch.zeros(1, 7),
        places=torch.zeros(1, 8, 16, 16),
        levels_known=0 * ones,
        fracture_known=ones,
    )
    cells_loss(logits, batch, 8).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert not logits.grad[:, :7].any()
    assert logits.grad[:, 7].all()


def test_weights_scale_the_mean_over_known_targets() -> None:
    logits, target = torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 1.0]])
    value = weighted_bce(logits, target, torch.tensor([[1.0, 1.0, 0.0]]))
    assert float(value) == pytest.approx(np.log(2))


def test_the_baseline_is_folded_to_plain_averaging(pool: SlicePool) -> None:
    config = tiny_config("baseline")
    network = build_network("baseline", ENCODER, 3)
    learner = LEARNERS["baseline"](network, config).eval()
    assert isinstance(network, BaselineNet)
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        # In training: a sum over cells in units of the first stage's cells.
        pooled = network.feature_maps(images).sum(dim=(2, 3)) / 1
        expected = network.heads_of_pooled(pooled).presence
        learner.finished()
        assert torch.allclose(network(images).presence, expected, atol=1e-5)


def test_stages_follow_each_other() -> None:
    half = StageConfig(share=0.5, size=0.5, field=0.5, batch_size=4)
    section = SlicesConfig(
        steps=10, stages=(half, half.model_copy(update={"field": 1.0, "size": 1.0}))
    )
    assert [stage_at(section, step)[0].field for step in (0, 4, 5, 9, 12)] == [0.5, 0.5, 1, 1, 1]
    assert [stage_at(section, step)[1] for step in (0, 4, 5, 9)] == [0.2, 1.0, 0.2, 1.0]


def test_the_rate_rises_and_falls() -> None:
    rates = [one_cycle(step / 1000) for step in range(1001)]
    assert max(rates) == pytest.approx(1)
    assert int(np.argmax(rates)) == 100
    assert rates[-1] == pytest.approx(0.02)


def test_epochs_are_equal_and_cover_the_steps() -> None:
    assert epochs_of(800, 100) == (8, 100)
    assert epochs_of(2, 100) == (1, 2)
    epochs, steps = epochs_of(1037, 100)
    assert epochs * steps >= 1037
