"""Where a model is weak: figures by trait of the study, by kind of fracture, by level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from inference.training import outcome_scores
from inference.training.bootstrap import Bootstrap, Figure
from inference.training.outcome_table import Bools, OutcomeTable, share
from inference.types import LEVELS

INTACT: Final = "intact"
NONE_FOUND: Final = "none"


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Studies of cervical spines that share a trait."""

    trait: str
    value: str
    studies: int
    fractured: int
    auroc: Figure
    sensitivity: Figure
    specificity: Figure
    log_loss: Figure


@dataclass(frozen=True, slots=True)
class FractureGroup:
    """How many fractures of one level (``by`` "level") or type ("type") were found."""

    by: str
    value: str
    found: Figure


@dataclass(frozen=True, slots=True)
class LevelRow:
    """Analysed studies with just one fractured level, or with none.

    Attributes:
        truth: that level, or ``INTACT``.
        studies: how many there are.
        found: level → in how many of them it is a finding; ``NONE_FOUND`` → in how many none is.
    """

    truth: str
    studies: int
    found: Mapping[str, int]


def by_trait(spines: OutcomeTable, seed: int) -> Iterator[Subgroup]:
    """Every trait that the studies tell, every value that it takes."""
    traits = dict.fromkeys(trait for each in spines.outcomes for trait in each.truth.traits)
    for trait in traits:
        own = np.array([each.truth.traits.get(trait, "unknown") for each in spines.outcomes])
        for value in sorted(set(own.tolist()), key=_in_order):
            part = spines.part(own == value)
            bootstrap = Bootstrap(len(part.outcomes), seed=seed)
            at_point = outcome_scores.at_operating_point(part, bootstrap)
            yield Subgroup(
                trait=trait,
                value=value,
                studies=len(part.outcomes),
                fractured=int(part.fractured.sum()),
                auroc=bootstrap.auroc(part.fractured, part.overall),
                sensitivity=at_point["sensitivity"],
                specificity=at_point["specificity"],
                log_loss=outcome_scores.losses(part, bootstrap)["log_loss_per_study"],
            )


def by_fracture(spines: OutcomeTable, bootstrap: Bootstrap) -> Iterator[FractureGroup]:
    """Every level, and every type that occurs."""
    kinds = np.array(
        [[each.truth.types.get(level, "") for level in LEVELS] for each in spines.outcomes], np.str_
    ).reshape(-1, len(LEVELS))
    for index, level in enumerate(LEVELS):
        of = spines.truth & (np.arange(len(LEVELS)) == index)
        yield FractureGroup("level", level, share(bootstrap, spines.found, of))
    for kind in sorted(set(kinds[spines.truth].tolist()) - {""}):
        of = spines.truth & (kinds == kind)
        yield FractureGroup("type", kind, share(bootstrap, spines.found, of))


def confusion(spines: OutcomeTable) -> Iterator[LevelRow]:
    """Which levels are findings where C1, C2, … alone, or none, is fractured."""
    single = spines.truth.sum(axis=1) == 1
    rows: list[tuple[str, Bools]] = [
        (level, single & spines.truth[:, i]) for i, level in enumerate(LEVELS)
    ]
    for name, chosen in [*rows, (INTACT, ~spines.fractured)]:
        found = spines.found[chosen & spines.analysed]
        counts: dict[str, int] = {level: int(found[:, i].sum()) for i, level in enumerate(LEVELS)}
        counts[NONE_FOUND] = int((~found.any(axis=1)).sum())
        yield LevelRow(name, len(found), counts)


def _in_order(value: str) -> tuple[float, bool, str]:
    """Bands by their numbers, words by the alphabet."""
    number = re.search(r"\d+(\.\d+)?", value)
    return (float(number[0]) if number else 0.0, not value.startswith("below"), value)
