"""Pseudo-labels: which level a model sees where, in studies that have no segmentation.

Only what it is sure of counts, and only where the vertebrae follow each other in order; the rest
stays unknown. Pseudo-labels tell levels, never fractures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from inference.engines import BATCH_SIZE, choose_device
from inference.model import combine
from inference.model.channels import Channel
from inference.model.combine import SeenRule
from inference.model.network import CspineNetwork
from inference.model.record import load_model
from inference.model.spine import SpineNet
from inference.preprocess import FieldSlices, grid_positions, read_field, to_channels
from inference.training.prepared import PreparedStudy, read_prepared
from inference.training.pseudo_store import PseudoLabels, PseudoStore
from inference.training.study_slices import UNKNOWN_MARK
from inference.types import LEVELS

PRESENT: Final = 0.9
"""At least this probability: the slice shows the level."""
ABSENT: Final = 0.05
"""At most this: it does not. Between them nobody knows."""
CELL_PRESENT: Final = 0.5
CELL_ABSENT: Final = 0.1
LEAST_SHARE: Final = 0.2
"""Of a level on a slice that shows it: from here on training counts it as present."""
REACH_LEVELS: Final = 2
"""A slice that lies beyond the middle of a vertebra so many below or above cannot show a level."""


@dataclass(frozen=True, slots=True)
class PseudoReport:
    """What a run made.

    Attributes:
        studies: that have pseudo-labels now.
        already: of these, found done by an earlier run.
        not_seen: of these, without a cervical spine that could be followed: nothing is known.
        known_share: of the slices' level labels in the others.
    """

    studies: int
    already: int
    not_seen: int
    known_share: float

    @property
    def line(self) -> str:
        """The report for a person."""
        return (
            f"pseudo-labels: {self.studies} studies, {self.already} of them by an earlier run; "
            f"in {self.not_seen} no spine could be followed; "
            f"in the others {self.known_share:.0%} of the slices' levels are known"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Vertebrae:
    """What a network says of levels alone.

    Attributes:
        presence: (T, 7) float64, the probability that the slice shows the level.
        cells: (T, 7, h, w) float32, that the cell does; ``None`` where the network has no cells.
    """

    presence: NDArray[np.float64]
    cells: NDArray[np.float32] | None


def make_pseudo_labels(
    directory: Path,
    weights: Path,
    *,
    device: str = "auto",
    on_progress: Callable[[str, int, int], None],
) -> PseudoReport:
    """Read each study of a prepared set that has no segmentation; a killed run goes on.

    Args:
        directory: made by ``prepare``.
        weights: a model file.
        device: auto, cpu or cuda[:n].
        on_progress: what is done, how many of how many studies.

    Raises:
        WeightsError, DeviceError: the model cannot be used.
        DataError: the set cannot be read or written.
    """
    model = load_model(weights)
    where = choose_device(device)
    network = model.network.to(where)
    studies = [each for each in read_prepared(directory) if each.stored.shares is None]
    store = PseudoStore(directory)
    store.begin(model.identity)
    already = 0
    for number, study in enumerate(studies):
        on_progress("making pseudo-labels", number, len(studies))
        if store.has(study.stored, model.identity):
            already += 1
            continue
        volume = study.volume()
        field = read_field(volume, model.record.contract)
        seen = read_vertebrae(network, field, model.record.contract.channels, where)
        positions = grid_positions(volume, model.record.contract.slice_spacing_mm)
        labels = pseudo_labels(seen, field, positions, model.record.seen)
        store.write(study.stored, model.identity, labels)
    store.finish(model.identity)
    on_progress("making pseudo-labels", len(studies), len(studies))
    return _report(store, studies, already)


def read_vertebrae(
    network: CspineNetwork, field: FieldSlices, channels: Sequence[Channel], device: torch.device
) -> Vertebrae:
    """Run a network over a series. Its levels come from the whole series, its cells from slices."""
    tokens: list[Tensor] = []
    cells: list[NDArray[np.float32]] = []
    step = BATCH_SIZE[device.type]
    with torch.inference_mode():
        for start in range(0, len(field.hu), step):
            rows = range(start, min(start + step, len(field.hu)))
            images = to_channels(field.hu, channels, rows).to(device)
            if isinstance(network, SpineNet):
                said = network.slice_outputs(images)
                tokens.append(said.tokens)
                cells.append(said.cells[:, : len(LEVELS)].sigmoid().cpu().numpy())
            else:
                tokens.append(network.read_slices(images).tokens)
        series = network.read_series(torch.cat(tokens).float()[None])
    presence = expit(series.presence[0].double().cpu().numpy())
    return Vertebrae(presence, np.concatenate(cells) if cells else None)


def pseudo_labels(
    seen: Vertebrae, field: FieldSlices, positions: NDArray[np.float64], rule: SeenRule
) -> PseudoLabels | None:
    """What is sure; ``None`` where no cervical spine can be followed from the head down.

    Args:
        seen: of all slices.
        field: as it was read.
        positions: of its slices, in the volume's slice indices.
        rule: of the model's record.
    """
    found = combine.seen_levels(seen.presence, field.spacing_mm, rule)
    if combine.why_no_cervical_spine(seen.presence, found, rule) is not None:
        return None
    if combine.inversions(seen.presence, found):
        return None
    present, absent = _sure(seen.presence, found)
    shares = _shares(seen, present, absent)
    return PseudoLabels(
        positions=positions,
        to_pixels=field.to_pixels,
        size_px=field.hu.shape[-1],
        cells=_sure_cells(seen.cells, shares),
        shares=shares,
    )


def _sure(
    presence: NDArray[np.float64], found: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T, 7) each: surely there, surely not, and no contradiction to the vertebrae's order."""
    rows = np.arange(len(presence))
    present = (presence >= PRESENT) & found
    absent = presence <= ABSENT
    levels = np.flatnonzero(found).tolist()
    for level in levels:
        middle = rows @ presence[:, level] / presence[:, level].sum()
        # Neighbours overlap, the next but one do not.
        present[np.ix_(rows >= middle, np.arange(len(LEVELS)) <= level - REACH_LEVELS)] = False
        present[np.ix_(rows <= middle, np.arange(len(LEVELS)) >= level + REACH_LEVELS)] = False
    for level in range(len(LEVELS)):
        own = np.flatnonzero(present[:, level])
        if own.size:  # a gap within a vertebra
            absent[own[0] : own[-1], level] = False
        elif levels[0] < level < levels[-1]:  # it must be somewhere
            absent[:, level] = False
    return present, absent


def _shares(
    seen: Vertebrae, present: NDArray[np.bool_], absent: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """(T, 7): by the cells' area where there are cells, else by the presence; NaN unknown."""
    if seen.cells is None:
        amounts = seen.presence
    else:
        amounts = (seen.cells * _is_largest(seen.cells)).sum(axis=(2, 3)).astype(np.float64)
    most = np.where(present, amounts, 0).max(axis=0)
    shares = amounts / np.where(most > 0, most, 1)
    out = np.full(present.shape, np.nan, np.float32)
    out[present] = shares[present].clip(LEAST_SHARE, 1)
    out[absent] = 0
    return out


def _sure_cells(
    cells: NDArray[np.float32] | None, shares: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """(T, h, w): the level where it is sure of the cell and of the slice, 0, or unknown."""
    if cells is None:
        return np.zeros((len(shares), 0, 0), np.uint8)
    sure = _is_largest(cells) & (shares > 0)[:, :, None, None]
    level = sure.argmax(axis=1) + 1
    elsewhere = np.where(cells.max(axis=1) < CELL_ABSENT, 0, UNKNOWN_MARK)
    return np.where(sure.any(axis=1), level, elsewhere).astype(np.uint8)


def _is_largest(cells: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(T, 7, h, w): the cell's likeliest level, if it is likely at all."""
    largest: NDArray[np.bool_] = (cells == cells.max(axis=1, keepdims=True)) & (
        cells > CELL_PRESENT
    )
    return largest


def _report(store: PseudoStore, studies: Sequence[PreparedStudy], already: int) -> PseudoReport:
    labels = [store.read(each.stored) for each in studies]
    known = [~np.isnan(each.shares) for each in labels if each is not None]
    return PseudoReport(
        studies=len(studies),
        already=already,
        not_seen=len(labels) - len(known),
        known_share=float(np.concatenate(known).mean()) if known else 0.0,
    )
