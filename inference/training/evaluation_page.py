"""One self-contained page of an evaluation: no script, no font, no image from anywhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from inference.training import report_lines
from inference.training.bootstrap import Figure
from inference.training.evaluation import Evaluated, Evaluation
from inference.training.evaluation_plots import reliability_svg, roc_svg
from inference.training.figures import false_levels, missed_levels
from inference.training.model_facts import facts
from inference.training.outcomes import Outcome
from inference.training.report_lines import HEADLINES, LINES, interval, number
from inference.training.subgroups import NONE_FOUND, FractureGroup, LevelRow, Subgroup
from inference.types import LEVELS

TEMPLATE: Final = "evaluation.html"


def page(evaluation: Evaluation) -> str:
    """As HTML."""
    environment = Environment(
        loader=PackageLoader("inference.training"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    per_study, all_rows = evaluation.constants
    return environment.get_template(TEMPLATE).render(
        data=evaluation.data.text,
        warning=evaluation.data.warning,
        models=[_model(each) for each in evaluation.models],
        sections=list(_sections(evaluation.models)),
        constants={"per_study": number(per_study, ""), "all_rows": number(all_rows, "")},
        roc=roc_svg(evaluation.models),
        reliability=reliability_svg(evaluation.models),
        levels=LEVELS,
    )


def _model(model: Evaluated) -> dict[str, Any]:
    figures = model.figures
    return {
        "title": model.title,
        "headlines": [_headline(name, model) for name in HEADLINES],
        "bins": [
            {
                "of": name,
                "range": f"{each.low:.3f}–{each.high:.3f}",
                "count": each.count,
                "said": f"{each.mean_said:.3f}",
                "true": f"{each.share_true:.3f}",
            }
            for name, bins in figures.reliability.items()
            for each in bins
        ],
        "subgroups": [_subgroup(each) for each in figures.subgroups],
        "fractures": [_fracture_group(each) for each in figures.fractures],
        "confusion": [_confusion_row(each) for each in figures.confusion],
        "errors": list(_errors(model.outcomes)),
        "facts": facts(model),
    }


def _headline(name: str, model: Evaluated) -> dict[str, Any]:
    values, line = model.figures.values, report_lines.line(name)
    return {
        "label": f"{report_lines.section_of(name)}: {line.label}",
        **_cell(values[name], line.unit),
        "aim": report_lines.aim_text(line.aim, values, line.unit) if line.aim else "",
        "reached": report_lines.reached(name, values),
    }


def _sections(models: Sequence[Evaluated]) -> Iterator[dict[str, Any]]:
    for title, lines in LINES.items():
        rows = [
            {
                "label": line.label,
                "aim": "" if line.aim is None else report_lines.aim_in_words(line.aim, line.unit),
                "cells": [_cell(model.figures.values[line.name], line.unit) for model in models],
            }
            for line in lines
        ]
        yield {"title": title, "rows": rows}


def _cell(figure: Figure, unit: str) -> dict[str, str]:
    return {
        "value": number(figure.value, unit),
        "range": interval(figure, unit),
        "counted": report_lines.counted(figure),
    }


def _subgroup(group: Subgroup) -> dict[str, Any]:
    return {
        "trait": group.trait,
        "value": group.value,
        "studies": group.studies,
        "fractured": group.fractured,
        "cells": [
            _cell(group.auroc, ""),
            _cell(group.sensitivity, "%"),
            _cell(group.specificity, "%"),
            _cell(group.log_loss, ""),
        ],
    }


def _fracture_group(group: FractureGroup) -> dict[str, Any]:
    return {
        "value": group.value,
        "count": group.found.count,
        "of": group.found.of,
        "share": number(group.found.value, "%"),
        "range": interval(group.found, "%"),
    }


def _confusion_row(row: LevelRow) -> dict[str, Any]:
    return {
        "truth": row.truth,
        "studies": row.studies,
        "cells": [
            {"count": row.found[name] or "·", "same": name == row.truth}
            for name in (*LEVELS, NONE_FOUND)
        ],
    }


def _errors(outcomes: Sequence[Outcome]) -> Iterator[dict[str, str]]:
    for outcome in outcomes:
        truth = outcome.truth
        missed, flagged = missed_levels(outcome), false_levels(outcome)
        # What is no spine ought to be refused; a spine ought not.
        refusal_wrong = truth.spine == (outcome.refused is not None)
        if not (missed or flagged or refusal_wrong):
            continue
        analysed = outcome.refused is None
        yield {
            "name": truth.name,
            "fractured": ", ".join(
                f"{level} {truth.types.get(level, '')}".strip() for level in truth.levels
            ),
            "missed": ", ".join(missed),
            "flagged": ", ".join(flagged),
            "refused": outcome.refused or ("" if truth.spine else "no, though it is no spine"),
            "overall": number(outcome.overall, "") if analysed else report_lines.NOTHING,
        }
