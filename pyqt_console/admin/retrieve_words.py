"""Searches and retrievals in words. Pure functions and tables."""

from __future__ import annotations

from datetime import date
from typing import Final

from pyqt_console.admin.requests.retrieve import Found, Retrieval
from pyqt_console.i18n import mark, tr, tr_n

STATES: Final = {
    "waiting": ("…", mark("waits"), "waiting"),
    "running": ("▸", mark("under way"), "accent"),
    "done": ("✓", mark("arrived"), "negative"),
    "incomplete": ("◐", mark("in part"), "caution"),
    "failed": ("✕", mark("failed"), "alarm"),
    "cancelled": ("–", mark("cancelled"), "quiet"),
    "interrupted": ("✕", mark("interrupted"), "alarm"),
}
"""State of a retrieval → (glyph, word, colour of the palette)."""
WILD: Final = "*?"


def state(of: Retrieval) -> str:
    """With its glyph; one that is not known stays as it is."""
    glyph, word, _ = STATES.get(of.state, ("?", of.state, ""))
    return f"{glyph} {tr(word)}"


def state_colour(of: Retrieval) -> str:
    """A field of ``Palette``."""
    return STATES.get(of.state, ("", "", "unknown"))[2]


def progress(of: Retrieval) -> str:
    """How far it is, in images."""
    counts = (of.completed, of.failed, of.warning)
    if all(each is None for each in counts):
        return ""
    done = (of.completed or 0) + (of.warning or 0)
    total = done + (of.failed or 0) + (of.remaining or 0)
    if of.remaining is None and not of.is_over:
        return tr_n("%n image", "%n images", done)
    return tr("{done} of {images}").format(done=done, images=tr_n("%n image", "%n images", total))


def share(of: Retrieval) -> float:
    """How far it is, 0…1, for sorting."""
    if of.remaining is None:
        return 1.0 if of.is_over else 0.0
    done = (of.completed or 0) + (of.warning or 0) + (of.failed or 0)
    return done / max(done + of.remaining, 1)


def held(count: int, total: int | None) -> str:
    """What of it the node has."""
    if count == 0:
        return tr("– not here")
    if total is None:
        return tr("◐ {count} here").format(count=count)
    if count >= total:
        return tr("✓ all here")
    return tr("◐ {count} of {total} here").format(count=count, total=total)


def held_colour(count: int, total: int | None) -> str:
    """A field of ``Palette``."""
    if count == 0:
        return "quiet"
    return "negative" if total is not None and count >= total else "caution"


def summary(found: Found) -> str:
    """What came, and what was not as asked."""
    parts = [tr_n("%n study.", "%n studies.", len(found.studies))]
    if not found.is_whole:
        parts.append(tr("There may be more: narrow the search."))
    return " ".join([*parts, *found.remarks])


def name_query(text: str) -> str:
    """A person's name as it is asked for: ``Doe, Jane`` → ``Doe^Jane*`` (PS3.4 C.2.2.2.4)."""
    text = text.strip()
    if not text or any(each in text for each in WILD):
        return text
    family, comma, given = (part.strip() for part in text.partition(","))
    return f"{family}^{given}*" if comma else f"{text}*"


def day_of(text: str) -> date | None:
    """A day as it is typed.

    Raises:
        ValueError: it is none; the text says so to the reader.
    """
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = tr("{text} is no day: write it as 2026-01-31.")
        raise ValueError(words.format(text=text)) from None
