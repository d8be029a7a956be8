"""Rules, and what they do, in words. Pure functions and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyqt_console.admin.requests.routes import Rehearsal, Rule, Sending
from pyqt_console.i18n import mark, tr

OUTCOMES: Final[Mapping[str, str]] = {
    "finding": mark("finding"),
    "no_finding": mark("no finding"),
    "partial": mark("partly seen"),
    "not_analysed": mark("not analysed"),
    "failed": mark("failed"),
    "verdict": mark("a reader's verdict"),
}
PRIORITIES: Final[Mapping[str, str]] = {
    "stat": mark("stat"),
    "high": mark("high"),
    "routine": mark("routine"),
}
PIECES: Final[Mapping[str, str]] = {
    "report": mark("report"),
    "key-image": mark("key image"),
    "summary": mark("summary page"),
    "key-objects": mark("key objects"),
    "presentation": mark("presentation state"),
    "heat-map": mark("heat map"),
    "verdict": mark("verdict"),
}
CONDITIONS: Final[Mapping[str, str]] = {
    "source_aet": mark("sender"),
    "called_aet": mark("called as"),
    "station_name": mark("station"),
    "study_description": mark("study"),
    "series_description": mark("series"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One past reading: where its results went or go, and where they would go."""

    reading: Rehearsal
    before: tuple[Sending, ...]
    after: tuple[Sending, ...]

    @property
    def differs(self) -> bool:
        """Whether some peer would get something else."""
        return _pieces(self.before) != _pieces(self.after)


def conditions(rule: Rule) -> str:
    """When it holds."""
    parts = [
        tr("{condition} {values}").format(condition=tr(title), values=_any(getattr(rule, name)))
        for name, title in CONDITIONS.items()
        if getattr(rule, name)
    ]
    for name, words in (("outcome", OUTCOMES), ("priority", PRIORITIES)):
        if values := getattr(rule, name):
            parts.append(_any(words_of(values, words)))
    return " · ".join(parts) or tr("always")


def destinations(rule: Rule) -> str:
    """What it does."""
    if not rule.to:
        return tr("hold back")
    pieces = ", ".join(words_of(rule.pieces, PIECES)) or tr("everything")
    if set(rule.pieces) >= set(PIECES):
        pieces = tr("everything")
    return tr("{pieces} to {peers}").format(pieces=pieces, peers=", ".join(rule.to))


def words_of(values: Iterable[str], words: Mapping[str, str]) -> list[str]:
    """Each in words; one that is not known stays as it is."""
    return [tr(words[each]) if each in words else each for each in values]


def sendings(given: Sequence[Sending]) -> str:
    """Who gets what."""
    each = [
        tr("{peer}: {pieces}").format(peer=one.peer, pieces=", ".join(words_of(one.pieces, PIECES)))
        for one in given
    ]
    return " · ".join(each) or tr("nobody")


def change(of: Compared) -> str:
    """What is otherwise, peer by peer."""
    before, after = _pieces(of.before), _pieces(of.after)
    parts = []
    for peer in sorted({*before, *after}):
        more = [each for each in PIECES if each in after.get(peer, set()) - before.get(peer, set())]
        fewer = [
            each for each in PIECES if each in before.get(peer, set()) - after.get(peer, set())
        ]
        for words, pieces in (("+ {peer}: {pieces}", more), ("− {peer}: {pieces}", fewer)):
            if pieces:
                named = ", ".join(words_of(pieces, PIECES))
                parts.append(words.format(peer=peer, pieces=named))
    return " · ".join(parts) or tr("the same")


def with_what_was_sent(found: Sequence[Rehearsal]) -> tuple[Compared, ...]:
    """The saved rules beside what was done."""
    return tuple(Compared(each, each.did, each.would) for each in found)


def with_the_saved_rules(
    saved: Sequence[Rehearsal], drafted: Sequence[Rehearsal]
) -> tuple[Compared, ...]:
    """The draft beside the saved rules; a reading that only one of both saw is left out."""
    before = {(each.series_uid, each.generation): each for each in saved}
    return tuple(
        Compared(each, before[key].would, each.would)
        for each in drafted
        if (key := (each.series_uid, each.generation)) in before
    )


def _any(values: Sequence[str]) -> str:
    return tr(" or ").join(values)


def _pieces(given: Sequence[Sending]) -> dict[str, set[str]]:
    return {each.peer: set(each.pieces) for each in given}
