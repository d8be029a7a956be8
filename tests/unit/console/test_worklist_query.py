"""What the worklist is asked for: filters, chips, saved views; without a window."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest

from pyqt_console.query import WorklistQuery, query_from_json, query_to_json
from pyqt_console.worklist.columns import COLUMNS, ColumnState, columns_from_json, complete
from pyqt_console.worklist.filters import chips_of
from pyqt_console.worklist.tabs import empty_words
from pyqt_console.worklist.views import Kept, SavedView, ViewsFile

TODAY = date(2026, 3, 10)
FULL = WorklistQuery(
    tab="all",
    search="doe",
    outcome=("positive", "failed"),
    state=("reported",),
    read=False,
    taken=True,
    assigned_to="ann",
    source=("CT1", "CT2"),
    study_days=7,
    study_date_until=date(2026, 3, 9),
    order="newest",
)
NARROW = WorklistQuery("all", source=("CT1",))


def test_every_filter_is_asked_for() -> None:
    assert FULL.parameters(TODAY) == [
        ("tab", "all"),
        ("order", "newest"),
        ("search", "doe"),
        ("outcome", "positive"),
        ("outcome", "failed"),
        ("state", "reported"),
        ("source", "CT1"),
        ("source", "CT2"),
        ("read", "false"),
        ("taken", "true"),
        ("assigned_to", "ann"),
        ("study_date_from", "2026-03-03"),
        ("study_date_until", "2026-03-09"),
    ]
    assert WorklistQuery().parameters(TODAY) == [("tab", "unread"), ("order", "urgency")]


def test_taking_every_chip_away_leaves_the_tab_and_the_search() -> None:
    query, texts = FULL, []
    while chips := chips_of(query):
        texts.append(chips[0].text)
        query = chips[0].without
    assert query == WorklistQuery("all", "doe")
    assert texts == [
        "▲ finding",
        "✕ failed",
        "reported",
        "not yet read",
        "taken by a reader",
        "taken by ann",
        "from CT1",
        "from CT2",
        "of the last 7 days",
        "study until 2026-03-09",
        "newest first",
    ]


@pytest.mark.parametrize("query", [WorklistQuery(), FULL, NARROW, WorklistQuery(study_days=0)])
def test_a_query_comes_back_from_a_file(query: WorklistQuery) -> None:
    assert query_from_json(query_to_json(query)) == query


def test_an_empty_list_says_whether_it_was_narrowed() -> None:
    assert empty_words(WorklistQuery())[0] == "Empty"
    assert empty_words(WorklistQuery(search="x"))[1:] == (
        "No study in this tab matches “x”.",
        "Show the whole tab",
    )
    assert "filters" in empty_words(NARROW)[1]


def test_views_are_kept_for_one_reader_and_readable_by_nobody_else(tmp_path: Path) -> None:
    columns = complete([ColumnState("patient", 300), ColumnState("series", 50, hidden=True)])
    file = ViewsFile(tmp_path / "own", "https://node", "ann")
    file.keep(Kept(columns=columns).with_view(SavedView(" Night ", FULL, columns)))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    again = ViewsFile(tmp_path / "own", "https://node", "ann").kept
    assert again == file.kept
    assert [each.name for each in again.views] == ["Night"]
    assert ViewsFile(tmp_path / "own", "https://node", "bob").kept == Kept()
    assert ViewsFile(tmp_path / "own", "https://other", "ann").kept == Kept()


def test_views_are_replaced_renamed_and_removed_by_name() -> None:
    kept = Kept().with_view(SavedView("a", FULL, ())).with_view(SavedView("b", NARROW, ()))
    assert kept.with_view(SavedView("a", NARROW, ())).views[0].query == NARROW
    assert kept.with_view(SavedView("  ", NARROW, ())) == kept
    assert [each.name for each in kept.renamed("a", "c").views] == ["c", "b"]
    assert kept.renamed("a", "b") == kept  # taken: nothing is lost
    assert kept.renamed("a", " ") == kept
    assert [each.name for each in kept.without("a").views] == ["b"]


def test_a_damaged_file_is_kept_aside(tmp_path: Path) -> None:
    file = ViewsFile(tmp_path, "https://node", "ann")
    file.path.write_text('{"views": [{"name": "x", "query": {"order_by": 1}}], "columns": []}')
    assert ViewsFile(tmp_path, "https://node", "ann").kept == Kept()
    assert file.path.with_suffix(".damaged").exists()


def test_columns_are_each_there_once_and_the_status_is_never_hidden() -> None:
    given = [
        {"key": "read", "width": 5, "hidden": False},
        {"key": "status", "width": 90, "hidden": True},
        {"key": "read", "width": 70, "hidden": True},
        {"key": "of another version", "width": 70, "hidden": False},
    ]
    found = columns_from_json(given)
    assert found[:2] == (ColumnState("read", 24), ColumnState("status", 90))
    assert sorted(each.key for each in found) == sorted(each.key for each in COLUMNS)
