"""The model card in Markdown, of measured figures only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from inference.training import report_lines
from inference.training.evaluation import Evaluated, Evaluation
from inference.training.figures import false_levels, missed_levels
from inference.training.model_facts import facts
from inference.training.report_lines import LINES, number, whole

ON_PHANTOMS: Final = (
    "**Measured on synthetic phantoms. Not for patients. Research use only.** It shows that the "
    "pipeline works;\nits figures say nothing about clinical accuracy."
)
ON_STUDIES: Final = (
    "**Not for patients. Research use only.** Its figures are of one prepared set of studies and "
    "its labels."
)
LIMITS: Final = """\
## Known limits

- A phantom is far simpler than a patient: fractures that it does not make are not known to the
  model, and neither is movement.
- Probabilities are calibrated for the share of fractures of the validation data. Where fractures
  are rarer, as in most hospitals, they are too high.
- A level that was not assessed counts as 0.5 in the metric, and so does a refused study.
- “Doubled odds” is what an entry to the competition would hand in: its metric counts a positive
  twice. All other figures are of the probabilities as they are shown.
"""

_Counting: TypeAlias = Callable[[Evaluated], Counter[str]]


def card(evaluation: Evaluation) -> str:
    """The card of the first model; the others stand beside it in the table of figures."""
    first, data = evaluation.models[0], evaluation.data
    per_study, all_rows = evaluation.constants
    heads = " | ".join(each.title for each in evaluation.models)
    table = "\n".join(_figure_rows(evaluation.models))
    header = "\n".join(f"| {what} | {value} |" for what, value in _header(evaluation.models))
    return f"""# {first.title}

{ON_PHANTOMS if data.synthetic else ON_STUDIES}

| | |
|---|---|
{header}

## Measured

{data.text} 95 % intervals from 1000 resamples of the studies.

| | aim | {heads} |
|---|---|{"---|" * len(evaluation.models)}
{table}

The best predictor that sees no image scores {number(per_study, "")} (mean over studies) and
{number(all_rows, "")} (over all rows) in the competition metric on these labels.

{LIMITS}"""


def _header(models: Sequence[Evaluated]) -> list[tuple[str, str]]:
    first, *others = models
    rows = [(what, f"`{value}`" if "SHA" in what else value) for what, value in facts(first)]
    beside = [(f"beside it: {each.title}", f"`{each.identity.sha256}`") for each in others]
    return rows + beside


def _figure_rows(models: Sequence[Evaluated]) -> list[str]:
    rows = []
    for title, lines in LINES.items():
        rows.append(f"| **{title}** | |{' |' * len(models)}")
        for line in lines:
            aim = "" if line.aim is None else report_lines.aim_in_words(line.aim, line.unit)
            cells = [whole(each.figures.values[line.name], line.unit) for each in models]
            rows.append(f"| {line.label} | {aim} | {' | '.join(cells)} |")
    return [*rows, _row("missed", models, _missed), _row("falsely flagged", models, _flagged)]


def _row(label: str, models: Sequence[Evaluated], of: _Counting) -> str:
    cells = [
        ", ".join(f"{what} ×{count}" for what, count in sorted(of(each).items())) or "none"
        for each in models
    ]
    return f"| {label} | | {' | '.join(cells)} |"


def _missed(model: Evaluated) -> Counter[str]:
    return Counter(
        f"{level} {each.truth.types.get(level, '')}".strip()
        for each in model.outcomes
        for level in missed_levels(each)
    )


def _flagged(model: Evaluated) -> Counter[str]:
    return Counter(level for each in model.outcomes for level in false_levels(each))
