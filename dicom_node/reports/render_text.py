"""A result in the terminal, for a person: every level, what was not assessed, research only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dicom_node.reports.words import ANALYSED, IN_PART, OUTSIDE, RESEARCH_ONLY
from inference.types import LEVELS

_BAR_CELLS: Final = 24
_SLICES_SHOWN: Final = 12
"""Of a reading of single slices; all of them stand in result.json."""


def render_result(document: Mapping[str, Any]) -> RenderableType:
    """A result.json document as something that a rich console prints."""
    lines: list[RenderableType] = [Text(RESEARCH_ONLY, style="bold yellow")]
    if document["status"] != ANALYSED:
        reason = document["reason"]
        lines += [
            Text(f"Not analysed: {reason['text']} [{reason['code']}]", style="bold"),
            Text("This is not a negative result."),
            *_partial(document["partial"]),
        ]
        return Group(*lines)
    lines += [
        _levels_table(document),
        Text(f"Whole cervical spine: {document['patient_overall']:.2f}{_of_assessed(document)}"),
        Text(document["coverage"], style="bold" if _is_partial(document) else ""),
        *_findings(document),
        _model(document["model"], f", operating point {document['operating_point']:.2f}"),
    ]
    return Group(*lines)


def _levels_table(document: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for level in LEVELS:
        probability, coverage = document["levels"][level], document["level_coverage"][level]
        if probability is None:
            why = "outside the images" if coverage == OUTSIDE else "not recognised in the images"
            table.add_row(level, "–", "", f"not assessed ({why}; not a negative)")
            continue
        bar = "█" * round(probability * _BAR_CELLS)
        reached = probability >= document["operating_point"]
        verdict = "FRACTURE SUSPECTED" if reached else "below the operating point"
        if coverage == IN_PART:
            verdict += " – only part of this level is in the images"
        style = "bold red" if reached else ""
        table.add_row(level, f"{probability:.2f}", f"{bar:<{_BAR_CELLS}}", verdict, style=style)
    return table


def _of_assessed(document: Mapping[str, Any]) -> str:
    missing = document["not_assessed"]
    return f" (assessed levels only; not assessed: {', '.join(missing)})" if missing else ""


def _is_partial(document: Mapping[str, Any]) -> bool:
    return bool(document["not_assessed"]) or IN_PART in document["level_coverage"].values()


def _findings(document: Mapping[str, Any]) -> list[Text]:
    if not document["findings"]:
        where = "in what was assessed" if _is_partial(document) else "at any level"
        return [Text(f"No finding at or above the operating point {where}.")]
    return [_finding(each) for each in document["findings"]]


def _finding(finding: Mapping[str, Any]) -> Text:
    x, y, width, height = finding["box"]
    width_mm, height_mm = finding["box_mm"]
    return Text(
        f"{finding['level']}: probability {finding['probability']:.2f}, key slice "
        f"{finding['key_slice_index'] + 1} from the head, box {width} × {height} pixels "
        f"({width_mm:.0f} × {height_mm:.0f} mm) at ({x}, {y}), "
        f"SOP Instance UID {finding['key_slice_sop_uid']}"
    )


def _model(model: Mapping[str, Any], more: str = "") -> Text:
    trained = f", trained on {model['trained_on']}" if model["trained_on"] else ""
    return Text(
        f"Model {model['name']} {model['version']}{more}, "
        f"weights sha256 {model['sha256'][:12]}…{trained}",
        style="dim",
    )


def _partial(partial: Mapping[str, Any] | None) -> Iterator[RenderableType]:
    """A reading of single slices, which is no result of a study and says so first."""
    if partial is None:
        return
    yield Text(partial["statement"], style="bold yellow")
    for each in partial["slices"][:_SLICES_SHOWN]:
        yield Text(_slice(each))
    if len(partial["slices"]) > _SLICES_SHOWN:
        yield Text(f"All {len(partial['slices'])} slices stand in result.json.")
    yield _model(partial["model"])


def _slice(reading: Mapping[str, Any]) -> str:
    shown = [
        f"{level} ({values['presence']:.2f}), fracture on this slice {values['fracture']:.2f}"
        for level, values in reading["levels"].items()
        if values["fracture"] is not None
    ]
    what = "; ".join(shown) or "no cervical vertebra recognised, nothing is said"
    return f"Slice {reading['index'] + 1} from the head: {what}"
