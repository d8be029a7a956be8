"""Names, times and numbers as a reader reads them. Pure functions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pyqt_console.i18n import tr, tr_n
from pyqt_console.node_words import reason
from pyqt_console.records import LEVELS, Counts, SeriesRow
from pyqt_console.theme import MACHINE_GLYPH, READER_GLYPH

NOT_KNOWN: Final = "–"


def person(name: str) -> str:
    """A person's name (PS3.5 6.2.1, VR PN): ``Doe^Jane`` → "Doe, Jane"; ideographs behind it."""
    groups = [_components(group) for group in name.split("=")]
    written = [group for group in groups if group]
    if not written:
        return tr("(no name)")
    first, *others = dict.fromkeys(written)
    return f"{first} ({others[0]})" if others else first


def _components(group: str) -> str:
    family, *others = (part.strip() for part in group.split("^"))
    rest = " ".join(part for part in others if part)
    return ", ".join(part for part in (family, rest) if part)


def duration(seconds: float) -> str:
    """How long something takes: "now", "4 min", "2 h 05", "3 d"."""
    minutes = int(max(seconds, 0) // 60)
    if minutes < 1:
        return tr("now")
    if minutes < 60:
        return tr("{n} min").format(n=minutes)
    if minutes < 48 * 60:
        return tr("{h} h {min:02}").format(h=minutes // 60, min=minutes % 60)
    return tr("{n} d").format(n=minutes // (24 * 60))


def waiting(row: SeriesRow, now: datetime) -> str:
    """Since its first image came, until it was read."""
    return duration(((row.read_utc or now) - row.first_received_utc).total_seconds())


def probability(value: float | None) -> str:
    """A number of the machine, marked as such; never 1.00 or 0.00 by rounding alone."""
    if value is None:
        return f"{MACHINE_GLYPH} {NOT_KNOWN}"
    if value < 0.005:
        return f"{MACHINE_GLYPH} <0.01"
    if 0.995 <= value < 1:
        return f"{MACHINE_GLYPH} >0.99"
    return f"{MACHINE_GLYPH} {value:.2f}"


def clock(at_utc: datetime) -> str:
    """The local time, with the day where it is another one."""
    local = at_utc.astimezone()
    today = datetime.now(local.tzinfo).date()
    return local.strftime("%H:%M" if local.date() == today else "%Y-%m-%d %H:%M")


def read_mark(row: SeriesRow) -> str:
    """Whether and when a reader was done with it."""
    return "" if row.read_utc is None else f"{READER_GLYPH} {clock(row.read_utc)}"


def levels_in_words(row: SeriesRow) -> str:
    """For a tooltip, and for who cannot see the bars."""
    if row.reason_text:
        return reason(row.reason_code, row.reason_text)
    known = [f"{each} {probability(row.levels.get(each))}" for each in LEVELS if each in row.levels]
    return " · ".join(known) if known else tr("no numbers yet")


def images(count: int) -> str:
    """So many."""
    return tr_n("%n image", "%n images", count)


def header(counts: Counts, now: datetime) -> str:
    """The line over the list: what waits, and for how long."""
    critical, unread = counts.of_tab["critical"], counts.of_tab["unread"]
    parts = (
        (tr("{n} critical").format(n=critical), counts.oldest_critical_utc),
        (tr("{n} unread").format(n=unread), counts.oldest_unread_utc),
    )
    return " · ".join(
        text
        if since is None
        else tr("{so_many}, oldest {age}").format(
            so_many=text, age=duration((now - since).total_seconds())
        )
        for text, since in parts
    )
