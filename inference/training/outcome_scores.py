"""Named figures of a table of outcomes; ``report_lines.LINES`` says what each name means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from inference.training import metrics
from inference.training.bootstrap import Bootstrap, Figure
from inference.training.outcome_table import Bools, Floats, OutcomeTable, share
from inference.training.outcomes import Outcome
from inference.training.places import FindingPlace, FracturePlace
from inference.types import LEVELS

Values = dict[str, Figure]


def losses(spines: OutcomeTable, bootstrap: Bootstrap) -> Values:
    """The competition's metric, of what is said and of twice its odds.

    The metric counts a positive twice, and so rewards a probability of twice the odds: what an
    entry to the competition would hand in, and nothing that a person should read.
    """
    truth = np.column_stack([spines.fractured, spines.truth])
    said = np.column_stack([spines.overall, spines.levels])
    plain, weights = metrics.study_losses(truth, said)
    doubled, _ = metrics.study_losses(truth, 2 * said / (1 + said))
    return {
        "log_loss_per_study": bootstrap.mean(plain / weights),
        "log_loss_all_rows": bootstrap.ratio(plain, weights),
        "log_loss_per_study_doubled": bootstrap.mean(doubled / weights),
        "log_loss_all_rows_doubled": bootstrap.ratio(doubled, weights),
    }


def areas(spines: OutcomeTable, bootstrap: Bootstrap) -> Values:
    """AUROC of the patient, of each level, and the mean of the levels'."""
    of_levels = {
        f"auroc_{level}": bootstrap.auroc(spines.truth[:, i], spines.levels[:, i])
        for i, level in enumerate(LEVELS)
    }
    known = [each.value for each in of_levels.values() if np.isfinite(each.value)]
    return {
        "auroc_overall": bootstrap.auroc(spines.fractured, spines.overall),
        "auroc_levels_mean": plain(float(np.mean(known)) if known else np.nan, of=len(known)),
        **of_levels,
    }


def at_operating_point(spines: OutcomeTable, bootstrap: Bootstrap) -> Values:
    """Sensitivity and its sisters; a study is flagged if any level is a finding.

    A fractured study that was refused counts as missed. No other refusal counts: it is no
    negative, and no false alarm.
    """

    def of(counted: Bools, among: Bools) -> Figure:
        return share(bootstrap, counted, among)

    fractured, flagged, analysed = spines.fractured, spines.flagged, spines.analysed
    return {
        "sensitivity": of(flagged, fractured),
        "specificity": of(~flagged, ~fractured & analysed),
        "ppv": of(fractured, flagged),
        "npv": of(~fractured, ~flagged & analysed),
        "level_sensitivity": of(spines.found, spines.truth),
        "level_specificity": of(~spines.found, ~spines.truth & spines.assessed),
        "levels_exact": of((spines.found == spines.truth).all(axis=1), fractured),
    }


def localisation(spines: OutcomeTable, bootstrap: Bootstrap) -> Values:
    """Of all findings, and of the fractures that were found; beside pointing at random."""

    def findings(flag: Callable[[FindingPlace], bool | None]) -> Figure:
        said = [[flag(each) for each in row.findings] for row in spines.outcomes]
        return bootstrap.share(
            np.array([row.count(True) for row in said], np.int64),
            np.array([len(row) - row.count(None) for row in said], np.int64),
        )

    def places(flag: Callable[[FracturePlace], bool]) -> Figure:
        said = [[flag(each) for each in row.places] for row in spines.outcomes]
        return bootstrap.share(
            np.array([row.count(True) for row in said], np.int64),
            np.array([len(row) for row in said], np.int64),
        )

    def mean(number: Callable[[FracturePlace], float]) -> Figure:
        said = [[number(each) for each in row.places] for row in spines.outcomes]
        known = [[each for each in row if np.isfinite(each)] for row in said]
        of = np.array([len(row) for row in known], np.float64)
        figure = bootstrap.ratio(np.array([sum(row) for row in known], np.float64), of)
        return replace(figure, of=int(of.sum()))

    return {
        "level_right": findings(lambda each: each.level_right),
        "box_ppv": findings(lambda each: each.on_fracture),
        "slice_shows_it": places(lambda each: each.slice_shows_it),
        "points_at_it": places(lambda each: each.points_at_it),
        "random_points_at_it": mean(lambda each: each.random_points_at_it),
        "slice_error_mm": mean(lambda each: each.slice_error_mm),
        "random_slice_error_mm": mean(lambda each: each.random_slice_error_mm),
        "box_overlap": mean(lambda each: each.overlap),
    }


def calibration(spines: OutcomeTable) -> Values:
    """Calibration error, beside that of honest numbers, and Brier score.

    Of the assessed levels, and of the analysed patients.
    """
    assessed, analysed = spines.assessed, spines.analysed
    groups: dict[str, tuple[Bools, Floats]] = {
        "levels": (spines.truth[assessed], spines.levels[assessed]),
        "overall": (spines.fractured[analysed], spines.overall[analysed]),
    }
    values: Values = {}
    for name, (truth, said) in groups.items():
        error = metrics.expected_calibration_error(metrics.reliability(truth, said))
        brier = float(np.mean((said - truth) ** 2)) if len(said) else np.nan
        values[f"ece_{name}"] = plain(error, of=len(said))
        values[f"honest_ece_{name}"] = plain(metrics.honest_calibration_error(said), of=len(said))
        values[f"brier_{name}"] = plain(brier, of=len(said))
    return values


def refusals(spines: OutcomeTable, others: Sequence[Outcome], seed: int) -> Values:
    """Whether what is no cervical spine was refused, and what is one was not."""
    of_spines, of_others = (Bootstrap(len(each), seed=seed) for each in (spines.outcomes, others))
    refused = np.array([each.refused is not None for each in others], np.bool_)
    return {
        "no_spine_refused": share(of_others, refused, np.ones_like(refused)),
        "spine_refused": share(of_spines, ~spines.analysed, np.ones_like(spines.analysed)),
        "levels_not_assessed": share(of_spines, ~spines.assessed, np.ones_like(spines.assessed)),
    }


def plain(value: float, *, of: int) -> Figure:
    """A figure without an interval."""
    return Figure(value, np.nan, np.nan, of=of)
