"""The rows: what became of them moves one row, not the list; Qt's own checks look on."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from PyQt6.QtCore import QPersistentModelIndex
from PyQt6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from pyqt_console.query import WorklistQuery
from pyqt_console.records import SeriesRow
from pyqt_console.theme import DARK
from pyqt_console.worklist.model import BEGINNING, ROW, WorklistModel

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ALL = WorklistQuery("all")


def row(number: int, rank: int = 5, *, name: str = "Doe") -> SeriesRow:
    return SeriesRow(
        series_uid=f"1.{number}",
        generation=1,
        study_uid=f"2.{number}",
        state="reported",
        outcome="negative",
        triage_rank=rank,
        reading_id=number,
        reason_code=None,
        reason_text=None,
        patient_name=name,
        patient_id="",
        accession_number="",
        study_description="",
        series_description="",
        study_date=None,
        source_aet="CT",
        priority="routine",
        instance_count=1,
        first_received_utc=NOW,
        patient_overall=None,
        levels={},
        coverage=None,
        read_utc=None,
        assigned_to=None,
    )


def watched(*rows: SeriesRow, has_more: bool = False, query: WorklistQuery = ALL) -> WorklistModel:
    model = WorklistModel(DARK)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.replace(rows, has_more=has_more, query=query)
    return model


def numbers(model: WorklistModel) -> list[int]:
    return [each.reading_id for each in model.rows]


def test_a_row_changes_in_its_place_and_moves_only_when_settled(qtbot: QtBot) -> None:
    model = watched(row(1), row(2), row(3))
    kept = QPersistentModelIndex(model.index(2, 0))
    urgent = row(3, 0, name="Roe")
    assert model.update_in_place([urgent, row(9, 0), row(8, 9)]) == {"1.9", "1.8"}
    assert numbers(model) == [1, 2, 3]
    assert model.row_at(2).patient_name == "Roe"
    model.settle({"1.3"}, [urgent])
    assert numbers(model) == [3, 1, 2]
    assert kept.row() == 0
    assert kept.data(ROW) == urgent


def test_what_is_no_longer_in_the_list_goes_and_what_is_new_comes(qtbot: QtBot) -> None:
    model = watched(row(1), row(2), row(3))
    model.settle({"1.2", "1.9", "1.7"}, [row(9, 1)])
    assert numbers(model) == [9, 1, 3]
    assert model.row_of("1.2") is None
    assert [model.row_of(f"1.{number}") for number in (9, 1, 3)] == [0, 1, 2]


def test_behind_what_is_loaded_nothing_is_put(qtbot: QtBot) -> None:
    model = watched(row(1), row(2), has_more=True)
    assert model.update_in_place([row(9)]) == set()
    model.settle({"1.9", "1.1"}, [row(9), row(1, 7)])
    assert numbers(model) == [2]  # both come with their pages
    model.append([row(3), row(1, 7), row(9, 8)], has_more=False)
    assert numbers(model) == [2, 3, 1, 9]


def test_what_is_loaded_ends_where_its_page_ended_also_when_the_last_row_is_gone(
    qtbot: QtBot,
) -> None:
    model = watched(row(1), row(2), row(5), has_more=True)
    model.settle({"1.5"}, [])
    model.settle({"1.4", "1.6"}, [row(4), row(6)])  # the next page begins behind 5
    assert numbers(model) == [1, 2, 4]
    model.append([row(6), row(7)], has_more=True)
    model.settle({"1.7", "1.8"}, [row(8)])
    assert numbers(model) == [1, 2, 4, 6]


def test_a_page_read_anew_takes_out_what_is_gone_between_its_ends_only(qtbot: QtBot) -> None:
    model = watched(*(row(number) for number in range(1, 9)), has_more=True)
    model.settle_span((5, 2), [row(4), row(5)], is_last=False, read_to=(5, 6))
    assert numbers(model) == [1, 2, 4, 5, 7, 8]
    model.settle_span(BEGINNING, [row(2), row(4)], is_last=True, read_to=(5, 4))
    assert numbers(model) == [2, 4]
    model.settle({"1.99"}, [row(99)])  # the end is known now
    assert numbers(model) == [2, 4, 99]


def test_the_newest_first(qtbot: QtBot) -> None:
    model = watched(row(3), row(2), query=WorklistQuery("all", order="newest"))
    model.settle({"1.4", "1.1"}, [row(4), row(1)])
    assert numbers(model) == [4, 3, 2, 1]


def test_after_any_changes_it_is_the_list_that_the_node_has(qtbot: QtBot) -> None:
    source = random.Random(7)
    node = {number: row(number, source.randrange(5)) for number in range(60)}

    def ordered() -> list[SeriesRow]:
        return sorted(node.values(), key=ALL.place)

    model = watched(*ordered())
    for _ in range(60):
        changed = source.sample(range(80), source.randrange(1, 6))
        for number in changed:
            if source.random() < 0.3:
                node.pop(number, None)
            else:
                node[number] = row(number, source.randrange(5))
        found = [node[number] for number in changed if number in node]
        model.update_in_place(found)
        model.settle({f"1.{number}" for number in changed}, found)
        assert list(model.rows) == ordered()
