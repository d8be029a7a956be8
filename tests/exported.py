"""Tiny exported models for the tests of several rooms. An export takes seconds: once a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from inference.model.record import save_model
from inference.model.spine import SpineNet
from inference.training.export import Exported, export_model
from tests.unit.inference.tiny import tiny_model, tiny_record

SURELY_ABSENT = -40.0
"""A logit, as trained networks give them to a level that is nowhere near."""


@cache
def tiny_export(base: Path, architecture: str) -> Exported:
    """The tiny model of this architecture, exported below ``base``, the run's temporary folder.

    The cells of the spine network are as sure as trained ones that one level is not there.
    """
    network = tiny_model(architecture=architecture).network
    if isinstance(network, SpineNet):
        with torch.no_grad():
            network.state_dict()["cells.bias"][3] = SURELY_ABSENT
    weights = base / f"tiny-{architecture}.safetensors"
    save_model(weights, network, tiny_record(architecture))
    return export_model(weights, base / f"exported-{architecture}")
