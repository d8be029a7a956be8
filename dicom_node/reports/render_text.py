"""A result in the terminal, for a person: every level, what was not assessed, research only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dicom_node.reports.result import ANALYSED
from dicom_node.reports.structured_report import RESEARCH_ONLY
from inference.types import LEVELS

_BAR_CELLS: Final = 24


def render_result(document: Mapping[str, Any]) -> RenderableType:
    """A result.json document as something that a rich console prints."""
    lines: list[RenderableType] = [Text(RESEARCH_ONLY, style="bold yellow")]
    if document["status"] != ANALYSED:
        reason = document["reason"]
        lines += [
            Text(f"Not analysed: {reason['text']} [{reason['code']}]", style="bold"),
            Text("This is not a negative result."),
        ]
        return Group(*lines)
    model = document["model"]
    lines += [
        _levels_table(document),
        Text(f"Whole cervical spine: {document['patient_overall']:.2f}{_of_assessed(document)}"),
        *_findings(document),
        Text(
            f"Model {model['name']} {model['version']}, operating point "
            f"{document['operating_point']:.2f}, weights sha256 {model['sha256'][:12]}…",
            style="dim",
        ),
    ]
    return Group(*lines)


def _levels_table(document: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for level in LEVELS:
        probability = document["levels"][level]
        if probability is None:
            table.add_row(level, "–", "", "not assessed (not seen in the images; not a negative)")
            continue
        bar = "█" * round(probability * _BAR_CELLS)
        reached = probability >= document["operating_point"]
        verdict = "FRACTURE SUSPECTED" if reached else "below the operating point"
        style = "bold red" if reached else ""
        table.add_row(level, f"{probability:.2f}", f"{bar:<{_BAR_CELLS}}", verdict, style=style)
    return table


def _of_assessed(document: Mapping[str, Any]) -> str:
    missing = document["not_assessed"]
    return f" (assessed levels only; not assessed: {', '.join(missing)})" if missing else ""


def _findings(document: Mapping[str, Any]) -> list[Text]:
    if not document["findings"]:
        return [Text("No finding at or above the operating point.")]
    return [_finding(each) for each in document["findings"]]


def _finding(finding: Mapping[str, Any]) -> Text:
    x, y, width, height = finding["box"]
    return Text(
        f"{finding['level']}: probability {finding['probability']:.2f}, key slice "
        f"{finding['key_slice_index'] + 1} from the head, box {width} × {height} pixels at "
        f"({x}, {y}), SOP Instance UID {finding['key_slice_sop_uid']}"
    )
