"""What runs a network: the same two calls, whatever is behind them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.errors import DeviceError
from inference.model.record import LoadedModel, ModelRecord, load_model
from inference.types import ModelIdentity

BATCH_SIZE: Final = {"cpu": 4, "cuda": 32}

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesOutputs:
    """What a network says of one series: logits, uncalibrated, as float64.

    Attributes:
        presence: (slices, 7), the slice shows the level.
        fracture: (slices, 7), the slice shows a fracture of the level.
        levels: (7,), the level is fractured.
        overall: any level is; ``None`` where it follows from the levels.
    """

    presence: NDArray[np.float64]
    fracture: NDArray[np.float64]
    levels: NDArray[np.float64]
    overall: float | None


class Engine(Protocol):
    """A model that can be run. Not safe for several threads at once."""

    @property
    def record(self) -> ModelRecord:
        """Its input contract, rules and provenance."""

    @property
    def identity(self) -> ModelIdentity:
        """Which model answers."""

    @property
    def device_name(self) -> str:
        """For people: the GPU's name, or ``cpu``."""

    @property
    def batch_size(self) -> int:
        """How many slices are best given at a time."""

    def slices(self, images: Array) -> tuple[Array, Array]:
        """Tokens (n, width) and fracture maps (n, 7, h, w) of images (n, channels, size, size)."""

    def series(self, tokens: Array) -> SeriesOutputs:
        """Of the tokens of all slices of one series, (slices, width), from the head down."""


class TorchEngine:
    """PyTorch on a CPU or a GPU."""

    def __init__(
        self, model: LoadedModel, device: torch.device, *, batch_size: int | None = None
    ) -> None:
        self._model = model
        self._device = device
        self._batch_size = batch_size or BATCH_SIZE[device.type]
        # mypy does not know the overload of Module.to with a memory format alone.
        self._network = model.network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def record(self) -> ModelRecord:
        """Its input contract, rules and provenance."""
        return self._model.record

    @property
    def identity(self) -> ModelIdentity:
        """Which model answers."""
        return self._model.identity

    @property
    def device_name(self) -> str:
        """For people: the GPU's name, or ``cpu``."""
        if self._device.type == "cuda":
            return torch.cuda.get_device_name(self._device)
        return self._device.type

    @property
    def batch_size(self) -> int:
        """How many slices are best given at a time."""
        return self._batch_size

    def slices(self, images: Array) -> tuple[Array, Array]:
        """See ``Engine.slices``."""
        given = torch.from_numpy(images).to(self._device)
        with torch.inference_mode(), self._precision():
            features = self._network.read_slices(
                given.contiguous(memory_format=torch.channels_last)
            )
        return features.tokens.float().cpu().numpy(), features.maps.float().cpu().numpy()

    def series(self, tokens: Array) -> SeriesOutputs:
        """See ``Engine.series``; in single precision on every device."""
        with torch.inference_mode():
            logits = self._network.read_series(torch.from_numpy(tokens)[None].to(self._device))
        overall = None if logits.overall is None else float(logits.overall[0])
        return SeriesOutputs(
            _array(logits.presence[0]),
            _array(logits.fracture[0]),
            _array(logits.levels[0]),
            overall,
        )

    def _precision(self) -> AbstractContextManager[object]:
        # bfloat16 on a CPU without native support is ten times slower than float32.
        return torch.autocast("cuda") if self._device.type == "cuda" else nullcontext()


def load_engine(
    weights: Path | None = None, device: str = "auto", *, batch_size: int | None = None
) -> Engine:
    """Read a model file (the shipped one by default) onto ``auto``, ``cpu`` or ``cuda[:n]``.

    The file's suffix says what runs it: see ``ENGINES``; any other is read as safetensors.

    Raises:
        WeightsError: the file cannot be used.
        DeviceError: there is no such device.
    """
    suffix = ".safetensors" if weights is None else weights.suffix.lower()
    return ENGINES.get(suffix, _torch_engine)(weights, device, batch_size)


def _torch_engine(weights: Path | None, device: str, batch_size: int | None) -> Engine:
    chosen = choose_device(device)
    return TorchEngine(load_model(weights), chosen, batch_size=batch_size)


def _onnx_engine(weights: Path | None, device: str, batch_size: int | None) -> Engine:
    from inference.onnx_engine import OnnxEngine  # noqa: PLC0415 - torch's models do not need it

    assert weights is not None  # the shipped model is no exported one
    return OnnxEngine(weights, device, batch_size=batch_size)


ENGINES: Final[dict[str, Callable[[Path | None, str, int | None], Engine]]] = {
    ".safetensors": _torch_engine,
    ".cspine": _onnx_engine,
}


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


def _array(tensor: Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.double().cpu().numpy()
    return array
