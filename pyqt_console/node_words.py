"""What a node says in its own sentences, in the reader's language where it gives a stable code.

The node writes English, with numbers and places in it. In English that is what a reader sees. In
another language a reader sees the translation of the code, shorter but never of another meaning,
and the node's own sentence where there is room for it. What has no code stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pyqt_console.i18n import mark, tr
from pyqt_console.records import SeriesDetail

SENTENCE_OF_REASON: Final[Mapping[str, str]] = {
    "unsupported_modality": mark("These are not CT images."),
    "localizer": mark("There are localizer images (scouts)."),
    "missing_geometry": mark("The headers do not say where the images lie."),
    "inconsistent_identity": mark("The images do not belong together."),
    "inconsistent_grid": mark("The images differ in size or pixel size."),
    "mixed_orientation": mark("The slices are not parallel."),
    "not_axial": mark("The slices are not axial."),
    "gantry_tilt": mark("The gantry was tilted."),
    "duplicate_positions": mark("There are several slices at the same position."),
    "missing_slices": mark("Slices are missing."),
    "irregular_spacing": mark("The distance between slices is not constant."),
    "slices_too_far_apart": mark("The slices are too far apart."),
    "too_few_slices": mark("There are too few slices."),
    "insufficient_coverage": mark("The series covers too little of the spine."),
    "pixel_data_unreadable": mark("The pixels cannot be read."),
    "implausible_intensities": mark("The pixels are no plausible Hounsfield units."),
    "no_cervical_spine": mark("No cervical spine was recognised."),
    "analysis_failed": mark("The analysis failed."),
    "internal_error": mark("The node made a mistake."),
    "taken_out": mark("It was taken out of the queue."),
}
"""Why there is no result, by the code of the API's ``reason_code``."""

SENTENCE_OF_PROBLEM: Final[Mapping[str, str]] = {
    "unauthenticated": mark("The session has ended: sign in again."),
    "wrong_credentials": mark("Name or password is wrong."),
    "password_change_needed": mark("The password must be changed first."),
    "rate_limited": mark("Too many attempts: wait a little, then try again."),
    "forbidden": mark("Your role may not do this."),
    "not_found": mark("The node does not know this any more."),
    "last_admin": mark("That would leave nobody to look after the node."),
    "superseded": mark("Late slices came: there is a newer reading than the one that was seen."),
    "too_slow": mark("The request came too slowly."),
    "too_large": mark("The request is too large."),
    "too_many_listeners": mark("Too many consoles are connected already."),
    "internal": mark("The node made a mistake."),
    "unavailable": mark("The node's database is not available."),
    "disk_full": mark("The node's disk is full."),
    "busy": mark("The node is busy: try again in a moment."),
}
"""Why a request failed, by the code of the API's problem."""

ALL_LEVELS: Final = mark("All seven levels, C1 to C7, were assessed.")
SOME_LEVELS: Final = mark("Not or not wholly assessed: {levels}. The result covers only the rest.")

WORD_OF_DELIVERY: Final[Mapping[str, str]] = {
    "pending": mark("pending"),
    "sent": mark("sent"),
    "delivered": mark("delivered"),
    "parked": mark("parked"),
}
"""How a result object on its way to a peer stands."""


def reason(code: str | None, sentence: str | None) -> str:
    """Why there is no result, in a line."""
    return _by_code(SENTENCE_OF_REASON, code or "", sentence or "")


def reason_at_length(code: str | None, sentence: str | None) -> str:
    """The same where there is room for the node's own sentence."""
    short, own = reason(code, sentence), sentence or ""
    return short if short == own or not own else f"{short} ({own})"


def coverage(of: SeriesDetail) -> str:
    """How much of the spine was assessed; the node's own sentence in English."""
    sentence = of.row.coverage or ""
    if not of.level_coverage:
        return sentence
    known = SOME_LEVELS if of.in_part else ALL_LEVELS
    words = tr(known)
    if words == known and sentence:
        return sentence
    return words.format(levels=", ".join(of.in_part))


def problem(code: str, sentence: str) -> str:
    """Why a request failed."""
    return _by_code(SENTENCE_OF_PROBLEM, code, sentence)


def _by_code(table: Mapping[str, str], code: str, sentence: str) -> str:
    known = table.get(code, "")
    translated = tr(known) if known else ""
    return sentence if translated == known and sentence else translated or sentence
