"""What is wrong with a part of a training set, and what is left out for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ProblemKind(StrEnum):
    """Stable: other programs read these."""

    KNOWN_BAD = "known_bad"
    NO_IMAGES = "no_images"
    NO_LABELS = "no_labels"
    EMPTY_FOLDER = "empty_folder"
    CONTRADICTORY_LABELS = "contradictory_labels"
    OTHER_STUDY = "other_study"
    NOT_FIT = "not_fit"
    NOT_SQUARE = "not_square"
    DAMAGED_FILE = "damaged_file"
    STRAY_FILES = "stray_files"
    BAD_MASK = "bad_mask"
    STRAY_MASK = "stray_mask"
    BAD_BOX = "bad_box"
    STRAY_BOXES = "stray_boxes"


LEFT_OUT: Final[Mapping[ProblemKind, str]] = {
    ProblemKind.KNOWN_BAD: "study",
    ProblemKind.NO_IMAGES: "study",
    ProblemKind.NO_LABELS: "study",
    ProblemKind.EMPTY_FOLDER: "study",
    ProblemKind.CONTRADICTORY_LABELS: "study",
    ProblemKind.OTHER_STUDY: "study",
    ProblemKind.NOT_FIT: "study",
    ProblemKind.NOT_SQUARE: "study",
    ProblemKind.DAMAGED_FILE: "file",
    ProblemKind.STRAY_FILES: "files",
    ProblemKind.BAD_MASK: "mask",
    ProblemKind.STRAY_MASK: "mask",
    ProblemKind.BAD_BOX: "box",
    ProblemKind.STRAY_BOXES: "boxes",
}
"""What a problem costs; the rest of the study is used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one study.

    Attributes:
        study_uid: StudyInstanceUID, or words where the set has none.
        kind: for programs.
        text: for a person, one sentence without the study's name.
    """

    study_uid: str
    kind: ProblemKind
    text: str

    @property
    def left_out(self) -> str:
        """What is not used."""
        return LEFT_OUT[self.kind]

    @property
    def line(self) -> str:
        """All of it on one line."""
        return f"{self.study_uid}: {self.text} ({self.left_out} left out)"
