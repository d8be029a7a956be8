"""Exported models, run by ONNX Runtime."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from inference.engines import Array, SeriesOutputs
from inference.errors import DeviceError, WeightsError
from inference.model.record import ModelRecord
from inference.onnx_bundle import SERIES, SLICES, read_bundle
from inference.types import LEVELS, ModelIdentity

BATCH_SIZE: Final = {"CPUExecutionProvider": 4, "CUDAExecutionProvider": 32}
ERRORS_ONLY: Final = 3
"""Of ONNX Runtime's log: what it warns of is no matter of the operator's."""

REFUSALS: Final = (
    reasons.EPFail,
    reasons.Fail,
    reasons.InvalidArgument,
    reasons.InvalidGraph,
    reasons.InvalidProtobuf,
    reasons.NotImplemented,
    reasons.RuntimeException,
)
"""What ONNX Runtime raises of a graph that it cannot load; they have no root of their own."""


class OnnxEngine:
    """An exported model on a CPU, or on a GPU where ONNX Runtime has CUDA.

    See ``inference.engines.Engine``; probabilities agree with those of the model that was
    exported, which ``cspine-train export`` checks.

    Raises:
        WeightsError: the file cannot be used.
        DeviceError: there is no such device.
    """

    def __init__(self, path: Path, device: str = "auto", *, batch_size: int | None = None) -> None:
        providers = choose_providers(device)
        bundle, self._identity = read_bundle(path)
        self._record = bundle.record
        threads = torch.get_num_threads()
        self._slices = _session(path, SLICES, bundle.slices, providers, threads)
        # A series is some hundred short rows: more threads would wait more than work.
        self._series = _session(path, SERIES, bundle.series, providers[-1:], 1)
        self._provider: str = self._slices.get_providers()[0]
        if device.startswith("cuda") and self._provider != "CUDAExecutionProvider":
            # It falls back in silence where its libraries do not load.
            raise DeviceError(f"device {device!r} was asked for, but ONNX Runtime cannot use it")
        self._batch_size = batch_size or BATCH_SIZE[self._provider]
        _check_graphs(path, self._slices, self._series, self._record)

    @property
    def record(self) -> ModelRecord:
        """Its input contract, rules and provenance."""
        return self._record

    @property
    def identity(self) -> ModelIdentity:
        """Which model answers; the digest is that of the bundle."""
        return self._identity

    @property
    def device_name(self) -> str:
        """For people: ``cpu`` or ``cuda``, and what runs there."""
        kind = "cuda" if self._provider == "CUDAExecutionProvider" else "cpu"
        return f"{kind} (ONNX Runtime {onnxruntime.__version__})"

    @property
    def batch_size(self) -> int:
        """How many slices are best given at a time."""
        return self._batch_size

    def slices(self, images: Array) -> tuple[Array, Array]:
        """See ``Engine.slices``."""
        tokens, maps = self._slices.run(["tokens", "maps"], {"images": images})
        return tokens, maps

    def series(self, tokens: Array) -> SeriesOutputs:
        """See ``Engine.series``."""
        names = [each.name for each in self._series.get_outputs()]
        said = dict(zip(names, self._series.run(names, {"tokens": tokens}), strict=True))
        overall = float(said["overall"][0]) if "overall" in said else None
        return SeriesOutputs(
            _double(said["presence"]), _double(said["fracture"]), _double(said["levels"]), overall
        )


def choose_providers(device: str) -> list[Any]:
    """ONNX Runtime's providers for ``auto``, ``cpu`` or ``cuda[:n]``, the best first.

    Raises:
        DeviceError: the name means nothing, or this ONNX Runtime has no CUDA.
    """
    kind, _, number = device.partition(":")
    if kind not in {"auto", "cpu", "cuda"} or (
        number and not (kind == "cuda" and number.isdigit())
    ):
        raise DeviceError(f"unknown device {device!r}: say auto, cpu or cuda")
    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if kind == "cuda" and not has_cuda:
        raise DeviceError(
            f"device {device!r} was asked for, but the installed ONNX Runtime has no CUDA: "
            "use the safetensors file, or install onnxruntime-gpu instead"
        )
    if kind == "cpu" or not has_cuda:
        return ["CPUExecutionProvider"]
    return [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]


def _session(path: Path, name: str, graph: bytes, providers: list[Any], threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    # As for torch's threads (``inference.threads``): those that wait sleep, unless told otherwise.
    spins = os.environ.get("OMP_WAIT_POLICY", "PASSIVE").upper() == "ACTIVE"
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    except REFUSALS as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"{path}: ONNX Runtime cannot load {name}: {reason}") from error


def _check_graphs(path: Path, slices: Any, series: Any, record: ModelRecord) -> None:
    """The graphs take and give what the record says, so that no series fails on it later."""
    contract = record.contract
    size = [len(contract.channels), contract.size_px, contract.size_px]
    shapes = {
        f"{name} {each.name}": each.shape
        for name, session in ((SLICES, slices), (SERIES, series))
        for each in (*session.get_inputs(), *session.get_outputs())
    }
    levels = len(LEVELS)
    width = (shapes.get(f"{SLICES} tokens") or [None])[-1]
    expected = {
        f"{SLICES} images": ["slices", *size],
        f"{SLICES} tokens": ["slices", width],
        f"{SERIES} tokens": ["slices", width],
        f"{SERIES} presence": ["slices", levels],
        f"{SERIES} fracture": ["slices", levels],
        f"{SERIES} levels": [levels],
    }
    for what, shape in expected.items():
        if shapes.get(what) != shape:
            raise WeightsError(f"{path}: {what} is {shapes.get(what)}, the record wants {shape}")
    maps = shapes.get(f"{SLICES} maps") or []
    if len(maps) != 4 or maps[1] != levels:
        raise WeightsError(f"{path}: {SLICES} maps is {maps}, the record wants {levels} maps")


def _double(array: Array) -> NDArray[np.float64]:
    return array.astype(np.float64)
