"""Do two engines say the same of the same images? Measured, output by output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from inference.engines import Engine, SeriesOutputs
from inference.model.probabilities import study_probabilities
from inference.model.record import Calibration
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from inference.predictor import Predictor
from inference.preprocess import FieldSlices, read_field
from inference.types import LEVELS

TOLERANCE: Final = 1e-3
"""The largest difference of any probability at which two engines count as one model."""
PHANTOM: Final = PhantomSpec(
    99_999, (FractureSpec("C2"), FractureSpec("C5")), slices=48, matrix=192
)
"""Seeds from 100000 are for ``evaluate``; this one is for nothing else."""
RANDOM_IMAGES: Final = 5
LENGTHS: Final = (1, 2, 60, 400)
"""Slices of the random series, from one alone to a scan far longer than a neck."""
SCALES: Final = (1.0, 30.0)
"""Of the random tokens: as an unsure network makes them, and as one that is very sure."""

MAPS: Final = "maps"

Said: TypeAlias = tuple[str, NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The largest differences between two engines.

    Attributes:
        differences: of each output, absolute, in probability; of the maps in shares of the range
            of a batch's maps, as only places compare. Infinite where one of the two is no number.
        phantom_slices: how many slices of a synthetic neck were read, beside random input.
    """

    differences: dict[str, float]
    phantom_slices: int

    @property
    def holds(self) -> bool:
        """No output differs by more than ``TOLERANCE``."""
        return all(each <= TOLERANCE for each in self.differences.values())


def compare(reference: Engine, other: Engine) -> Agreement:
    """Random images, random series and one synthetic neck, read by both."""
    field = read_field(make_study(PHANTOM).to_volume(), reference.record.contract)
    differences: dict[str, float] = {}
    for (name, one), (_, two) in zip(
        _answers(reference, field), _answers(other, field), strict=True
    ):
        differences[name] = max(differences.get(name, 0.0), largest_difference(name, one, two))
    return Agreement(differences, len(field.hu))


def largest_difference(name: str, one: NDArray[np.floating], two: NDArray[np.floating]) -> float:
    """Absolute; of maps, in shares of the range of ``one``."""
    if one.shape != two.shape or not (np.isfinite(one).all() and np.isfinite(two).all()):
        return float("inf")
    largest = float(np.abs(one - two).max())
    return largest / (float(np.ptp(one)) or 1.0) if name == MAPS else largest


def _answers(engine: Engine, field: FieldSlices) -> Iterator[Said]:
    """What an engine says, in an order that is the same for every engine."""
    contract = engine.record.contract
    rng = np.random.default_rng(0)
    shape = (RANDOM_IMAGES, len(contract.channels), contract.size_px, contract.size_px)
    images = rng.uniform(-1, 1, shape).astype(np.float32)
    tokens, maps = engine.slices(images)
    yield MAPS, maps
    yield from _of_series(engine.series(tokens), engine.record.calibration)
    for scale in SCALES:
        for length in LENGTHS:
            series = scale * rng.standard_normal((length, tokens.shape[1]))
            said = engine.series(series.astype(np.float32))
            yield from _of_series(said, engine.record.calibration)
    reading = Predictor(engine).read(field)
    yield MAPS, reading.maps
    yield from _of_series(reading.outputs, engine.record.calibration)


def _of_series(said: SeriesOutputs, calibration: Calibration) -> Iterator[Said]:
    assessed = np.ones(len(LEVELS), dtype=np.bool_)
    study = study_probabilities(said.levels, said.overall, assessed, calibration)
    yield "presence", expit(said.presence)
    yield "fracture", expit(said.fracture)
    yield "levels", study.levels
    yield "overall", np.array(study.overall)
