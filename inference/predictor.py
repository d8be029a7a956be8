"""The warm predictor: a network on a device, and everything from a volume to a prediction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from inference.errors import DeviceError
from inference.localise import activation_box
from inference.model import combine
from inference.model.record import LoadedModel, ModelRecord, load_model
from inference.preprocess import FieldSlices, read_field, to_channels
from inference.types import (
    LEVELS,
    CtVolume,
    Finding,
    LevelPrediction,
    ModelIdentity,
    NotAnalysed,
    Prediction,
    ReasonCode,
)

BATCH_SIZE: Final = {"cpu": 4, "cuda": 32}


@dataclass(frozen=True, slots=True, eq=False)
class SliceOutputs:
    """What the network said of the slices that were read.

    Attributes:
        presence, fracture: (slices, 7) float64 in 0…1.
        activation: (slices, 7, cells, cells) float32, fracture activation maps.
    """

    presence: NDArray[np.float64]
    fracture: NDArray[np.float64]
    activation: NDArray[np.float32]


class Predictor:
    """Holds one model on one device; ``predict`` may be called any number of times."""

    def __init__(self, model: LoadedModel, device: torch.device, batch_size: int) -> None:
        self._record: ModelRecord = model.record
        self._identity = model.identity
        self._device = device
        self._batch_size = batch_size
        # mypy does not know the overload of Module.to with a memory format alone.
        self._network = model.network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def load(
        cls, weights: Path | None = None, device: str = "auto", *, batch_size: int | None = None
    ) -> Predictor:
        """Read a model file (the shipped one by default) onto ``auto``, ``cpu`` or ``cuda[:n]``.

        Raises:
            WeightsError: the file cannot be used.
            DeviceError: there is no such device.
        """
        chosen = choose_device(device)
        return cls(load_model(weights), chosen, batch_size or BATCH_SIZE[chosen.type])

    @property
    def identity(self) -> ModelIdentity:
        """Which model answers."""
        return self._identity

    @property
    def record(self) -> ModelRecord:
        """Its input contract, rules and provenance."""
        return self._record

    @property
    def device_name(self) -> str:
        """For people: the GPU's name, or ``cpu``."""
        if self._device.type == "cuda":
            return torch.cuda.get_device_name(self._device)
        return self._device.type

    def predict(
        self, volume: CtVolume, on_progress: Callable[[float], None] | None = None
    ) -> Prediction | NotAnalysed:
        """Read a volume. ``on_progress`` hears the share done, in 0…1.

        The same volume gives the same numbers. A volume in which no cervical spine is seen is
        not analysed; a level that is not seen has no probability.
        """
        field = read_field(volume, self._record.contract)
        outputs = self.read_slices(field, on_progress or (lambda _: None))
        rule = self._record.seen
        spacing_mm = mean_spacing_mm(volume, field)
        seen = combine.seen_levels(outputs.presence, spacing_mm, rule)
        reason = combine.why_no_cervical_spine(outputs.presence, seen, rule)
        if reason is not None:
            return NotAnalysed(ReasonCode.NO_CERVICAL_SPINE, reason)
        probabilities = combine.level_probabilities(outputs.presence, outputs.fracture)
        levels = tuple(
            self._level(index, field, outputs, float(probabilities[index]) if each else None)
            for index, each in enumerate(seen)
        )
        return Prediction(
            model=self._identity,
            patient_overall=combine.overall_probability(probabilities[seen]),
            levels=levels,
            findings=tuple(
                self._finding(index, each.probability, volume, field, outputs)
                for index, each in enumerate(levels)
                if each.probability is not None and each.probability >= self._record.operating_point
            ),
            operating_point=self._record.operating_point,
        )

    def read_slices(self, field: FieldSlices, on_progress: Callable[[float], None]) -> SliceOutputs:
        """One forward pass over the slices, in batches."""
        presence, fracture, activation = [], [], []
        with torch.inference_mode(), self._precision():
            for start in range(0, len(field.hu), self._batch_size):
                hu = field.hu[start : start + self._batch_size].to(self._device)
                images = to_channels(hu, self._record.contract.windows)
                maps = self._network.feature_maps(
                    images.contiguous(memory_format=torch.channels_last)
                )
                logits = self._network.heads(maps)
                presence.append(logits.presence.double().sigmoid().cpu())
                fracture.append(logits.fracture.double().sigmoid().cpu())
                activation.append(self._network.fracture_activation(maps).float().cpu())
                on_progress(min(1.0, (start + self._batch_size) / len(field.hu)))
        return SliceOutputs(
            torch.cat(presence).numpy(), torch.cat(fracture).numpy(), torch.cat(activation).numpy()
        )

    def _precision(self) -> AbstractContextManager[object]:
        # bfloat16 on a CPU without native support is ten times slower than float32.
        return torch.autocast("cuda") if self._device.type == "cuda" else nullcontext()

    def _level(
        self, index: int, field: FieldSlices, outputs: SliceOutputs, probability: float | None
    ) -> LevelPrediction:
        if probability is None:
            return LevelPrediction(LEVELS[index], None)
        first, last = combine.slice_range(outputs.presence, index, self._record.seen.min_peak)
        return LevelPrediction(
            LEVELS[index], probability, field.indices[first], field.indices[last]
        )

    def _finding(
        self,
        index: int,
        probability: float,
        volume: CtVolume,
        field: FieldSlices,
        outputs: SliceOutputs,
    ) -> Finding:
        key = combine.key_slice(outputs.presence, outputs.fracture, index)
        _, rows, columns = volume.hu.shape
        box = activation_box(
            outputs.activation[key, index],
            field.to_pixels,
            size_px=self._record.contract.size_px,
            rows=rows,
            columns=columns,
        )
        in_volume = field.indices[key]
        return Finding(LEVELS[index], probability, in_volume, volume.sources[in_volume], box)


def mean_spacing_mm(volume: CtVolume, field: FieldSlices) -> float:
    """Distance of the slices that were read."""
    if len(field.indices) < 2:
        return volume.spacing_mm[0]
    span = field.indices[-1] - field.indices[0]
    return volume.spacing_mm[0] * span / (len(field.indices) - 1)


def choose_device(name: str) -> torch.device:
    """``auto`` is the first GPU if there is one, else the CPU.

    Raises:
        DeviceError: the name means nothing, or there is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"unknown device {name!r}: say auto, cpu or cuda") from error
    if device.type not in BATCH_SIZE:
        raise DeviceError(f"unknown device {name!r}: say auto, cpu or cuda")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"device {name!r} was asked for, but there is no such GPU")
    return device
