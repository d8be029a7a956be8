"""What the slice part says of whole series: computed once, kept on disk, read by the series stage.

A twin differs from its study only around the fracture: elsewhere its tokens are the study's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inference.errors import DataError
from inference.model.network import CspineNetwork
from inference.model.record import InputContract
from inference.preprocess import to_channels
from inference.training.study_slices import StudySlices, stored_size

BATCH_SIZE: Final = {"cpu": 8, "cuda": 64}
SHIFT_MM: Final = 6.0
NOISE_HU: Final = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class SeriesTokens:
    """One series as the series part sees it, with its labels.

    ``tokens`` (variants, T, width) float32; the labels as in ``StudySlices``.
    """

    tokens: NDArray[np.float32]
    shares: NDArray[np.float32]
    fracture: NDArray[np.float32]
    levels: NDArray[np.float32]
    overall: float


@dataclass(frozen=True, slots=True, eq=False)
class TokenMaker:
    """Reads series with a frozen network.

    Attributes:
        network: in evaluation mode.
        contract: what it is fed.
        variants: copies of each series; the first as it is, the others moved and disturbed.
        seed: of the variants.
    """

    network: CspineNetwork
    contract: InputContract
    variants: int
    seed: int

    def read(
        self, studies: Sequence[StudySlices], folder: Path, on_progress: Callable[[int], None]
    ) -> list[SeriesTokens]:
        """Tokens of the series, in their order; what is in the folder is not computed again.

        Raises:
            DataError: the folder cannot be written or read.
        """
        out: list[SeriesTokens] = []
        previous: tuple[StudySlices, NDArray[np.float32]] | None = None
        for number, study in enumerate(studies):
            path = folder / f"{number}.npy"
            if path.exists():
                tokens = _load(path, self._shape(study))
            else:
                tokens = self._tokens(study, previous)
                _save(path, tokens)
            previous = study, tokens
            labels = (study.shares, study.fracture, study.levels, study.overall)
            out.append(SeriesTokens(tokens, *labels))
            on_progress(number + 1)
        return out

    def _shape(self, study: StudySlices) -> tuple[int, int, int]:
        return self.variants, len(study.hu), self.network.token_width

    @torch.inference_mode()
    def _tokens(
        self, study: StudySlices, previous: tuple[StudySlices, NDArray[np.float32]] | None
    ) -> NDArray[np.float32]:
        """(variants, T, width); rows that equal the twin's are taken from it."""
        same = np.zeros(len(study.hu), np.bool_)
        if previous is not None and previous[0].patient_key == study.patient_key:
            reach = max(abs(each.offset) for each in self.contract.channels)
            same = equal_rows(study.hu, previous[0].hu, reach)
        rows = np.flatnonzero(~same)
        out = np.zeros(self._shape(study), np.float32)
        if previous is not None and same.any():
            out[:, same] = previous[1][:, same]
        for variant in range(self.variants):
            read = [
                self.network.read_slices(images).tokens.float().cpu()
                for images in self.images(study, variant, rows)
            ]
            if read:
                out[variant, rows] = torch.cat(read).numpy()
        return out

    def images(self, study: StudySlices, variant: int, rows: NDArray[np.intp]) -> Iterator[Tensor]:
        """Batches of what the network is fed of these rows, on its device."""
        device = next(self.network.parameters()).device
        size = BATCH_SIZE.get(device.type, 8)
        reach = max(abs(each.offset) for each in self.contract.channels)
        move = _Move.draw(self.seed, study.patient_key, variant, self.contract)
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            own = np.unique(
                (part[:, None] + np.arange(-reach, reach + 1)).clip(0, len(study.hu) - 1)
            )
            hu = move.apply(torch.from_numpy(study.hu[own].astype(np.float32)), own)
            yield (
                _gather(hu, own, part, self.contract)
                .to(device)
                .contiguous(memory_format=torch.channels_last)
            )


def equal_rows(one: NDArray[np.int16], other: NDArray[np.int16], reach: int) -> NDArray[np.bool_]:
    """(T,) whether a slice and all neighbours within reach are equal in both series."""
    if one.shape != other.shape:
        return np.zeros(len(one), np.bool_)
    differs = np.array([not np.array_equal(a, b) for a, b in zip(one, other, strict=True)])
    near = np.convolve(differs, np.ones(2 * reach + 1), mode="same") > 0.5
    return np.asarray(~near)


def _gather(
    hu: Tensor, own: NDArray[np.intp], rows: NDArray[np.intp], contract: InputContract
) -> Tensor:
    # The first and the last own slice stand beside the ends of the series, or are never asked.
    return to_channels(hu, contract.channels, np.searchsorted(own, rows).tolist())


@dataclass(frozen=True, slots=True)
class _Move:
    """How a variant differs: pixels right and down, mirrored, gain, offset, blur, noise, seed."""

    columns: int
    rows: int
    flip: bool
    gain: float
    offset_hu: float
    blur: float
    noise_hu: float
    seed: int
    size_px: int

    @classmethod
    def draw(cls, seed: int, key: str, variant: int, contract: InputContract) -> _Move:
        """The same for a study and its twin."""
        size = contract.size_px
        if variant == 0:
            return cls(0, 0, False, 1.0, 0.0, 0.0, 0.0, 0, size)
        rng = np.random.default_rng([seed, variant, *key.encode()])
        most = min((stored_size(size) - size) // 2, round(SHIFT_MM * size / contract.field_mm))
        columns, rows = rng.integers(-most, most + 1, 2)
        return cls(
            int(columns),
            int(rows),
            bool(rng.random() < 0.5),
            float(rng.normal(1, 0.03)),
            float(rng.normal(0, 15)),
            float(rng.uniform(0, 0.8) * (rng.random() < 0.4)),
            float(rng.uniform(0, NOISE_HU) * (rng.random() < 0.5)),
            int(rng.integers(2**31)),
            size,
        )

    def apply(self, hu: Tensor, indices: NDArray[np.intp]) -> Tensor:
        """(n, S, S) stored slices with their numbers in the series → (n, size, size)."""
        margin = (hu.shape[-1] - self.size_px) // 2
        top, left = margin + self.rows, margin + self.columns
        hu = hu[:, top : top + self.size_px, left : left + self.size_px]
        hu = hu.flip(-1) if self.flip else hu
        if self.blur:
            blurred = functional.avg_pool2d(
                hu[:, None], 3, stride=1, padding=1, count_include_pad=False
            )[:, 0]
            hu = hu + self.blur * (blurred - hu)
        hu = hu * self.gain + self.offset_hu
        if not self.noise_hu:
            return hu
        noise = [  # by the slice's number: the same in every batch that holds the slice
            torch.randn(
                hu.shape[1:], generator=torch.Generator().manual_seed(self.seed + int(index))
            )
            for index in indices
        ]
        return hu + self.noise_hu * torch.stack(noise)


def _load(path: Path, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    try:
        tokens: NDArray[np.float32] = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged: delete it and run again") from error
    if tokens.shape != shape or tokens.dtype != np.float32:
        raise DataError(f"{path} belongs to another series: delete its folder and run again")
    return tokens


def _save(path: Path, tokens: NDArray[np.float32]) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            np.save(stream, tokens)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error
