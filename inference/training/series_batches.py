"""Batches of series as a pure function of (seed, step): parts of series, disturbed, filled up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from inference.training.config import SeriesConfig
from inference.training.series_tokens import SeriesTokens
from inference.training.slice_batches import PRESENT_SHARE, presence_labels

LEAST_SLICES: Final = 16
"""Of a part of a series."""
SEEN_SHARE: Final = 0.6
"""Of a level that a part must hold, or the level is left out."""
DROPPED: Final = 0.1
BLENDED: Final = 0.2


class SeriesBatch(NamedTuple):
    """Tokens (B, T, width), padding (B, T); per slice (B, T, 7) and per study targets, weights.

    ``labels`` (B, 8) are the patient's and the levels'; a weight of 0 leaves a target out.
    """

    tokens: Tensor
    padding: Tensor
    presence: Tensor
    presence_weight: Tensor
    fracture: Tensor
    fracture_weight: Tensor
    labels: Tensor
    labels_known: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Consecutive slices of one series."""

    tokens: NDArray[np.float32]
    shares: NDArray[np.float32]
    fracture: NDArray[np.float32]
    labels: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesBatchMaker(Dataset[SeriesBatch]):
    """Item ``step`` is the batch of that step."""

    series: Sequence[SeriesTokens]
    config: SeriesConfig
    seed: int
    spread: NDArray[np.float32]

    def __getitem__(self, step: int) -> SeriesBatch:
        """The augmented batch of one step."""
        rng = np.random.default_rng([self.seed, 77, step])
        picks = rng.integers(len(self.series), size=self.config.batch_size)
        parts = [self._part(self.series[pick], rng) for pick in picks]
        return collate(parts)

    def __len__(self) -> int:
        return self.config.steps

    def _part(self, series: SeriesTokens, rng: np.random.Generator) -> _Part:
        first, last = 0, len(series.shares)
        if rng.random() < self.config.crop_share and not np.isnan(series.shares).any():
            first, last = draw_range(last, rng)
        tokens = series.tokens[rng.integers(len(series.tokens)), first:last].copy()
        disturb(tokens, self.spread * self.config.token_noise, rng)
        return _Part(
            tokens,
            series.shares[first:last],
            series.fracture[first:last],
            labels_of_part(series, first, last),
        )


def spread_of(series: Sequence[SeriesTokens]) -> NDArray[np.float32]:
    """(width,) standard deviation of each number of the tokens."""
    tokens = np.concatenate([each.tokens[0] for each in series])
    return np.asarray(tokens.std(axis=0), np.float32)


def whole(series: Sequence[SeriesTokens]) -> SeriesBatch:
    """All series as they are."""
    return collate(
        [
            _Part(
                each.tokens[0],
                each.shares,
                each.fracture,
                np.concatenate([[each.overall], each.levels]).astype(np.float32),
            )
            for each in series
        ]
    )


def draw_range(slices: int, rng: np.random.Generator) -> tuple[int, int]:
    """First slice and one past the last: a scan that begins too low or ends too high."""
    least = min(slices, LEAST_SLICES)
    cuts = rng.uniform(0, 0.6, 2) * (rng.random(2) < 0.6)
    first, last = int(cuts[0] * slices), slices - int(cuts[1] * slices)
    if last - first < least:
        first = max(0, min(first, slices - least))
        last = first + least
    return first, last


def disturb(
    tokens: NDArray[np.float32], noise: NDArray[np.float32], rng: np.random.Generator
) -> None:
    """Noise of each number; some slices become their neighbour, or half of it (in place)."""
    count = len(tokens)
    other = (np.arange(count) + rng.choice((-1, 1), count)).clip(0, count - 1)
    kind = rng.random(count)
    share = np.where(kind < DROPPED, 1.0, np.where(kind < DROPPED + BLENDED, 0.5, 0.0))
    share = share[:, None].astype(np.float32)
    tokens += share * (tokens[other] - tokens)
    tokens += noise * rng.standard_normal(tokens.shape, np.float32)


def labels_of_part(series: SeriesTokens, first: int, last: int) -> NDArray[np.float32]:
    """(8,) patient and levels, NaN where the part does not show enough to say.

    A level counts where most of it is in the part and, if it is fractured and the slices are
    labelled, a slice of the part shows that.
    """
    levels = series.levels.copy()
    if first > 0 or last < len(series.shares):
        whole_area = series.shares.sum(axis=0)
        inside = series.shares[first:last].sum(axis=0)
        levels[inside < SEEN_SHARE * whole_area] = np.nan
        shown = np.nan_to_num(series.fracture[first:last]).max(axis=0) > 0
        shown_anywhere = np.nan_to_num(series.fracture).max(axis=0) > 0
        levels[shown_anywhere & ~shown] = np.nan
    overall = series.overall
    if overall == 1 and not (levels == 1).any():
        overall = np.nan
    return np.concatenate([[overall], levels]).astype(np.float32)


def collate(parts: Sequence[_Part]) -> SeriesBatch:
    """Fill up to the longest part."""
    longest = max(len(each.tokens) for each in parts)

    def filled(arrays: Sequence[NDArray[np.float32]], value: float) -> NDArray[np.float32]:
        out = np.full((len(arrays), longest, arrays[0].shape[1]), value, np.float32)
        for row, each in zip(out, arrays, strict=True):
            row[: len(each)] = each
        return out

    shares = filled([each.shares for each in parts], np.nan)
    shown = filled([each.fracture for each in parts], np.nan)
    labels = np.stack([each.labels for each in parts])
    lengths = np.array([len(each.tokens) for each in parts])
    presence, presence_weight = presence_labels(shares)
    fracture_weight = ~np.isnan(shown) & ~(shares < PRESENT_SHARE[0])
    return SeriesBatch(
        tokens=torch.from_numpy(filled([each.tokens for each in parts], 0.0)),
        padding=torch.from_numpy(np.arange(longest) >= lengths[:, None]),
        presence=presence,
        presence_weight=presence_weight,
        fracture=torch.from_numpy(np.nan_to_num(shown)),
        fracture_weight=torch.from_numpy(fracture_weight.astype(np.float32)),
        labels=torch.from_numpy(np.nan_to_num(labels)),
        labels_known=torch.from_numpy((~np.isnan(labels)).astype(np.float32)),
    )
