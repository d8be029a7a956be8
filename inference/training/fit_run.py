"""A whole run: data, slices, series, calibration, one model file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import torch

from inference.errors import WeightsUnavailableError
from inference.model.build import build_network
from inference.model.initial import load_initial_encoder, load_published_encoder
from inference.model.network import CspineNetwork
from inference.model.record import save_model
from inference.training.config import FitConfig, config_text, read_config
from inference.training.fit_data import FitData
from inference.training.fit_record import calibrated_record, git_commit, provenance
from inference.training.lightning_door import seed_everything
from inference.training.lightning_stage import (
    Machine,
    Stage,
    TrainingError,
    make_trainer,
    run_stage,
)
from inference.training.series_task import SeriesTask
from inference.training.series_tokens import SeriesTokens, TokenMaker
from inference.training.slice_batches import SlicePool
from inference.training.slice_networks import LEARNERS
from inference.training.slices_task import SlicesTask, measure_batch_norms
from inference.training.summary import fit_summary

MODEL_FILE: Final = "model.safetensors"
CONFIG_FILE: Final = "config.toml"
DATA_FILE: Final = "data.txt"


class OnProgress(Protocol):
    """Hears how far a named piece of work is."""

    def __call__(self, what: str, done: int, of: int) -> None:
        """``done`` of ``of`` parts are done."""


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

    def check(self) -> None:
        """Find out what can be known before any data are there; the folder gets the configuration.

        Raises:
            TrainingError, WeightsError: as :meth:`fit`.
        """
        path = self.output / CONFIG_FILE
        text = config_text(self.config)
        # An older file may lack keys that have come since: what it means counts.
        if not path.exists() or read_config(str(path)) != self.config:
            self._claim(CONFIG_FILE, text, "of another configuration")
        make_trainer(self.machine, [], [], epochs=1)
        self._network()

    def fit(self, data: FitData) -> Path | None:
        """Train, calibrate on the validation studies, write ``model.safetensors``.

        Returns:
            The model; ``None`` in the processes that only helped with the slices.

        Raises:
            TrainingError: the folder holds another run, or the machine is not there.
            WeightsError: the initial weights do not fit.
            DataError: the data cannot be read.
        """
        self.check()
        commit = git_commit()  # now, not hours later
        about = (data.description, data.training_description, data.validation_description)
        self._claim(DATA_FILE, "\n".join(about) + "\n", "on other data")
        seed_everything(self.config.seed, workers=True, verbose=False)
        network, initial = self._start()
        learner = LEARNERS[self.config.model.architecture](network, self.config)
        # mypy does not know the overload of Module.to with a memory format alone.
        learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        pool = SlicePool.of(data.training)
        task = SlicesTask(
            learner, self.config, pool, SlicePool.of(data.validation), self.machine.workers
        )
        trained = run_stage(task, self._slices_stage(), self.machine, self.output)
        if not trained.is_global_zero:
            return None
        learner.to(self.machine.device)  # Lightning has put it back on the CPU
        measure_batch_norms(learner, self.config, pool)
        network = round_to_half(learner.finished()).eval()
        tokens = self._read_series(network, data)
        if self.config.series.steps:
            series = SeriesTask(network, self.config, tokens[0], tokens[1])
            alone = replace(self.machine, devices=1)
            run_stage(series, self._series_stage(), alone, self.output)
        network = round_to_half(network).eval().cpu()
        record = calibrated_record(
            network,
            self.config,
            self.version,
            tokens[1],
            provenance(self.config, data, initial, commit),
            self.say,
        )
        path = self.output / MODEL_FILE
        save_model(path, network, record)
        return path

    def _slices_stage(self) -> Stage:
        c = self.config.slices
        return Stage(
            "slices", c.steps, c.epoch_steps, c.ema_decay, "val_loss", c.patience, keep_best=False
        )

    def _series_stage(self) -> Stage:
        c = self.config.series
        return Stage(
            "series", c.steps, c.epoch_steps, c.ema_decay, "val_metric", c.patience, keep_best=True
        )

    def _claim(self, name: str, text: str, what: str) -> None:
        """A file of the folder says what the run is of; it must not say anything else."""
        path = self.output / name
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.read_text(encoding="utf-8") != text:
                raise TrainingError(f"{self.output} holds a run {what}: choose another --output")
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{self.output} cannot be written: {error.strerror}") from error

    def _network(self) -> tuple[CspineNetwork, str]:
        """A new network, and a sentence on where its encoder began."""
        model = self.config.model
        channels = self.config.input_contract().channels
        network = build_network(
            model.architecture, model.encoder, len(channels), dropout=model.dropout
        )
        if self.initial_weights is None:
            return network, "random"
        count = load_initial_encoder(network, model.encoder, channels, self.initial_weights)
        return network, f"encoder of {self.initial_weights.name} ({count} tensors)"

    def _start(self) -> tuple[CspineNetwork, str]:
        """The network of :meth:`_network`, or one that begins with published weights."""
        model, count = self.config.model, len(self.config.contract.channels)
        network, initial = self._network()
        if self.initial_weights is not None or not model.pretrained:
            return network, initial
        try:
            copied = load_published_encoder(network, model.encoder, count)
        except WeightsUnavailableError as error:
            self.say(f"{error}; training begins from random weights")
            return network, f"random, because {error}"
        return network, f"encoder trained on ImageNet, as timm publishes it ({copied} tensors)"

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


def round_to_half(network: CspineNetwork) -> CspineNetwork:
    """To the numbers that a model file keeps, so that what is calibrated is what will be loaded."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return network
