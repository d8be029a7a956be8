"""Page, JSON and card of an evaluation: they say what was measured, and need nothing else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from inference.training.bootstrap import Figure
from inference.training.evaluation import (
    PHANTOMS,
    PREPARED,
    DataStatement,
    Evaluated,
    Evaluation,
    to_json,
)
from inference.training.evaluation_card import card
from inference.training.evaluation_page import page
from inference.training.figures import measure
from inference.training.outcomes import Outcome
from inference.training.report_lines import LINES
from inference.types import ModelIdentity
from tests.unit.inference.tiny import tiny_record
from tests.unit.inference.training.outcome_cases import outcome_of, place_of, refused, truth_of

VOID = {"meta", "link", "br", "hr", "img", "input", "use", "path", "rect"}
SHA = "ab" * 32
FIGURE_KEYS = {"value", "low", "high", "of", "count"}


class Checker(HTMLParser):
    """Notes tags that do not match, ids that are not unique, and references to elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.outside: list[str] = []
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "iframe", "img", "object"}:
            self.outside.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src", "xlink:href"}:
                (self.targets if (value or "").startswith("#") else self.outside).append(
                    value or ""
                )

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def outcomes() -> tuple[Outcome, ...]:
    return (
        outcome_of(
            truth_of("100001", ("C2",)), ("C2",), places=(place_of("C2", right=True),),
            on_fracture=True,
        ),
        outcome_of(truth_of("100002", ("C1", "C7"))),
        outcome_of(truth_of("100003"), ("C5",), on_fracture=False),
        outcome_of(truth_of("100004")),
        refused(truth_of("100005")),
        refused(truth_of("100006 (water)", spine=False)),
        outcome_of(truth_of("100007 (head)", spine=False)),
    )  # fmt: skip


def model(name: str, own: tuple[Outcome, ...]) -> Evaluated:
    identity = ModelIdentity(name, "1.0", SHA)
    return Evaluated(identity, tiny_record(), "cpu", own, measure(own))


def evaluation_of(*own: tuple[Outcome, ...], synthetic: bool = True) -> Evaluation:
    text = "5 phantoms <seeds 100001–100007>."
    warning = PHANTOMS if synthetic else PREPARED
    statement = DataStatement(synthetic, text, (100001, 100007) if synthetic else None, warning)
    return Evaluation(
        statement,
        tuple(model(name, each) for name, each in zip(("spine", "base"), own, strict=False)),
    )


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluation_of(outcomes(), outcomes())


@pytest.fixture(scope="module")
def written(evaluation: Evaluation) -> str:
    return page(evaluation)


@pytest.fixture(scope="module")
def measured(evaluation: Evaluation) -> Any:
    return json.loads(to_json(evaluation))


def test_the_page_is_well_formed_and_whole(written: str) -> None:
    checker = Checker()
    checker.feed(written)
    assert checker.wrong == []
    assert checker.open == []
    assert checker.outside == []
    assert len(checker.ids) == len(set(checker.ids)) > 0
    assert {each[1:] for each in checker.targets} <= set(checker.ids)
    assert not re.search(r"https?:|url\((?!#)|@import|@font-face", written)
    assert set(re.findall(r"url\(#([^)]+)\)", written)) <= set(checker.ids)


def test_the_page_warns_before_its_first_figure(written: str) -> None:
    assert PHANTOMS in written
    assert written.index(PHANTOMS) < written.index('class="value"')


def test_the_page_shows_models_figures_and_errors(written: str) -> None:
    checker = Checker()
    checker.feed(written)
    text = " ".join(" ".join(checker.text).split())
    for wanted in (
        "spine 1.0", "base 1.0", SHA, "<seeds 100001–100007>", "100002", "C1 lamina, C7 lamina",
        "no_cervical_spine", "100007 (head)", "no, though it is no spine", "not reached",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert "100004" not in text  # read rightly
    assert "100006" not in text
    for lines in LINES.values():
        for line in lines:
            assert line.label in text, line.label


def test_the_page_has_colours_for_dark_light_and_paper(written: str) -> None:
    assert "prefers-color-scheme: dark" in written
    assert "@media print" in written
    assert "var(--series-2)" in written
    assert not re.search(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]", written)  # no stand-in was left


def test_json_keeps_its_shape(measured: Any) -> None:
    assert set(measured) == {"format", "data", "best_constants", "models"}
    assert measured["format"] == 1
    assert measured["data"]["synthetic"] is True
    assert measured["data"]["warning"] == PHANTOMS
    assert [each["identity"]["name"] for each in measured["models"]] == ["spine", "base"]
    first = measured["models"][0]
    assert set(first) == {
        "identity", "record", "device", "median_seconds_per_study", "figures", "roc",
        "reliability", "subgroups", "fractures", "confusion", "studies",
    }  # fmt: skip
    assert set(first["figures"]) == {line.name for lines in LINES.values() for line in lines}
    assert all(set(each) == FIGURE_KEYS for each in first["figures"].values())
    assert set(first["studies"][0]) == {
        "name", "cervical_spine", "fractured", "traits", "refused", "overall", "levels",
        "findings", "places", "missed", "falsely_flagged", "seconds",
    }  # fmt: skip
    assert first["identity"]["sha256"] == SHA


def test_json_has_no_number_where_there_is_none(measured: Any) -> None:
    first = measured["models"][0]
    assert first["figures"]["auroc_C4"]["value"] is None
    refusal = first["studies"][4]
    assert refusal["refused"] == "no_cervical_spine"
    assert refusal["overall"] is None
    assert set(refusal["levels"].values()) == {None}
    assert first["roc"]["any fracture"][0]["threshold"] is None  # what nothing reaches


def test_json_names_what_went_wrong(measured: Any) -> None:
    studies = {each["name"]: each for each in measured["models"][0]["studies"]}
    assert studies["100002"]["missed"] == ["C1", "C7"]
    assert studies["100003"]["falsely_flagged"] == ["C5"]
    assert studies["100001"]["fractured"] == {"C2": "lamina"}


def test_equal_evaluations_give_equal_files(evaluation: Evaluation, written: str) -> None:
    assert page(evaluation) == written
    assert to_json(evaluation) == to_json(evaluation_of(outcomes(), outcomes()))


def test_the_card_puts_models_side_by_side(evaluation: Evaluation) -> None:
    text = card(evaluation)
    assert text.startswith("# spine 1.0\n")
    assert "Not for patients. Research use only." in text
    assert text.count(SHA) == 2
    assert "| | aim | spine 1.0 | base 1.0 |" in text
    for lines in LINES.values():
        for line in lines:
            rows = [each for each in text.splitlines() if each.startswith(f"| {line.label} |")]
            assert rows, line.label
            assert all(each.count("|") == 5 for each in rows)
    assert "| missed | | C1 lamina ×1, C7 lamina ×1 |" in text
    assert "| falsely flagged | | C5 ×1" in text
    assert "nan" not in text


def test_studies_that_are_no_phantoms_are_not_called_so() -> None:
    one = evaluation_of(outcomes(), synthetic=False)
    for text in (page(one), card(one)):
        assert "synthetic" not in text
        assert "Research use only." in text


def numbers_of(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        for each in value.values():
            yield from numbers_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from numbers_of(each)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize("part", [slice(0, 0), slice(3, 4), slice(6, 7)])
def test_next_to_nothing_is_shown_as_such(part: slice) -> None:
    few = evaluation_of(outcomes()[part])
    checker = Checker()
    checker.feed(page(few))
    assert checker.wrong == []
    assert "nan" not in " ".join(checker.text)
    assert all(math.isfinite(each) for each in numbers_of(json.loads(to_json(few))))
    assert "nan" not in card(few)


def test_aims_that_are_reached_are_shown_so(evaluation: Evaluation) -> None:
    first = evaluation.models[0]
    good = Figure(0.2, 0.1, 0.25, of=5)
    values = {**first.figures.values, "log_loss_per_study": good, "ece_levels": good}
    better = replace(first, figures=replace(first.figures, values=values))
    text = page(replace(evaluation, models=(better,)))
    assert "aim ≤ 0.300: reached" in text
    assert "aim ≤ 0.050: not reached" in text
