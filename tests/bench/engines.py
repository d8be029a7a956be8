"""The shipped network in PyTorch and, exported, in ONNX Runtime: slices a second on the CPU."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from inference.engines import Engine, load_engine
from inference.training.export import export_model
from tests.bench.measure import Figure, seconds, side_by_side

SLICES: Final = 24


def engines(scratch: Path) -> list[Figure]:
    exported = export_model(None, scratch / "export")
    assert exported.onnx is not None
    contenders = {
        "PyTorch": load_engine(exported.weights, "cpu"),
        "ONNX Runtime": load_engine(exported.onnx, "cpu"),
    }
    contract = contenders["PyTorch"].record.contract
    shape = (SLICES, len(contract.channels), contract.size_px, contract.size_px)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)

    def rate(engine: Engine) -> float:
        step = engine.batch_size
        starts = range(0, SLICES, step)
        took_s = seconds(lambda: [engine.slices(images[start : start + step]) for start in starts])
        return SLICES / took_s

    what = f"{contract.size_px} px, CPU"
    return side_by_side(
        "slices",
        "slices/s",
        {f"{name}, {what}": partial(rate, e) for name, e in contenders.items()},
    )
