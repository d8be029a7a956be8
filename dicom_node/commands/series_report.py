"""``cspine-node series show UID --report``: the stored reports, told from their own files."""

from __future__ import annotations

import warnings
from typing import Any, Final

from rich.console import Console

from dicom_node.commands.common import print_json
from dicom_node.errors import InputError
from dicom_node.reports.render_report import render_report
from dicom_node.reports.report_tree import report_tree
from dicom_node.reports.stored_object import read_stored
from storage import deliveries
from storage.database import Database
from storage.records import Piece, SeriesRecord

REPORTS: Final = frozenset({Piece.REPORT, Piece.VERDICT})
"""The pieces that are Structured Reports on levels."""


def show_reports(database: Database, of: SeriesRecord, *, as_json: bool) -> None:
    """Print the reports of one reading, the machine's first, then the verified ones.

    Raises:
        InputError: it has none.
        EnvironmentFailedError: a file is missing or damaged.
    """
    trees = reports_of(database, of)
    if as_json:
        print_json(trees)
        return
    console = Console(soft_wrap=True, highlight=False)
    for tree in trees:
        console.print(render_report(tree))


def reports_of(database: Database, of: SeriesRecord) -> list[dict[str, Any]]:
    """The trees of the reports of one reading; see :func:`show_reports` for errors."""
    found = [each for each in deliveries.objects_of(database, of.id) if each.piece in REPORTS]
    if not found:
        why = f" because {of.reason_code}: {of.reason_text}" if of.reason_code else ""
        raise InputError(f"series {of.series_uid} has no report: it is {of.state.value}{why}")
    trees = []
    for each in found:
        report, _ = read_stored(each.path, each.sop_instance_uid)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote values, which may be a patient's
            trees.append({"piece": each.piece.value, **report_tree(report)})
    return trees
