"""A whole run: phantoms, training, operating point, one model file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

import torch

from inference.errors import InferenceError
from inference.model.baseline import BaselineNet
from inference.model.record import (
    UNCALIBRATED,
    ModelRecord,
    Provenance,
    load_model,
    save_model,
)
from inference.predictor import Predictor
from inference.training.batches import SlicePool
from inference.training.calibrate import (
    ValidationReading,
    fit_operating_point,
    fit_shift,
    read_for_validation,
)
from inference.training.cohort import cohort
from inference.training.fit import Trainer, train
from inference.training.phantoms import StudyOrder, make_cache
from inference.training.recipe import FIRST_VALIDATION_SEED, SEEN_RULE, Recipe

MODEL_NAME: Final = "cspine-phantom"
MODEL_FILE: Final = "model.safetensors"
SAVE_EVERY: Final = 100
VALIDATION_SLICES: Final = 64


class TrainingError(InferenceError):
    """The run cannot start or go on; one line says why."""


class OnProgress(Protocol):
    """Hears how far a named piece of work is."""

    def __call__(self, what: str, done: int, of: int) -> None:
        """``done`` of ``of`` parts are done."""


def fit_model(
    recipe: Recipe,
    output: Path,
    *,
    cache: Path,
    validation: int,
    workers: int,
    version: str,
    on_progress: OnProgress,
) -> Path:
    """Train, calibrate on validation phantoms, write ``model.safetensors``.

    Raises:
        TrainingError: too many studies for the training seeds, or a foreign checkpoint.
    """
    if recipe.studies + recipe.negatives > FIRST_VALIDATION_SEED:
        raise TrainingError(f"there are only {FIRST_VALIDATION_SEED} training seeds")
    output.mkdir(parents=True, exist_ok=True)
    network = trained_network(recipe, output, cache, workers, on_progress)
    path = output / MODEL_FILE
    record = ModelRecord(
        name=MODEL_NAME,
        version=version,
        architecture="baseline",
        encoder=recipe.encoder,
        contract=recipe.contract,
        seen=SEEN_RULE,
        calibration=UNCALIBRATED,
        operating_point=0.5,
        provenance=provenance(recipe, validation),
    )
    save_model(path, network, record)
    # Calibrated on what will be loaded, after the rounding to float16.
    readings = read_validation(path, recipe, validation, on_progress)
    shift = fit_shift(readings)
    network = load_model(path).network
    with torch.no_grad():
        network.fracture_head.bias.add_(shift)
    point = fit_operating_point(readings, shift)
    save_model(path, network, replace(record, operating_point=point))
    return path


def trained_network(
    recipe: Recipe, output: Path, cache: Path, workers: int, on_progress: OnProgress
) -> BaselineNet:
    """Make the phantoms, then train, or go on training."""
    count = recipe.studies + recipe.negatives
    orders = [
        StudyOrder(seed, seed < recipe.studies, recipe.matrix_of(seed), recipe.contract)
        for seed in range(count)
    ]
    studies = make_cache(
        orders,
        cache,
        workers=workers,
        on_progress=lambda done: on_progress("making phantoms", done, count),
    )
    trainer = Trainer(recipe, SlicePool.of(studies))
    checkpoint = output / "last.ckpt"
    if checkpoint.exists():
        try:
            trainer.resume(checkpoint)
        except ValueError as error:
            raise TrainingError(str(error)) from error
    return train(
        trainer,
        output,
        save_every=SAVE_EVERY,
        on_step=lambda step: on_progress("training", step, recipe.steps),
    )


def read_validation(
    path: Path, recipe: Recipe, validation: int, on_progress: OnProgress
) -> list[ValidationReading]:
    """Readings of fractured and intact validation phantoms."""
    cases = cohort(
        FIRST_VALIDATION_SEED,
        fractured=validation,
        intact=validation,
        negatives=0,
        slices=VALIDATION_SLICES,
        matrix=max(recipe.matrices),
    )
    readings: list[ValidationReading] = []
    for reading in read_for_validation(Predictor.load(path), cases):
        readings.append(reading)
        on_progress("calibrating", len(readings), len(cases))
    return readings


def provenance(recipe: Recipe, validation: int) -> Provenance:
    """What the record tells of the run."""
    size, field_mm = recipe.contract.size_px, recipe.contract.field_mm
    stages = ", ".join(
        f"{stage.share:.0%} of the steps at {size * stage.size:g} px over "
        f"{field_mm * stage.field:g} mm (batch {stage.batch_size}, rate ×{stage.rate:g})"
        for stage in recipe.stages
    )
    return Provenance(
        data=(
            f"{recipe.studies} procedural cervical spine CT phantoms with 1–3 fractured levels, "
            f"their intact twins, {recipe.negatives} volumes without a cervical spine"
        ),
        training=f"seeds 0–{recipe.studies + recipe.negatives - 1}",
        validation=f"seeds {FIRST_VALIDATION_SEED}–{FIRST_VALIDATION_SEED + 2 * validation - 1}",
        recipe=(
            f"{recipe.steps} steps of AdamW, one cycle a stage to {recipe.learning_rate:g}, "
            f"{stages}; moving average {recipe.ema_decay:g}; seed {recipe.seed}; "
            f"torch {torch.__version__}"
        ),
        git_commit=None,
        initial_weights="random",
    )
