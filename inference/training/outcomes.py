"""What a model says of a study, beside its truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from inference.engines import Array, Engine, SeriesOutputs, load_engine
from inference.model import combine
from inference.model.record import InputContract, ModelRecord
from inference.predictor import Predictor
from inference.preprocess import body_centre_mm, field_to_pixels, grid_positions
from inference.training.places import (
    FindingPlace,
    FracturePlace,
    Point,
    place_findings,
    place_fractures,
)
from inference.training.truth import TrueStudy, Truth
from inference.types import (
    LEVELS,
    CtVolume,
    Finding,
    ModelIdentity,
    NotAnalysed,
    ReasonCode,
)

UNKNOWN: Final = 0.5
"""Scored for a level that was not assessed, and for a study that was not analysed."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One study read by one model.

    Attributes:
        truth: of the study.
        levels: (7,) probabilities; ``UNKNOWN`` where not assessed.
        assessed: (7,) bool.
        overall: the patient's probability; ``UNKNOWN`` of a study that was not analysed.
        refused: why it was not analysed, else ``None``.
        findings: every finding, and whether it lies on a fracture.
        places: every fracture that was found and whose place is known.
        seconds: it took to read.
    """

    truth: Truth
    levels: NDArray[np.float64]
    assessed: NDArray[np.bool_]
    overall: float
    refused: ReasonCode | None
    findings: tuple[FindingPlace, ...]
    places: tuple[FracturePlace, ...]
    seconds: float

    @property
    def found(self) -> NDArray[np.bool_]:
        """(7,) which levels are findings."""
        named = {each.level for each in self.findings}
        return np.array([level in named for level in LEVELS])


class Reader:
    """A predictor whose maps can be looked at."""

    def __init__(self, engine: Engine) -> None:
        self._engine = _Listening(engine)
        self._predictor = Predictor(self._engine)

    @classmethod
    def load(cls, weights: Path | None, device: str) -> Reader:
        """A model file, the shipped one by default, onto ``auto``, ``cpu`` or ``cuda[:n]``.

        Raises:
            WeightsError: the file cannot be used.
            DeviceError: there is no such device.
        """
        return cls(load_engine(weights, device))

    @property
    def identity(self) -> ModelIdentity:
        """Which model answers."""
        return self._predictor.identity

    @property
    def record(self) -> ModelRecord:
        """Its input contract, rules and provenance."""
        return self._predictor.record

    @property
    def device_name(self) -> str:
        """For people."""
        return self._predictor.device_name

    def read(self, study: TrueStudy) -> Outcome:
        """Have one study read, and compare."""
        began = perf_counter()
        result = self._predictor.predict(study.volume)
        seconds = perf_counter() - began
        if isinstance(result, NotAnalysed):
            unknown, none = np.full(len(LEVELS), UNKNOWN), np.zeros(len(LEVELS), np.bool_)
            return Outcome(study.truth, unknown, none, UNKNOWN, result.code, (), (), seconds)
        said = [UNKNOWN if p.probability is None else p.probability for p in result.levels]
        return Outcome(
            truth=study.truth,
            levels=np.array(said),
            assessed=np.array([each.assessed for each in result.levels]),
            overall=result.patient_overall,
            refused=None,
            findings=place_findings(result.findings, study),
            places=place_fractures(
                result.findings, self.peaks(result.findings, study.volume), study
            ),
            seconds=seconds,
        )

    def peaks(self, findings: tuple[Finding, ...], volume: CtVolume) -> list[Point]:
        """Of the last reading: (column, row) on its key slice where each finding's map peaks."""
        contract, maps, outputs = self.record.contract, self._engine.maps, self._engine.outputs
        if not findings or outputs is None:
            return []
        to_pixels = _field_to_pixels(volume, contract)
        cell_px = contract.size_px / maps.shape[-1]
        peaks = []
        for finding in findings:
            level = LEVELS.index(finding.level)
            key = combine.key_slice(expit(outputs.presence), expit(outputs.fracture), level)
            row, column = np.unravel_index(int(maps[key, level].argmax()), maps.shape[2:])
            field = np.array([(column + 0.5) * cell_px - 0.5, (row + 0.5) * cell_px - 0.5, 1.0])
            at = to_pixels @ field
            peaks.append((float(at[0]), float(at[1])))
        return peaks


class _Listening:
    """An engine, and what it said of the last series."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._parts: list[Array] = []
        self.maps: Array = np.zeros((0, len(LEVELS), 1, 1), np.float32)
        self.outputs: SeriesOutputs | None = None

    @property
    def record(self) -> ModelRecord:
        return self._engine.record

    @property
    def identity(self) -> ModelIdentity:
        return self._engine.identity

    @property
    def device_name(self) -> str:
        return self._engine.device_name

    @property
    def batch_size(self) -> int:
        return self._engine.batch_size

    def slices(self, images: Array) -> tuple[Array, Array]:
        tokens, maps = self._engine.slices(images)
        self._parts.append(maps)
        return tokens, maps

    def series(self, tokens: Array) -> SeriesOutputs:
        self.maps, self._parts = np.concatenate(self._parts), []
        self.outputs = self._engine.series(tokens)
        return self.outputs


def _field_to_pixels(volume: CtVolume, contract: InputContract) -> NDArray[np.float64]:
    own = np.unique(np.rint(grid_positions(volume, contract.slice_spacing_mm)).astype(np.int64))
    return field_to_pixels(volume, contract, body_centre_mm(volume, own.tolist()))
