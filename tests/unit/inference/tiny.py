"""A model small and quick enough for unit tests: untrained, 64 px."""

from __future__ import annotations

from typing import Final

import torch

from inference.engines import TorchEngine
from inference.model.build import build_network
from inference.model.channels import CHANNELS
from inference.model.combine import SeenRule
from inference.model.record import (
    CONTRACT_VERSION,
    UNCALIBRATED,
    InputContract,
    LoadedModel,
    ModelRecord,
    Provenance,
)
from inference.types import ModelIdentity

ENCODER: Final = "tf_efficientnetv2_b0"
ARCHITECTURES: Final = ("baseline", "spine")


def tiny_record(architecture: str = "baseline") -> ModelRecord:
    """A record whose rules let an untrained network's numbers through."""
    return ModelRecord(
        name="tiny",
        version="0",
        architecture=architecture,
        encoder=ENCODER,
        contract=InputContract(
            version=CONTRACT_VERSION,
            size_px=64,
            field_mm=144.0,
            slice_spacing_mm=4.0,
            slab_mm=4.0,
            channels=CHANNELS[architecture],
        ),
        seen=SeenRule(
            min_peak=0.0, min_extent_mm=0.0, min_levels=2, max_inversions=21, max_skipped=7
        ),
        calibration=UNCALIBRATED,
        operating_point=0.3 if architecture == "baseline" else 0.03,
        provenance=Provenance("nothing", "nothing", "nothing", "none", None, "random"),
    )


def tiny_model(seed: int = 0, architecture: str = "baseline") -> LoadedModel:
    """An untrained model; equal seeds give equal weights."""
    torch.manual_seed(seed)
    record = tiny_record(architecture)
    network = build_network(architecture, ENCODER, len(record.contract.channels)).eval()
    return LoadedModel(network, record, ModelIdentity("tiny", "0", "0" * 64))


def tiny_engine(seed: int = 0, architecture: str = "baseline", batch_size: int = 4) -> TorchEngine:
    """The same on the CPU."""
    return TorchEngine(tiny_model(seed, architecture), torch.device("cpu"), batch_size=batch_size)
