"""The plots of an evaluation's page as inline SVG that takes its colours from the page."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference.training.evaluation import Evaluated
from inference.training.figures import ALL_LEVELS, OVERALL
from inference.training.report_lines import number
from inference.types import LEVELS

INK: Final = "#010203"
FAINT: Final = "#040506"
SERIES: Final = ("#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04")
"""Stand-ins, which no plot would use, for the colours that the page's style sheet defines."""
DASHES: Final = ("-", "--", "-.", ":")
"""Lines are told apart without colours, too."""
VARIABLES: Final = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    **{colour: f"var(--series-{index})" for index, colour in enumerate(SERIES, start=1)},
}
STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cspine",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.4,
    "axes.grid": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
}


def roc_svg(models: Sequence[Evaluated]) -> str:
    """ROC curves of the patient and of each level; a dot where the operating point lies."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.4, 5.4), layout="constrained")
        panels = figure.subplots(2, 4, sharex=True, sharey=True).ravel()
        for axes, name in zip(panels, (OVERALL, *LEVELS), strict=True):
            _roc_panel(axes, name, models)
        for axes in panels[4:]:
            axes.set_xlabel("1 − specificity")
        for axes in panels[::4]:
            axes.set_ylabel("sensitivity")
        return _svg(figure, "roc")


def reliability_svg(models: Sequence[Evaluated]) -> str:
    """What was said against what was true, in 15 bins of equal width; dots grow with the cases."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.4, 4.2), layout="constrained")
        titles = {OVERALL: "Any fracture", ALL_LEVELS: "Levels"}
        for axes, (name, title) in zip(figure.subplots(1, 2), titles.items(), strict=True):
            axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
            for index, model in enumerate(models):
                bins = model.figures.reliability[name]
                said, true = [b.mean_said for b in bins], [b.share_true for b in bins]
                most = max((b.count for b in bins), default=1)
                sizes = [12 + 90 * (b.count / most) ** 0.5 for b in bins]
                colour = SERIES[index % len(SERIES)]
                axes.plot(said, true, color=colour, linestyle=DASHES[index % 4], linewidth=1.4)
                axes.scatter(said, true, sizes, color=colour, alpha=0.75, linewidths=0)
            axes.set(
                title=title,
                xlabel="probability said",
                ylabel="share that is fractured",
                xlim=(-0.03, 1.03),
                ylim=(-0.03, 1.03),
                aspect="equal",
            )
        return _svg(figure, "reliability")


def _roc_panel(axes: Axes, name: str, models: Sequence[Evaluated]) -> None:
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
    for index, model in enumerate(models):
        colour, points = SERIES[index % len(SERIES)], model.figures.roc[name]
        axes.plot(
            [1 - specificity for _, _, specificity in points],
            [sensitivity for _, sensitivity, _ in points],
            color=colour,
            linestyle=DASHES[index % 4],
            linewidth=1.8,
        )
        values = model.figures.values
        area = values["auroc_overall" if name == OVERALL else f"auroc_{name}"].value
        if points:
            height = 0.05 + 0.11 * (len(models) - 1 - index)
            axes.text(0.97, height, number(area, ""), color=colour, ha="right")
        if name == OVERALL:
            alarm = 1 - values["specificity"].value
            axes.plot([alarm], [values["sensitivity"].value], "o", color=colour, markersize=6)
    if not any(model.figures.roc[name] for model in models):
        axes.text(0.5, 0.42, "not fractured in any study", color=INK, ha="center")
    axes.set(
        title="Any fracture" if name == OVERALL else name,
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
        aspect="equal",
        xticks=(0, 0.5, 1),
        yticks=(0, 0.5, 1),
    )


def _svg(figure: Figure, name: str) -> str:
    """As an element of a page: no prolog, no metadata, its own ids, the page's colours."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r' xmlns(:xlink)?="[^"]+"', "", text)
    for stand_in, variable in VARIABLES.items():
        text = text.replace(stand_in, variable)
    return text
