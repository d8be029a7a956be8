"""The columns of the worklist as a table, and how a reader has laid them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pyqt_console.i18n import mark
from pyqt_console.records import SeriesRow
from pyqt_console.theme import sign_of
from pyqt_console.wording import levels_in_words, person, probability, read_mark, waiting

WIDTH_MIN_PX: Final = 24
WIDTH_MAX_PX: Final = 2000


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is called, filled, and how wide it begins. ``key`` is its name in files."""

    key: str
    title: str
    width_px: int
    text: Callable[[SeriesRow], str]
    colour: str = "text"


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column as a reader wants it."""

    key: str
    width_px: int
    hidden: bool = False


def _waiting(row: SeriesRow) -> str:
    return waiting(row, datetime.now(UTC))


def _status(row: SeriesRow) -> str:
    sign = sign_of(row.outcome, row.state)
    return f"{sign.glyph} {sign.word}"


COLUMNS: Final[Sequence[Column]] = (
    Column("status", mark("Status"), 136, _status),
    Column("waiting", mark("Waiting"), 68, _waiting),
    Column("patient", mark("Patient"), 146, lambda row: person(row.patient_name)),
    Column("id", mark("ID"), 80, lambda row: row.patient_id),
    Column("accession", mark("Accession"), 88, lambda row: row.accession_number),
    Column("levels", "C1 – C7", 184, levels_in_words),
    Column("overall", mark("AI"), 76, lambda row: probability(row.patient_overall), "machine"),
    Column(
        "study",
        mark("Study"),
        92,
        lambda row: row.study_date.isoformat() if row.study_date else "",
    ),
    Column("series", mark("Series"), 130, lambda row: row.series_description),
    Column("source", mark("Source"), 92, lambda row: row.source_aet),
    Column("assigned", mark("Assigned"), 92, lambda row: row.assigned_to or ""),
    Column("read", mark("Read"), 120, read_mark, "reader"),
)
"""In the order in which they begin."""

STATUS_COLUMN: Final = 0
PATIENT_COLUMN: Final = 2
LEVELS_COLUMN: Final = 5
KEYS: Final = tuple(each.key for each in COLUMNS)
ALWAYS_SHOWN: Final = frozenset({"status"})
"""What became of a study is never hidden."""


def complete(states: Iterable[ColumnState]) -> tuple[ColumnState, ...]:
    """Each known column once: those given in their order, then those that are new since."""
    found: dict[str, ColumnState] = {}
    for each in states:
        if each.key in KEYS and each.key not in found:
            width_px = min(max(each.width_px, WIDTH_MIN_PX), WIDTH_MAX_PX)
            hidden = each.hidden and each.key not in ALWAYS_SHOWN
            found[each.key] = ColumnState(each.key, width_px, hidden)
    for column in COLUMNS:
        found.setdefault(column.key, ColumnState(column.key, column.width_px))
    return tuple(found.values())


def columns_to_json(states: Iterable[ColumnState]) -> list[dict[str, Any]]:
    """For a file."""
    return [{"key": each.key, "width": each.width_px, "hidden": each.hidden} for each in states]


def columns_from_json(given: Iterable[Mapping[str, Any]]) -> tuple[ColumnState, ...]:
    """Of such a file.

    Raises:
        KeyError, ValueError, TypeError: it is none.
    """
    return complete(
        ColumnState(str(each["key"]), int(each["width"]), bool(each["hidden"])) for each in given
    )
