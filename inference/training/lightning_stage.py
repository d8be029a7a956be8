"""One stage of training in Lightning: epochs, checkpoints, logs, the moving average."""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from inference.errors import InferenceError
from inference.training.lightning_door import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LightningModule,
    Logger,
    MisconfigurationException,
    ModelCheckpoint,
    RichProgressBar,
    TensorBoardLogger,
    Trainer,
)
from inference.training.moving_average import MovingAverage
from inference.training.schedule import epochs_of

CLIP: Final = 2.0
MEANT: Final = (
    ".*does not have many workers.*",
    ".*[Cc]heckpoint directory .* exists and is not empty.*",
    ".*GPU available but not used.*",
    ".*treespec, LeafSpec.*is deprecated.*",
)
"""Warnings of Lightning."""


class TrainingError(InferenceError):
    """The run cannot start or go on; one line says why."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run runs; changes how fast, and in the last digits what, it learns.

    Attributes:
        accelerator: Lightning's name: auto, cpu, gpu.
        devices: how many.
        precision: Lightning's name, or auto: bf16-mixed on a GPU, 32-true on a CPU.
        workers: processes that make batches.
    """

    accelerator: str = "auto"
    devices: int = 1
    precision: str = "auto"
    workers: int = 1

    @property
    def on_gpu(self) -> bool:
        """Whether it is one."""
        return self.accelerator == "gpu" or (
            self.accelerator == "auto" and torch.cuda.is_available()
        )

    @property
    def device(self) -> torch.device:
        """For what is done between the stages."""
        return torch.device("cuda" if self.on_gpu else "cpu")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage is called and how long it lasts.

    Attributes:
        name: of its checkpoint and its logs.
        steps, epoch_steps: altogether, and between validations.
        ema_decay: of the moving average.
        monitor: the validation value that should become small.
        patience: epochs without a better one before the stage ends; 0 never.
        keep_best: the average with the smallest value is the result, not the last.
    """

    name: str
    steps: int
    epoch_steps: int
    ema_decay: float
    monitor: str
    patience: int
    keep_best: bool

    def checkpoint(self, output: Path) -> Path:
        """Where it goes on from; it stays when the stage is done."""
        return output / f"{self.name}-last.ckpt"


def run_stage(task: LightningModule, stage: Stage, machine: Machine, output: Path) -> Trainer:
    """Run a stage to its end, or go on with it; the task gets the averaged weights.

    Raises:
        TrainingError: the machine is not there, or the checkpoint does not fit.
    """
    average = MovingAverage(stage.ema_decay, stage.monitor if stage.keep_best else None)
    checkpoint = stage.checkpoint(output)
    callbacks: list[Callback] = [
        average,
        ModelCheckpoint(
            output,
            filename=checkpoint.stem,
            save_top_k=1,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        ),
        RichProgressBar(),
    ]
    if stage.patience:
        callbacks.append(EarlyStopping(stage.monitor, patience=stage.patience))
    epochs, _ = epochs_of(stage.steps, stage.epoch_steps)
    with _quiet():
        trainer = make_trainer(machine, callbacks, _loggers(output / "logs", stage.name), epochs)
        trainer.fit(task, ckpt_path=checkpoint if checkpoint.exists() else None)
    average.apply_to(task)
    return trainer


def make_trainer(
    machine: Machine, callbacks: list[Callback], loggers: list[Logger], epochs: int
) -> Trainer:
    """Lightning's trainer on this machine.

    Raises:
        TrainingError: the machine is not there.
    """
    precision: Any = machine.precision
    if precision == "auto":
        precision = "bf16-mixed" if machine.on_gpu else "32-true"
    try:
        with _quiet():
            return Trainer(
                accelerator="gpu" if machine.on_gpu else "cpu",
                devices=machine.devices,
                precision=precision,
                max_epochs=epochs,
                callbacks=callbacks,
                logger=loggers,
                gradient_clip_val=CLIP,
                deterministic="warn" if machine.on_gpu else None,
                num_sanity_val_steps=0,
                log_every_n_steps=1,
                use_distributed_sampler=False,
                enable_model_summary=False,
            )
    except (MisconfigurationException, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(f"this machine cannot run it: {reason}") from error


def _loggers(folder: Path, name: str) -> list[Logger]:
    """CSV always, TensorBoard where it is installed."""
    out: list[Logger] = [CSVLogger(folder, name=name)]
    if importlib.util.find_spec("tensorboard") is not None:
        out.append(TensorBoardLogger(folder / "tensorboard", name=name))
    return out


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's advice on things that are meant as they are, and its advertisements."""
    log = logging.getLogger("lightning.pytorch")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for text in MEANT:
                warnings.filterwarnings("ignore", text)
            yield
    finally:
        log.setLevel(level)
