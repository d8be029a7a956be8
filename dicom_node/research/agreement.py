"""What the last verdict says of each level, and whether the machine said the same: a pure table.

A level is absent only if the machine or the reader saw the whole of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dicom_node.reports.result import ANALYSED, WHOLE
from inference.types import LEVELS

PRESENT: Final = "present"
ABSENT: Final = "absent"
UNDETERMINED: Final = "undetermined"

AGREE: Final = "agree"
DISAGREE: Final = "disagree"
NOT_COMPARABLE: Final = "not_comparable"

_SAID_OF_FINDING: Final[Mapping[str, str]] = {"accept": PRESENT, "unsure": UNDETERMINED}


def machine_says(result: Mapping[str, Any] | None) -> dict[str, str]:
    """For each level: present, absent (only of one that was assessed whole) or undetermined."""
    if result is None or result.get("status") != ANALYSED:
        said: dict[str, str] = dict.fromkeys(LEVELS, UNDETERMINED)
        return said
    found = {finding["level"] for finding in result["findings"]}
    said = {}
    for level in LEVELS:
        whole = result["levels"][level] is not None and result["level_coverage"][level] == WHOLE
        said[level] = PRESENT if level in found else ABSENT if whole else UNDETERMINED
    return said


def verdict_says(document: Mapping[str, Any]) -> dict[str, str]:
    """For each level what the reader chose, in one word; ``nothing`` where none was given."""
    words: dict[str, str] = dict.fromkeys(LEVELS, "nothing")
    words.update(dict.fromkeys(document.get("absent_levels", ()), "absent"))
    for judged in document.get("findings", ()):
        moved = judged.get("changed_level")
        words[judged["level"]] = f"moved_to_{moved}" if moved else judged["verdict"]
    # What the reader put at a level holds there, whatever was said of the machine's finding.
    for judged in document.get("findings", ()):
        if moved := judged.get("changed_level"):
            words[moved] = f"moved_from_{judged['level']}"
    words.update(dict.fromkeys((each["level"] for each in document.get("added", ())), "added"))
    return words


def reader_says(document: Mapping[str, Any], result: Mapping[str, Any] | None) -> dict[str, str]:
    """For each level what holds after the verdict: present, absent or undetermined."""
    machine, words = machine_says(result), verdict_says(document)
    coverage = result.get("level_coverage", {}) if result else {}
    stated = frozenset(document.get("absent_levels", ()))
    said: dict[str, str] = {}
    for level, word in words.items():
        whole = coverage.get(level) == WHOLE or level in stated
        if word == "added" or word.startswith("moved_from_"):
            said[level] = PRESENT
        elif word in _SAID_OF_FINDING:
            said[level] = _SAID_OF_FINDING[word]
        elif word == "nothing":
            said[level] = ABSENT if machine[level] == ABSENT else UNDETERMINED
        else:  # absent, reject, moved away
            said[level] = ABSENT if whole else UNDETERMINED
    return said


def agreement(machine: str, reader: str) -> str:
    """Whether both say the same; what either leaves undetermined cannot be compared."""
    if UNDETERMINED in (machine, reader):
        return NOT_COMPARABLE
    return AGREE if machine == reader else DISAGREE


def overall_agreement(levels: Sequence[str]) -> str:
    """Of all levels: one that disagrees is enough; agreement needs all of them."""
    if DISAGREE in levels:
        return DISAGREE
    return AGREE if levels and set(levels) == {AGREE} else NOT_COMPARABLE
