"""The record of a trained network: calibrated on the validation series."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

from inference.errors import DataError
from inference.model.combine import SeenRule, seen_levels
from inference.model.network import CspineNetwork
from inference.model.record import ModelRecord, Provenance
from inference.training.calibrate import fit_calibration, fit_operating_point
from inference.training.config import FitConfig
from inference.training.fit_data import FitData
from inference.training.series_tokens import SeriesTokens

SEEN_RULE: Final = SeenRule(
    min_peak=0.6, min_extent_mm=5.0, min_levels=2, max_inversions=0, max_skipped=0
)


@dataclass(frozen=True, slots=True, eq=False)
class ValidationLogits:
    """What the network says of labelled series: (N, 7) levels, (N,) patient, and the truth."""

    levels: NDArray[np.float64]
    assessed: NDArray[np.bool_]
    truth: NDArray[np.bool_]
    overall: NDArray[np.float64] | None


def validation_logits(
    network: CspineNetwork, series: Sequence[SeriesTokens], slice_spacing_mm: float
) -> ValidationLogits:
    """Read the series whose levels are all known."""
    levels, assessed, truth, overall = [], [], [], []
    for each in series:
        if np.isnan(each.levels).any():
            continue
        with torch.inference_mode():
            logits = network.read_series(torch.from_numpy(each.tokens[:1]))
        presence = logits.presence[0].double().sigmoid().numpy()
        levels.append(logits.levels[0].double().numpy())
        assessed.append(seen_levels(presence, slice_spacing_mm, SEEN_RULE))
        truth.append(each.levels == 1)
        if logits.overall is not None:
            overall.append(float(logits.overall[0]))
    if not levels:
        raise DataError("The model cannot be calibrated: no validation study has known levels.")
    return ValidationLogits(
        np.stack(levels),
        np.stack(assessed),
        np.stack(truth),
        np.array(overall) if overall else None,
    )


def calibrated_record(
    network: CspineNetwork,
    config: FitConfig,
    version: str,
    validation: Sequence[SeriesTokens],
    provenance: Provenance,
    say: Callable[[str], None],
) -> ModelRecord:
    """Fit calibration and operating point; everything else is told by the configuration.

    Raises:
        DataError: no validation series has all its levels labelled.
    """
    contract = config.input_contract()
    read = validation_logits(network, validation, contract.slice_spacing_mm)
    if not read.assessed.any():
        say("no level was recognised on the validation studies: the calibration means nothing")
        # Such a model refuses every study; the file is still whole.
        read = replace(read, assessed=np.ones_like(read.assessed))
    calibration = fit_calibration(read.levels, read.assessed, read.truth, read.overall)
    probabilities = expit(calibration.level_scale * read.levels + calibration.level_shift)
    return ModelRecord(
        name=config.model.name,
        version=version,
        architecture=config.model.architecture,
        encoder=config.model.encoder,
        contract=contract,
        seen=SEEN_RULE,
        calibration=calibration,
        operating_point=fit_operating_point(probabilities, read.assessed, read.truth),
        provenance=provenance,
    )


def provenance(config: FitConfig, data: FitData, initial: str, commit: str | None) -> Provenance:
    """What the record tells of the run."""
    slices, series = config.slices, config.series
    size, field_mm = config.contract.size_px, config.contract.field_mm
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
            f"{series.studies} studies; moving average; seed {config.seed}; "
            f"torch {torch.__version__}"
        ),
        git_commit=commit,
        initial_weights=initial,
    )


def git_commit() -> str | None:
    """Of the code, if it runs from a repository; ``+`` marks uncommitted changes."""
    folder = Path(__file__).parent
    try:
        commit = _git(folder, "rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git(folder, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 # nosec B603 B607 # fixed words, whichever git
        ["git", "-C", str(folder), *arguments],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
