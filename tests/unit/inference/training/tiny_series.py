"""Series small enough for unit tests, and a configuration that learns from them in seconds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from inference.model.channels import CHANNELS
from inference.training.config import FitConfig
from inference.training.fit_data import FitData
from inference.training.study_slices import (
    FRACTURE_MARK,
    NO_SPINE,
    SPINE,
    StudySlices,
    stored_size,
)
from tests.unit.inference.tiny import ENCODER

SIZE: Final = stored_size(64)
SLICES: Final = 21
"""Three of each level."""


def tiny_config(architecture: str = "spine", **sections: dict[str, Any]) -> FitConfig:
    """64 px, two epochs of two steps in each stage."""
    return FitConfig.model_validate(
        {
            "model": {"architecture": architecture, "encoder": ENCODER} | sections.get("model", {}),
            "contract": {
                "size_px": 64,
                "field_mm": 144.0,
                "slice_spacing_mm": 4.0,
                "channels": [
                    {"offset": c.offset, "level": c.window.level, "width": c.window.width}
                    for c in CHANNELS[architecture]
                ],
            },
            "phantoms": {"studies": 1, "negatives": 1, "validation": 1, "matrices": [64]},
            "slices": {
                "steps": 4,
                "epoch_steps": 2,
                "validation_batches": 1,
                "stages": [
                    {"share": 0.5, "size": 0.5, "field": 0.5, "batch_size": 4},
                    {"share": 0.5, "size": 1.0, "field": 1.0, "batch_size": 4},
                ],
            }
            | sections.get("slices", {}),
            "series": {
                "steps": 4 if architecture == "spine" else 0,
                "epoch_steps": 2,
                "batch_size": 3,
            }
            | sections.get("series", {}),
        }
    )


def tiny_series(
    seed: int, *, fractured: bool = True, spine: bool = True, fold: int = 0
) -> StudySlices:
    """A bright square goes down through the slices; C4 may have a dark crack, its twin has none."""
    rng = np.random.default_rng(seed)
    hu = rng.integers(-60, 60, (SLICES, SIZE, SIZE)).astype(np.int16)
    marks = np.zeros((SLICES, SIZE // 4, SIZE // 4), np.uint8)
    shares = np.zeros((SLICES, 7), np.float32)
    shown = np.zeros((SLICES, 7), np.float32)
    if spine:
        number = np.arange(SLICES) // 3
        hu[:, 20:52, 20:52] += (300 + 40 * number[:, None, None]).astype(np.int16)
        marks[:, 5:13, 5:13] = number[:, None, None] + 1
        shares[np.arange(SLICES), number] = 1
    if spine and fractured:
        hu[10:12, 34:38, 20:52] = -200
        marks[10:12, 8:10, 5:13] += FRACTURE_MARK
        shown[10:12, 3] = 1
    levels = np.full(7, 0.0 if spine else np.nan, np.float32)
    if spine and fractured:
        levels[3] = 1
    return StudySlices(
        hu=hu,
        marks=marks,
        shares=shares,
        fracture=shown,
        boxed=np.zeros(SLICES, np.bool_),
        levels=levels,
        overall=float(levels.max()),
        group=SPINE if spine else NO_SPINE,
        patient_key=f"tiny-{seed}",
        fold=fold,
    )


def tiny_data() -> FitData:
    """Two patients with their twins and one volume without a spine; one pair for validation."""
    training = [tiny_series(s, fractured=f) for s in (0, 1) for f in (True, False)]
    training.append(tiny_series(2, spine=False))
    held = [tiny_series(3), tiny_series(3, fractured=False)]
    return FitData(training, held, "squares", "seeds 0–2", "seed 3")
