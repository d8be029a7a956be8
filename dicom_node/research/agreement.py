"""What the last verdict says of each level, and whether the machine said the same: without I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dicom_node.reports.words import ANALYSED
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.reading import Evaluation, evaluations, machine_evaluation
from inference.types import LEVELS

AGREE: Final = "agree"
DISAGREE: Final = "disagree"
NOT_COMPARABLE: Final = "not_comparable"


def machine_says(result: Mapping[str, Any] | None) -> dict[str, str]:
    """For each level: present, absent (only of one that was assessed whole) or undetermined."""
    analysed = result if result is not None and result.get("status") == ANALYSED else None
    return {level: str(machine_evaluation(analysed, level)) for level in LEVELS}


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
    verdict = Verdict.model_validate(document)
    return {level: str(each) for level, each in evaluations(verdict, result).items()}


def agreement(machine: str, reader: str) -> str:
    """Whether both say the same; what either leaves undetermined cannot be compared."""
    if Evaluation.UNDETERMINED in (machine, reader):
        return NOT_COMPARABLE
    return AGREE if machine == reader else DISAGREE


def overall_agreement(levels: Sequence[str]) -> str:
    """Of all levels: one that disagrees is enough; agreement needs all of them."""
    if DISAGREE in levels:
        return DISAGREE
    return AGREE if levels and set(levels) == {AGREE} else NOT_COMPARABLE
