"""Settings that change while the node runs, in words. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyqt_console.admin.requests.settings import Expiry, Setting
from pyqt_console.admin.words import value
from pyqt_console.i18n import mark, tr, tr_n


@dataclass(frozen=True, slots=True)
class Words:
    """What a setting is called and does; ``choices``: the only values there are."""

    title: str
    help: str
    unit: str = ""
    choices: tuple[str, ...] = ()


SECONDS: Final = mark("s")
WORDS: Final[Mapping[str, Words]] = {
    "series.quiet_s": Words(
        mark("A series is complete after"),
        mark(
            "So long nothing new must have come of it. Too short, and late slices are read apart."
        ),
        SECONDS,
    ),
    "delivery.first_retry_s": Words(
        mark("First pause of a delivery"),
        mark("After the first attempt that failed; it doubles each time."),
        SECONDS,
    ),
    "delivery.longest_retry_s": Words(
        mark("Longest pause of a delivery"), mark("The pauses grow up to this."), SECONDS
    ),
    "delivery.commitment_answer_s": Words(
        mark("Wait for a commitment"),
        mark("A request for storage commitment without an answer is made again after this."),
        SECONDS,
    ),
    "delivery.commitment_attempts": Words(
        mark("Requests for a commitment"),
        mark("After so many without an answer, or in vain, the delivery is parked."),
    ),
    "log.level": Words(
        mark("The log says"),
        mark("From this severity on."),
        choices=("debug", "info", "warning", "error"),
    ),
    "storage.keep_days": Words(
        mark("Deleting by age"), mark("Days after which a series goes; nothing: none ever goes.")
    ),
}
SOURCES: Final[Mapping[str, str]] = {
    "default": mark("the program's own"),
    "file": mark("the configuration file"),
    "environment": mark("the environment"),
    "database": mark("changed while it ran"),
}


def title_of(setting: Setting) -> str:
    """What it is called; its key where we have no words."""
    words = WORDS.get(setting.key)
    return setting.key if words is None else tr(words.title)


def with_unit(setting: Setting, given: Any) -> str:
    """A value of this setting."""
    words = WORDS.get(setting.key)
    if words is None or not words.unit or given is None:
        return value(given)
    return f"{value(given)} {tr(words.unit)}"


def source_of(setting: Setting) -> str:
    """Where its value comes from."""
    return tr(SOURCES.get(setting.source, setting.source))


def typed_value(text: str, before: Any) -> Any:
    """What was typed, in the form of what was there; the node checks it.

    A number stays a number, also where a whole one is wanted; a text that is no number goes as it
    is, and the node says so.
    """
    text = text.strip()
    if isinstance(before, str):
        return text
    for form in (int, float):
        try:
            return form(text)
        except ValueError:
            continue
    return text


def retention_in_words(days: int | None) -> str:
    """What deleting by age does now."""
    if days is None:
        return tr(
            "Nothing is deleted by age. Images and results stay until somebody deletes them; once "
            "the disk is full, no more are received."
        )
    return tr_n(
        "A series that ended and was delivered more than %n day ago is deleted: its images, "
        "results and verdicts. What was delivered stays at the peers.",
        "A series that ended and was delivered more than %n days ago is deleted: its images, "
        "results and verdicts. What was delivered stays at the peers.",
        days,
    )


def consequence_in_words(days: int, found: Expiry) -> str:
    """What saving this does, before it is saved."""
    if not found.series:
        return tr(
            "Nothing here is that old now: at first nothing is deleted. From then on each series "
            "goes once it ended and was delivered {days} days ago, and cannot be brought back."
        ).format(days=days)
    many = tr("More than {count} series are").format(count=found.series)
    so_many = many if found.more else tr_n("%n series is", "%n series are", found.series)
    return tr(
        "{so_many} deleted within minutes, with images, results and verdicts. That cannot be "
        "brought back, not by undoing the setting either. From then on each series goes once it "
        "ended and was delivered {days} days ago. What never reached a peer is kept."
    ).format(so_many=so_many, days=days)
