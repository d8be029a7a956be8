"""What is counted over outcomes, on cases whose figures are known beforehand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from inference.training.bootstrap import Figure
from inference.training.figures import Figures, best_constants, measure
from inference.training.metrics import weighted_log_loss
from inference.training.outcomes import Outcome
from inference.training.report_lines import LINES, reached, whole
from inference.types import LEVELS
from tests.unit.inference.training.outcome_cases import outcome_of, place_of, refused, truth_of


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, ...]:
    """Four fractured (found, found with one too many, missed, refused), four intact, two others."""
    c2, c5 = truth_of("a", ("C2",)), truth_of("b", ("C5",))
    return (
        outcome_of(c2, ("C2",), places=(place_of("C2", right=True),), on_fracture=True),
        outcome_of(c5, ("C5", "C6"), places=(place_of("C5", right=False),), on_fracture=True),
        outcome_of(truth_of("c", ("C1", "C7"))),
        refused(truth_of("d", ("C3",))),
        outcome_of(truth_of("e"), ("C7",), on_fracture=False),
        outcome_of(truth_of("f")),
        outcome_of(truth_of("g")),
        refused(truth_of("h")),
        refused(truth_of("i", spine=False)),
        outcome_of(truth_of("j", spine=False)),
    )


@pytest.fixture(scope="module")
def figures(outcomes: tuple[Outcome, ...]) -> Figures:
    return measure(outcomes)


@pytest.mark.parametrize(
    ("name", "count", "of"),
    [
        ("sensitivity", 2, 4),  # a refused fracture was not found
        ("specificity", 2, 3),  # a refused intact study is neither right nor wrong
        ("ppv", 2, 3),
        ("npv", 2, 3),
        ("level_sensitivity", 2, 5),
        ("level_specificity", 36, 38),
        ("levels_exact", 1, 4),
        ("level_right", 2, 3),
        ("box_ppv", 3, 4),
        ("slice_shows_it", 1, 2),
        ("points_at_it", 1, 2),
        ("spine_refused", 2, 8),
        ("no_spine_refused", 1, 2),
        ("levels_not_assessed", 14, 56),
    ],
)
def test_shares(figures: Figures, name: str, count: int, of: int) -> None:
    figure = figures.values[name]
    assert (figure.count, figure.of) == (count, of)
    assert figure.value == pytest.approx(count / of)
    assert figure.low <= figure.value <= figure.high


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slice_error_mm", 4.0),
        ("random_slice_error_mm", 5.0),
        ("random_points_at_it", 0.2),
        ("box_overlap", 0.25),
    ],
)
def test_means_of_places(figures: Figures, name: str, value: float) -> None:
    assert figures.values[name].value == pytest.approx(value)
    assert figures.values[name].of == 2


def test_the_metric_is_of_spines_and_scores_the_unknown_as_one_half(
    outcomes: tuple[Outcome, ...], figures: Figures
) -> None:
    spines = outcomes[:8]
    truth = np.array([[bool(o.truth.levels), *o.truth.fractured] for o in spines])
    said = np.array([[o.overall, *o.levels] for o in spines])
    assert (said[[3, 7]] == 0.5).all()
    expected = weighted_log_loss(truth, said)
    names = ("log_loss_per_study", "log_loss_all_rows")
    assert tuple(figures.values[each].value for each in names) == pytest.approx(expected)
    doubled = weighted_log_loss(truth, 2 * said / (1 + said))
    assert figures.values["log_loss_per_study_doubled"].value == pytest.approx(doubled[0])


def test_a_constant_predictor_scores_as_the_best_constants() -> None:
    truths = [truth_of(str(i), ("C2",) if i % 4 == 0 else ()) for i in range(40)]
    outcomes = [outcome_of(each) for each in truths]
    # 10 of 40 are fractured: weights 14 to 7 make a constant of 140 / (140 + 210) = 0.4.
    constant = np.where(np.isin(LEVELS, ["C2"]), 0.4, 1e-6)
    same = [replace(each, overall=0.4, levels=constant) for each in outcomes]
    values = measure(same).values
    assert values["log_loss_all_rows"].value == pytest.approx(best_constants(same)[1], abs=1e-4)
    assert values["auroc_overall"].value == 0.5
    for name, plain in (("log_loss_per_study", 0), ("log_loss_all_rows", 1)):
        assert values[name].value >= best_constants(outcomes)[plain] - 1e-4


def test_areas(figures: Figures) -> None:
    # Fractured 0.8, 0.8, 0.1, 0.5; intact 0.8, 0.1, 0.1, 0.5: pairs won, and half of the drawn.
    assert figures.values["auroc_overall"].value == pytest.approx((2 * 3.5 + 1 + 2.5) / 16)
    assert figures.values["auroc_C2"].value == 1.0
    assert math.isnan(figures.values["auroc_C4"].value)


def test_the_roc_curve_passes_where_the_probabilities_lie(figures: Figures) -> None:
    thresholds = [threshold for threshold, _, _ in figures.roc["any fracture"]]
    assert thresholds == [math.inf, 0.8, 0.5, 0.1]
    assert figures.roc["C4"] == []


def test_subgroups_hold_all_spines(outcomes: tuple[Outcome, ...], figures: Figures) -> None:
    (only,) = figures.subgroups
    assert (only.trait, only.value, only.studies, only.fractured) == ("sex", "female", 8, 4)
    assert only.sensitivity.value == figures.values["sensitivity"].value
    bands = ("below 40 years", "40 to 65 years", "65 years and more")
    aged = [
        replace(each, truth=replace(each.truth, traits={"age": bands[(i + 2) % 3]}))
        for i, each in enumerate(outcomes[:3])
    ]
    assert [each.value for each in measure(aged).subgroups] == list(bands)


def test_fractures_by_level_and_type(figures: Figures) -> None:
    found = {(each.by, each.value): each.found for each in figures.fractures}
    assert (found["level", "C5"].count, found["level", "C5"].of) == (1, 1)
    assert found["level", "C4"].of == 0
    assert math.isnan(found["level", "C4"].value)
    assert (found["type", "lamina"].count, found["type", "lamina"].of) == (2, 5)


def test_confusion_counts_findings_of_single_fractures(figures: Figures) -> None:
    rows = {each.truth: each for each in figures.confusion}
    assert rows["C5"].studies == 1
    assert (rows["C5"].found["C5"], rows["C5"].found["C6"], rows["C5"].found["none"]) == (1, 1, 0)
    assert rows["C1"].studies == 0  # it came with C7
    assert rows["intact"].studies == 3
    assert (rows["intact"].found["C7"], rows["intact"].found["none"]) == (1, 2)


def test_equal_outcomes_give_equal_figures(outcomes: tuple[Outcome, ...], figures: Figures) -> None:
    assert repr(measure(outcomes)) == repr(figures)


@pytest.mark.parametrize("kept", [0, 1])
def test_nothing_to_measure_is_no_crash(outcomes: tuple[Outcome, ...], kept: int) -> None:
    few = measure(outcomes[8 : 8 + kept])
    assert math.isnan(few.values["sensitivity"].value)
    assert few.subgroups == ()
    assert few.values["no_spine_refused"].of == kept
    assert all(math.isnan(each) for each in best_constants(()))


def test_every_figure_has_a_line_and_every_line_a_figure(figures: Figures) -> None:
    named = [line.name for lines in LINES.values() for line in lines]
    assert sorted(named) == sorted(figures.values)


def test_aims() -> None:
    def values(pointing: float, loss: float) -> dict[str, Figure]:
        numbers = {
            "points_at_it": pointing,
            "random_points_at_it": 0.2,
            "log_loss_per_study": loss,
            "sensitivity": 0.9,
        }
        return {name: Figure(value, 0.1, 0.9, of=9) for name, value in numbers.items()}

    assert reached("points_at_it", values(0.3, 0.2)) is True
    assert reached("points_at_it", values(0.2, 0.2)) is False
    assert reached("points_at_it", values(math.nan, 0.2)) is None
    assert reached("log_loss_per_study", values(0.3, 0.31)) is False
    assert reached("sensitivity", values(0.3, 0.31)) is None


def test_figures_in_words() -> None:
    assert whole(Figure(0.25, 0.1, 0.5, of=8, count=2), "%") == "25.0 % (10.0–50.0 %, 2 of 8)"
    assert whole(Figure(math.nan, math.nan, math.nan, of=0, count=0), "mm") == "– (0 of 0)"
    assert whole(Figure(0.1234, math.nan, math.nan, of=8), "") == "0.123"
