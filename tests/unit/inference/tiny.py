"""A model small and quick enough for unit tests: untrained, 64 px."""

from __future__ import annotations

from typing import Final

import torch

from inference.model.baseline import BaselineNet
from inference.model.combine import SeenRule
from inference.model.record import (
    CONTRACT_VERSION,
    HuWindow,
    InputContract,
    LoadedModel,
    ModelRecord,
    Provenance,
)
from inference.types import ModelIdentity

ENCODER: Final = "tf_efficientnetv2_b0"


def tiny_record() -> ModelRecord:
    """A record whose rules let an untrained network's numbers through."""
    return ModelRecord(
        name="tiny",
        version="0",
        encoder=ENCODER,
        contract=InputContract(
            version=CONTRACT_VERSION,
            size_px=64,
            field_mm=144.0,
            slice_spacing_mm=4.0,
            windows=(HuWindow(400, 1800), HuWindow(50, 400), HuWindow(200, 2400)),
        ),
        seen=SeenRule(
            min_peak=0.0, min_extent_mm=0.0, min_levels=2, max_inversions=21, max_skipped=7
        ),
        operating_point=0.3,
        provenance=Provenance("nothing", (0, 0), (0, 0), "none"),
    )


def tiny_model(seed: int = 0) -> LoadedModel:
    """An untrained model; equal seeds give equal weights."""
    torch.manual_seed(seed)
    network = BaselineNet(ENCODER).eval()
    return LoadedModel(network, tiny_record(), ModelIdentity("tiny", "0", "0" * 64))
