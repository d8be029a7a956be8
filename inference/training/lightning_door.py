"""The one door to Lightning, open also where torchvision's compiled operators cannot load.

Lightning imports torchmetrics, and that imports torchvision: see ``torchvision_guard``, which must
have run before.
"""

# ruff: noqa: E402

from __future__ import annotations

from inference.model.torchvision_guard import load_timm

load_timm()

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "LightningModule",
    "Logger",
    "MisconfigurationException",
    "ModelCheckpoint",
    "RichProgressBar",
    "TensorBoardLogger",
    "Trainer",
    "seed_everything",
]
