"""A stored report in the terminal, for a person; made of what ``report_tree`` reads from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

_STYLES: Final[Mapping[str, str]] = {"present": "bold red", "undetermined": "yellow", "absent": ""}


def render_report(tree: Mapping[str, Any]) -> RenderableType:
    """A report's tree as something that a rich console prints."""
    root = Tree(Text(f"{tree['title'] or 'Report without a title'}", style="bold"))
    for line in _heading(tree):
        root.add(Text(line))
    for comment in tree["comments"]:
        root.add(Text(comment, style="bold yellow"))
    for group in tree["groups"]:
        _add_group(root, group)
    if not tree["groups"]:
        root.add(Text("No level is told of. Not a negative result.", style="bold yellow"))
    return Group(root)


def _heading(tree: Mapping[str, Any]) -> Iterator[str]:
    yield f"SOP Instance UID: {tree['sop_instance_uid']}"
    yield f"Of: {tree['content_date'] or '?'} {tree['content_time'] or ''}".rstrip()
    yield f"Procedure reported: {tree['procedure'] or 'not told'}"
    for series_uid in tree["source_series"]:
        yield f"On series: {series_uid}"
    completion = tree["completion"]
    more = f" ({completion['description']})" if completion["description"] else ""
    yield f"Completion: {completion['flag'] or 'not told'}{more}"
    yield f"Verification: {tree['verification']['flag'] or 'not told'}"
    for observer in tree["verification"]["observers"]:
        yield (
            f"Verified by {observer['name'] or '?'}, {observer['organization'] or '?'}, "
            f"at {observer['at'] or '?'}"
        )
    for uid in tree["predecessors"]:
        yield f"Follows report: {uid}"
    for observer in tree["observers"]:
        said = ", ".join(f"{name}: {value}" for name, value in observer["attributes"].items())
        yield f"Observer: {observer['type'] or '?'} ({said})"


def _add_group(root: Tree, group: Mapping[str, Any]) -> None:
    evaluation, probability = group["evaluation"], group["probability"]
    number = "no probability" if probability is None else f"probability {probability:.4f}"
    title = f"{group['site'] or '?'}: {group['finding'] or '?'} {evaluation.upper()}, {number}"
    branch = root.add(Text(title, style=_STYLES[evaluation]))
    for comment in group["comments"]:
        branch.add(Text(comment, style="yellow"))
    for region in group["regions"]:
        frame = f", frame {region['frame']}" if region["frame"] is not None else ""
        branch.add(
            Text(
                f"Region on image {region['sop_instance_uid']}{frame}: {region['graphic_type']} "
                f"{_points(region['points'], 0)} (column, row)"
            )
        )
    for outline in group["outlines_mm"]:
        points = _points(outline["points"], 1)
        branch.add(Text(f"In the patient, mm: {outline['graphic_type']} {points}"))
    tracking = group["tracking"]
    branch.add(Text(f"Tracked as {tracking['identifier']} {tracking['uid']}", style="dim"))
    if algorithm := group["algorithm"]:
        said = ", ".join(algorithm["parameters"])
        name = f"{algorithm['name']} {algorithm['version'] or ''}".rstrip()
        branch.add(Text(f"By {name} ({said})", style="dim"))


def _points(points: list[list[float]], digits: int) -> str:
    return " ".join(f"({', '.join(f'{v:.{digits}f}' for v in point)})" for point in points)
