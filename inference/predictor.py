"""The warm predictor: an engine, and everything from a volume to a prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from inference.coverage import with_coverage
from inference.engines import Engine, SeriesOutputs, load_engine
from inference.evidence import heat_map
from inference.localise import activation_box
from inference.model import combine
from inference.model.probabilities import study_probabilities
from inference.model.record import ModelRecord
from inference.preprocess import FieldSlices, read_each, read_field, to_channels
from inference.types import (
    LEVELS,
    CtVolume,
    Finding,
    LevelPrediction,
    ModelIdentity,
    NotAnalysed,
    Prediction,
    ReasonCode,
    SliceReading,
)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the network said of one series, before any rule.

    Attributes:
        outputs: logits of slices, levels and patient.
        maps: (slices, 7, cells, cells) float32, each level's fracture evidence by place.
    """

    outputs: SeriesOutputs
    maps: NDArray[np.float32]

    @property
    def presence(self) -> NDArray[np.float64]:
        """(slices, 7), the probability that the slice shows the level."""
        shown: NDArray[np.float64] = expit(self.outputs.presence)
        return shown

    @property
    def fracture(self) -> NDArray[np.float64]:
        """(slices, 7), the probability that the slice shows a fracture of the level."""
        shown: NDArray[np.float64] = expit(self.outputs.fracture)
        return shown


class Predictor:
    """Holds one engine; ``predict`` may be called any number of times."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def load(
        cls, weights: Path | None = None, device: str = "auto", *, batch_size: int | None = None
    ) -> Self:
        """Read a model file (the shipped one by default) onto ``auto``, ``cpu`` or ``cuda[:n]``.

        Raises:
            WeightsError: the file cannot be used.
            DeviceError: there is no such device.
        """
        return cls(load_engine(weights, device, batch_size=batch_size))

    @property
    def identity(self) -> ModelIdentity:
        """Which model answers."""
        return self._engine.identity

    @property
    def record(self) -> ModelRecord:
        """Its input contract, rules and provenance."""
        return self._engine.record

    @property
    def device_name(self) -> str:
        """For people: the GPU's name, or ``cpu``."""
        return self._engine.device_name

    def predict(
        self, volume: CtVolume, on_progress: Callable[[float], None] | None = None
    ) -> Prediction | NotAnalysed:
        """Read a volume. ``on_progress`` hears the share done, in 0…1.

        The same volume gives the same numbers. A volume in which no cervical spine is seen is
        not analysed; a level that is not seen has no probability.
        """
        field = read_field(volume, self.record.contract)
        reading = self.read(field, on_progress)
        rule = self.record.seen
        seen = combine.seen_levels(reading.presence, field.spacing_mm, rule)
        reason = combine.why_no_cervical_spine(reading.presence, seen, rule)
        if reason is not None:
            return NotAnalysed(ReasonCode.NO_CERVICAL_SPINE, reason)
        probabilities = study_probabilities(
            reading.outputs.levels, reading.outputs.overall, seen, self.record.calibration
        )
        levels = tuple(
            self._level(index, field, reading, float(probabilities.levels[index]) if each else None)
            for index, each in enumerate(seen)
        )
        levels = with_coverage(levels, volume)
        return Prediction(
            model=self.identity,
            patient_overall=probabilities.overall,
            levels=levels,
            findings=tuple(
                self._finding(index, each.probability, volume, field, reading)
                for index, each in enumerate(levels)
                if each.probability is not None and each.probability >= self.record.operating_point
            ),
            operating_point=self.record.operating_point,
            heat_map=heat_map(
                volume, field, reading.maps, reading.presence * reading.fracture, seen
            ),
        )

    def read(
        self, field: FieldSlices, on_progress: Callable[[float], None] | None = None
    ) -> Reading:
        """The network's logits and maps of a series, without rules: for training and evaluation."""
        tokens, maps = [], []
        for images, share in self._batches(field):
            batch_tokens, batch_maps = self._engine.slices(images)
            tokens.append(batch_tokens)
            maps.append(batch_maps)
            if on_progress is not None:
                on_progress(share)
        return Reading(self._engine.series(np.concatenate(tokens)), np.concatenate(maps))

    def read_single_slices(self, volume: CtVolume) -> tuple[SliceReading, ...]:
        """What the slices show, each read as if there were no other: of one image, or a few.

        A reading of slices, never of a study: a fracture may lie on slices that are not there,
        and a slice alone cannot tell neighbouring levels apart well. No level is assessed, no
        rule about a cervical spine is asked, and nothing here may be shown as a result of a study.
        Where the network looks at neighbouring slices it gets what the volume has; beyond its
        ends the last slice repeats.
        """
        readings = []
        contract = self.record.contract
        for index, (hu, row) in enumerate(read_each(volume, contract)):
            tokens, _ = self._engine.slices(_array(to_channels(hu, contract.channels, [row])))
            said = self._engine.series(tokens)
            readings.append(
                SliceReading(
                    slice_index=index,
                    source=volume.sources[index],
                    presence=tuple(expit(said.presence[0]).tolist()),
                    fracture=tuple(expit(said.fracture[0]).tolist()),
                )
            )
        return tuple(readings)

    def _batches(self, field: FieldSlices) -> Iterator[tuple[NDArray[np.float32], float]]:
        """Images for the network, and the share of the slices with them."""
        count, step = len(field.hu), self._engine.batch_size
        for start in range(0, count, step):
            rows = range(start, min(start + step, count))
            images = to_channels(field.hu, self.record.contract.channels, rows)
            yield _array(images), rows.stop / count

    def _level(
        self, index: int, field: FieldSlices, reading: Reading, probability: float | None
    ) -> LevelPrediction:
        if probability is None:
            return LevelPrediction(LEVELS[index], None)
        first, last = combine.slice_range(reading.presence, index, self.record.seen.min_peak)
        return LevelPrediction(
            LEVELS[index], probability, field.indices[first], field.indices[last]
        )

    def _finding(
        self,
        index: int,
        probability: float,
        volume: CtVolume,
        field: FieldSlices,
        reading: Reading,
    ) -> Finding:
        key = combine.key_slice(reading.presence, reading.fracture, index)
        _, rows, columns = volume.hu.shape
        box = activation_box(
            reading.maps[key, index],
            field.to_pixels,
            size_px=self.record.contract.size_px,
            rows=rows,
            columns=columns,
        )
        in_volume = field.indices[key]
        return Finding(
            level=LEVELS[index],
            probability=probability,
            key_slice_index=in_volume,
            key_slice=volume.sources[in_volume],
            box=box,
            corners_mm=volume.box_corners_mm(box, in_volume),
            box_mm=volume.box_size_mm(box),
        )


def _array(images: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = images.numpy()
    return array
