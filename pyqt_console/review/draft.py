"""A verdict that is being made, and the rules it must hold. Pure; ``docs/verdicts.md`` has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from pyqt_console.i18n import tr
from pyqt_console.records import LEVELS, SeriesDetail

ACCEPT: Final = "accept"
REJECT: Final = "reject"
UNSURE: Final = "unsure"
CHOICES: Final = (ACCEPT, REJECT, UNSURE)
COMMENT_LENGTH_MAX: Final = 1024

WAITING_STATES: Final = frozenset({"receiving", "complete", "queued", "analysing"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the reader says of one finding; ``choice`` is empty until something is chosen."""

    choice: str = ""
    changed_level: str = ""
    """With ACCEPT only: the fracture is one of this level."""
    comment: str = ""


SliceName: TypeAlias = tuple[str, int | None]
"""SOP Instance UID, and the frame (from 1) in multi-frame images."""


@dataclass(frozen=True, slots=True)
class Added:
    """A fracture that the machine missed; ``box``: x, y, width, height in the slice's pixels.

    ``level`` is empty until it is chosen; ``key_slice_frame`` is of multi-frame images only;
    ``ends`` are the first and the last slice where it was seen on more than one.
    """

    level: str
    key_slice_sop_uid: str
    box: tuple[int, int, int, int]
    key_slice_frame: int | None = None
    comment: str = ""
    ends: tuple[SliceName, SliceName] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """All that the reader said so far of one reading."""

    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    """Level of the machine's finding → what is said of it."""
    added: tuple[Added, ...] = ()
    absent_levels: tuple[str, ...] = ()
    no_finding: bool = False
    comment: str = ""

    def judge(self, level: str, judgement: Judgement) -> Draft:
        """The same with this said of the finding at ``level``."""
        if judgement.choice != ACCEPT or judgement.changed_level == level:
            judgement = replace(judgement, changed_level="")
        return replace(self, judgements={**self.judgements, level: judgement})

    def of(self, level: str) -> Judgement:
        """What is said of the finding at ``level``."""
        return self.judgements.get(level, Judgement())

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        said = any(each != Judgement() for each in self.judgements.values())
        return not said and replace(self, judgements={}) == Draft()


def present_levels(draft: Draft) -> list[str]:
    """Levels that hold a fracture by this verdict; one that is there twice is a mistake."""
    found = [
        each.changed_level or level
        for level, each in draft.judgements.items()
        if each.choice == ACCEPT
    ]
    return found + [each.level for each in draft.added]


def hindrance(draft: Draft, detail: SeriesDetail) -> str:
    """Why this cannot be signed, as one sentence; empty: it can."""
    return next(_hindrances(draft, detail), "")


def _hindrances(draft: Draft, detail: SeriesDetail) -> Iterator[str]:
    findings = [each.level for each in detail.findings]
    if detail.row.state in WAITING_STATES:
        yield tr("The machine has not read this study yet: a verdict can be given when it has.")
    if unjudged := [level for level in findings if not draft.of(level).choice]:
        yield tr("Say of {levels}: accept, reject or unsure.").format(levels=", ".join(unjudged))
    if any(not each.level for each in draft.added):
        yield tr("Choose the level of the finding that you drew.")
    present = present_levels(draft)
    if twice := [level for level, count in Counter(present).items() if count > 1]:
        yield tr("{level} would have two findings. Tell of both in one.").format(level=twice[0])
    open_ = present + [level for level in findings if draft.of(level).choice == UNSURE]
    if draft.no_finding and open_:
        yield tr("“No fracture” contradicts what is said of {level}.").format(level=open_[0])
    if clash := [level for level in draft.absent_levels if level in open_]:
        yield tr("{level} cannot be intact and have a finding.").format(level=clash[0])
    if not (findings or draft.added or draft.no_finding):
        yield tr("Say that there is no fracture in these images, if you see none.")
    comments = [draft.comment, *(each.comment for each in draft.judgements.values())]
    comments += [each.comment for each in draft.added]
    if any(len(each) > COMMENT_LENGTH_MAX for each in comments):
        yield tr("A comment has at most {n} characters.").format(n=COMMENT_LENGTH_MAX)


def document(draft: Draft, detail: SeriesDetail) -> dict[str, Any]:
    """The verdict as the node takes it; only of a draft without a hindrance."""
    findings = []
    for each in detail.findings:
        said = draft.of(each.level)
        findings.append(
            {"level": each.level, "verdict": said.choice, "comment": said.comment}
            | ({"changed_level": said.changed_level} if said.changed_level else {})
        )
    added = [
        {
            "level": each.level,
            "key_slice_sop_uid": each.key_slice_sop_uid,
            "box": list(each.box),
            "comment": each.comment,
        }
        | ({} if each.key_slice_frame is None else {"key_slice_frame": each.key_slice_frame})
        | _ends(each)
        for each in draft.added
    ]
    return {
        "findings": findings,
        "added": added,
        "absent_levels": [level for level in LEVELS if level in draft.absent_levels],
        "no_finding": draft.no_finding,
        "comment": draft.comment,
    }


def _ends(added: Added) -> dict[str, Any]:
    names = zip(("first_slice", "last_slice"), added.ends or (), strict=False)
    return {
        name: {"sop_uid": uid} | ({} if frame is None else {"frame": frame})
        for name, (uid, frame) in names
    }


def in_words(given: Mapping[str, Any]) -> str:
    """A verdict's document as a sentence or two, for another reader."""
    words = {
        ACCEPT: tr("{level} accepted"),
        REJECT: tr("{level} rejected"),
        UNSURE: tr("{level} unsure"),
    }
    parts = []
    for each in given.get("findings", ()):
        word = words.get(each["verdict"], "{level} " + each["verdict"])
        if each.get("changed_level"):
            word = tr("{level} accepted as {changed}")
        comment = f" ({each['comment']})" if each.get("comment") else ""
        changed = each.get("changed_level", "")
        parts.append(word.format(level=each["level"], changed=changed) + comment)
    added = tr("{level} added by the reader")
    parts += [added.format(level=each["level"]) for each in given.get("added", ())]
    if given.get("no_finding"):
        parts.append(tr("no fracture seen"))
    if given.get("absent_levels"):
        parts.append(tr("intact: {levels}").format(levels=", ".join(given["absent_levels"])))
    if given.get("comment"):
        parts.append(f"“{given['comment']}”")
    return " · ".join(parts) or tr("nothing said")


def to_json(draft: Draft) -> dict[str, Any]:
    """For the file of drafts."""
    return {
        "judgements": {
            level: [each.choice, each.changed_level, each.comment]
            for level, each in draft.judgements.items()
        },
        "added": [
            [
                *(each.level, each.key_slice_sop_uid, list(each.box), each.key_slice_frame),
                *(each.comment, each.ends),
            ]
            for each in draft.added
        ],
        "absent_levels": list(draft.absent_levels),
        "no_finding": draft.no_finding,
        "comment": draft.comment,
    }


def from_json(given: Mapping[str, Any]) -> Draft:
    """Of the file of drafts. ValueError, KeyError or TypeError where it is none."""
    judgements = {}
    for level, (choice, changed_level, comment) in given["judgements"].items():
        if level not in LEVELS or choice not in {"", *CHOICES}:
            raise ValueError("no judgement")
        judgements[level] = Judgement(choice, changed_level, str(comment))
    added = []
    for level, uid, (x, y, width, height), frame, comment, *ends in given["added"]:
        if level not in {"", *LEVELS}:
            raise ValueError("no level")
        added.append(Added(level, uid, (x, y, width, height), frame, comment, _ends_in(ends)))
    return Draft(
        judgements=judgements,
        added=tuple(added),
        absent_levels=tuple(given["absent_levels"]),
        no_finding=given["no_finding"] is True,
        comment=str(given["comment"]),
    )


def _ends_in(kept: list[Any]) -> tuple[SliceName, SliceName] | None:
    """A draft of an older console has none."""
    if not any(kept):
        return None
    (first, first_frame), (last, last_frame) = kept[0]
    return (first, first_frame), (last, last_frame)
