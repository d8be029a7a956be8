"""An evaluation: models beside each other on one cohort, and what of it other programs read."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from inference.model.record import ModelRecord
from inference.training.figures import (
    Figures,
    best_constants,
    false_levels,
    measure,
    missed_levels,
)
from inference.training.outcomes import Outcome, Reader
from inference.types import LEVELS, ModelIdentity

FORMAT: Final = 1
PHANTOMS: Final = (
    "Measured on synthetic phantoms, not patients. It shows that the pipeline works, "
    "and says nothing about clinical accuracy. Research use only."
)
PREPARED: Final = (
    "Measured on a prepared set of studies, as its labels say. Not for patients. Research use only."
)


@dataclass(frozen=True, slots=True)
class DataStatement:
    """What was measured on.

    Attributes:
        synthetic: phantoms, nobody's images.
        text: one sentence.
        seeds: first and last of the phantoms, without and with the volumes that hold no spine.
        warning: how the figures must be read.
    """

    synthetic: bool
    text: str
    seeds: tuple[int, int] | None
    warning: str


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """One model, all outcomes, all figures."""

    identity: ModelIdentity
    record: ModelRecord
    device: str
    outcomes: tuple[Outcome, ...]
    figures: Figures

    @classmethod
    def of(cls, reader: Reader, outcomes: Sequence[Outcome]) -> Evaluated:
        """Measure what a reader said."""
        return cls(
            reader.identity, reader.record, reader.device_name, tuple(outcomes), measure(outcomes)
        )

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.identity.name} {self.identity.version}"

    @property
    def seconds_per_study(self) -> float:
        """The median; NaN without studies."""
        return float(np.median([each.seconds for each in self.outcomes] or [np.nan]))


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Models that read the same studies in the same order, at least one."""

    data: DataStatement
    models: tuple[Evaluated, ...]

    @property
    def constants(self) -> tuple[float, float]:
        """The metric, per study and over all rows, of the best predictor that sees no image."""
        return best_constants(self.models[0].outcomes)


def to_json(evaluation: Evaluation) -> str:
    """Everything as JSON; what was not measured is ``null``."""
    per_study, all_rows = evaluation.constants
    value = {
        "format": FORMAT,
        "data": asdict(evaluation.data),
        "best_constants": {"log_loss_per_study": per_study, "log_loss_all_rows": all_rows},
        "models": [_model(each) for each in evaluation.models],
    }
    return json.dumps(_known(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _model(model: Evaluated) -> dict[str, Any]:
    figures = model.figures
    return {
        "identity": asdict(model.identity),
        "record": asdict(model.record),
        "device": model.device,
        "median_seconds_per_study": model.seconds_per_study,
        "figures": {name: asdict(figure) for name, figure in figures.values.items()},
        "roc": {
            name: [
                {"threshold": threshold, "sensitivity": sensitivity, "specificity": specificity}
                for threshold, sensitivity, specificity in points
            ]
            for name, points in figures.roc.items()
        },
        "reliability": {
            name: [asdict(each) for each in bins] for name, bins in figures.reliability.items()
        },
        "subgroups": [asdict(each) for each in figures.subgroups],
        "fractures": [asdict(each) for each in figures.fractures],
        "confusion": [asdict(each) for each in figures.confusion],
        "studies": [_study(each) for each in model.outcomes],
    }


def _study(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.truth.name,
        "cervical_spine": outcome.truth.spine,
        "fractured": {level: outcome.truth.types.get(level, "") for level in outcome.truth.levels},
        "traits": dict(outcome.truth.traits),
        "refused": outcome.refused,
        "overall": outcome.overall if outcome.refused is None else None,
        "levels": {
            level: float(p) if seen else None
            for level, p, seen in zip(LEVELS, outcome.levels, outcome.assessed, strict=True)
        },
        "findings": [asdict(each) for each in outcome.findings],
        "places": [asdict(each) for each in outcome.places],
        "missed": list(missed_levels(outcome)),
        "falsely_flagged": list(false_levels(outcome)),
        "seconds": outcome.seconds,
    }


def _known(value: Any) -> Any:
    """NaN and infinities, which JSON has no word for, as ``None``."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(each) for each in value]
    return value
