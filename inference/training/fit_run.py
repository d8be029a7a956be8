"""A whole run: data, slices, series, calibration, one model file."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch

from inference.errors import InferenceError, WeightsUnavailableError
from inference.model.build import build_network
from inference.model.initial import load_initial_encoder, load_published_encoder
from inference.model.network import CspineNetwork
from inference.model.record import Provenance, save_model
from inference.training.config import FitConfig, config_text, read_config
from inference.training.fit_data import FitData
from inference.training.fit_record import calibrated_record
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
    seed_everything,
)
from inference.training.moving_average import MovingAverage
from inference.training.schedule import epochs_of
from inference.training.series_task import SeriesTask
from inference.training.series_tokens import SeriesTokens, TokenMaker
from inference.training.slice_batches import SlicePool
from inference.training.slice_networks import LEARNERS
from inference.training.slices_task import SlicesTask, measure_batch_norms
from inference.training.summary import fit_summary

MODEL_FILE: Final = "model.safetensors"
CONFIG_FILE: Final = "config.toml"
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


class OnProgress(Protocol):
    """Hears how far a named piece of work is."""

    def __call__(self, what: str, done: int, of: int) -> None:
        """``done`` of ``of`` parts are done."""


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


@dataclass(frozen=True, slots=True)
class FitRun:
    """One run in one folder.

    Attributes:
        config: what to do.
        machine: on what.
        output: gets the model, the configuration, checkpoints, logs and tokens.
        initial_weights: a model of ours to take the encoder from.
        version: of the model, in its record.
        on_progress: of what Lightning does not show itself.
        say: gets lines for a person.
    """

    config: FitConfig
    machine: Machine
    output: Path
    initial_weights: Path | None
    version: str
    on_progress: OnProgress
    say: Callable[[str], None]

    def fit(self, data: FitData) -> Path | None:
        """Train, calibrate on the validation studies, write ``model.safetensors``.

        Returns:
            The model; ``None`` in the processes that only helped with the slices.

        Raises:
            TrainingError: the folder holds another run, or the machine is not there.
            WeightsError: the initial weights do not fit.
            DataError: the data cannot be read.
        """
        self._claim_output()
        seed_everything(self.config.seed, workers=True, verbose=False)
        network, initial = self._start()
        learner = LEARNERS[self.config.model.architecture](network, self.config)
        pool = SlicePool.of(data.training)
        task = SlicesTask(
            learner, self.config, pool, SlicePool.of(data.validation), self.machine.workers
        )
        section = self.config.slices
        trained = self._train(
            task, "slices", section.steps, section.epoch_steps, section.ema_decay,
            section.patience, "val_loss", keep_best=False, devices=self.machine.devices,
        )  # fmt: skip
        if not trained.is_global_zero:
            return None
        measure_batch_norms(learner, self.config, pool)
        network = round_to_half(learner.finished()).eval()
        tokens = self._read_series(network, data)
        if self.config.series.steps:
            series = SeriesTask(network, self.config, tokens[0], tokens[1])
            second = self.config.series
            self._train(
                series, "series", second.steps, second.epoch_steps, second.ema_decay,
                second.patience, "val_metric", keep_best=True, devices=1,
            )  # fmt: skip
        network = round_to_half(network).eval().cpu()
        record = calibrated_record(
            network,
            self.config,
            self.version,
            tokens[1],
            self._provenance(data, initial),
            self.say,
        )
        path = self.output / MODEL_FILE
        save_model(path, network, record)
        return path

    def _claim_output(self) -> None:
        """The folder belongs to one configuration."""
        path = self.output / CONFIG_FILE
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            if path.exists() and read_config(str(path)) != self.config:
                raise TrainingError(
                    f"{self.output} holds a run of another configuration: choose another --output"
                )
            path.write_text(config_text(self.config), encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{self.output} cannot be written: {error.strerror}") from error

    def _start(self) -> tuple[CspineNetwork, str]:
        """A new network, and a sentence on where its encoder began."""
        model = self.config.model
        channels = self.config.input_contract().channels
        network = build_network(
            model.architecture, model.encoder, len(channels), dropout=model.dropout
        )
        if self.initial_weights is not None:
            count = load_initial_encoder(network, model.encoder, channels, self.initial_weights)
            return network, f"encoder of {self.initial_weights.name} ({count} tensors)"
        if not model.pretrained:
            return network, "random"
        try:
            count = load_published_encoder(network, model.encoder, len(channels))
        except WeightsUnavailableError as error:
            self.say(f"{error}; training begins from random weights")
            return network, f"random, because {error}"
        return network, f"encoder trained on ImageNet, as timm publishes it ({count} tensors)"

    def _train(  # noqa: PLR0913 - one per number of a stage
        self,
        task: LightningModule,
        name: str,
        steps: int,
        epoch_steps: int,
        ema_decay: float,
        patience: int,
        monitor: str,
        *,
        keep_best: bool,
        devices: int,
    ) -> Trainer:
        """Run a stage to its end, or go on with it; the task gets the averaged weights."""
        epochs, _ = epochs_of(steps, epoch_steps)
        average = MovingAverage(ema_decay, monitor if keep_best else None)
        callbacks: list[Callback] = [
            average,
            ModelCheckpoint(
                self.output,
                filename=f"{name}-last",
                save_top_k=1,
                save_on_train_epoch_end=True,
                enable_version_counter=False,
            ),
            RichProgressBar(),
        ]
        if patience:
            callbacks.append(EarlyStopping(monitor, patience=patience))
        checkpoint = self.output / f"{name}-last.ckpt"
        with _quiet():
            trainer = self._trainer(callbacks, name, epochs, devices)
            trainer.fit(task, ckpt_path=checkpoint if checkpoint.exists() else None)
        average.apply_to(task)
        return trainer

    def _trainer(self, callbacks: list[Callback], name: str, epochs: int, devices: int) -> Trainer:
        machine = self.machine
        on_gpu = machine.accelerator in {"gpu", "cuda"} or (
            machine.accelerator == "auto" and torch.cuda.is_available()
        )
        precision: Any = machine.precision
        if precision == "auto":
            precision = "bf16-mixed" if on_gpu else "32-true"
        try:
            return Trainer(
                accelerator="gpu" if on_gpu else machine.accelerator,
                devices=devices,
                precision=precision,
                max_epochs=epochs,
                callbacks=callbacks,
                logger=self._loggers(name),
                gradient_clip_val=CLIP,
                deterministic="warn" if on_gpu else None,
                num_sanity_val_steps=0,
                log_every_n_steps=1,
                use_distributed_sampler=False,
                enable_model_summary=False,
            )
        except (MisconfigurationException, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise TrainingError(f"this machine cannot run it: {reason}") from error

    def _loggers(self, name: str) -> list[Logger]:
        """CSV always, TensorBoard where it is installed."""
        logs = self.output / "logs"
        out: list[Logger] = [CSVLogger(logs, name=name)]
        if importlib.util.find_spec("tensorboard") is not None:
            out.append(TensorBoardLogger(logs / "tensorboard", name=name))
        return out

    def _read_series(
        self, network: CspineNetwork, data: FitData
    ) -> tuple[list[SeriesTokens], list[SeriesTokens]]:
        """Tokens of training and validation series."""
        contract, section = self.config.input_contract(), self.config.series
        training = data.first_patients(section.studies) if section.steps else []
        plain = TokenMaker(network, contract, 1, self.config.seed)
        if section.steps:
            fit_summary(network, plain, training)
        varied = TokenMaker(network, contract, section.variants, self.config.seed)
        out = []
        for what, maker, studies in (
            ("training", varied, training),
            ("validation", plain, data.validation),
        ):
            folder = self.output / "tokens" / what
            report = self._reporter(f"reading {what} series", len(studies))
            out.append(maker.read(studies, folder, report))
        return out[0], out[1]

    def _reporter(self, what: str, count: int) -> Callable[[int], None]:
        return lambda done: self.on_progress(what, done, count)

    def _provenance(self, data: FitData, initial: str) -> Provenance:
        """What the record tells of the run."""
        slices, series = self.config.slices, self.config.series
        size, field_mm = self.config.contract.size_px, self.config.contract.field_mm
        stages = ", ".join(
            f"{each.share:.0%} at {size * each.size:g} px over {field_mm * each.field:g} mm "
            f"(batch {each.batch_size}, rate ×{each.rate:g})"
            for each in slices.stages
        )
        return Provenance(
            data=data.description,
            training=data.training_description,
            validation=data.validation_description,
            recipe=(
                f"slices: {slices.steps} steps of AdamW to {slices.learning_rate:g}, {stages}; "
                f"series: {series.steps} steps to {series.learning_rate:g} on at most "
                f"{series.studies} studies; moving average; seed {self.config.seed}; "
                f"torch {torch.__version__}"
            ),
            git_commit=git_commit(),
            initial_weights=initial,
        )


def round_to_half(network: CspineNetwork) -> CspineNetwork:
    """To the numbers that a model file keeps, so that what is calibrated is what will be loaded."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return network


def git_commit() -> str | None:
    """Of the code, if it runs from a repository; ``+`` marks uncommitted changes."""
    folder = Path(__file__).parent
    try:
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git(folder, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words
        ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the user has
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


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
