"""The rules of a verdict that is being made, and the file that keeps it."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dicom_node.errors import InvalidVerdictError
from dicom_node.verdicts.document import NamedSlice, Verdict
from dicom_node.verdicts.validation import require_fitting
from inference.types import SliceSource
from pyqt_console.records import LEVELS, SeriesDetail
from pyqt_console.review.draft import (
    ACCEPT,
    REJECT,
    UNSURE,
    Added,
    Draft,
    Judgement,
    document,
    from_json,
    hindrance,
    in_words,
    to_json,
)
from pyqt_console.review.draft_file import DraftFile

NOW = datetime(2026, 3, 1, tzinfo=UTC).isoformat()


def detail(*found: str, state: str = "reported") -> SeriesDetail:
    row = dict.fromkeys(
        (
            *("series_uid", "study_uid", "outcome", "patient_name", "patient_id"),
            *("accession_number", "study_description", "series_description", "source_aet"),
            "priority",
        ),
        "",
    )
    findings = [
        {
            "level": level,
            "probability": 0.9,
            "key_slice_sop_uid": "1.2",
            "key_slice_index": 3,
            "box": [1, 2, 3, 4],
        }
        for level in found
    ]
    nothing: dict[str, Any] = dict.fromkeys(
        ("reason_code", "reason_text", "study_date", "patient_overall", "coverage", "read_utc")
    )
    return SeriesDetail.from_json(
        row
        | nothing
        | {
            "state": state,
            "generation": 1,
            "triage_rank": 0,
            "reading_id": 1,
            "instance_count": 3,
            "assigned_to": None,
            "levels": {},
            "first_received_utc": NOW,
            "verdicts": [],
            "timeline": [],
            "deliveries": [],
            "result": {"findings": findings, "level_coverage": dict.fromkeys(LEVELS[1:], "whole")},
        }
    )


def said(**choices: str) -> Draft:
    draft = Draft()
    for level, choice in choices.items():
        draft = draft.judge(level, Judgement(choice))
    return draft


BOTH = detail("C2", "C5")
NONE = detail()
MISSED = Added("C7", "1.2", (1, 2, 3, 4))

CASES: list[tuple[Draft, SeriesDetail, str]] = [
    (Draft(), BOTH, "Say of C2, C5"),
    (said(C2=ACCEPT), BOTH, "Say of C5"),
    (said(C2=ACCEPT, C5=REJECT), BOTH, ""),
    (said(C2=UNSURE, C5=UNSURE), BOTH, ""),
    (said(C2=REJECT, C5=REJECT), BOTH, ""),
    (said(C2=ACCEPT).judge("C5", Judgement(ACCEPT, "C2")), BOTH, "C2 would have two findings"),
    (said(C2=ACCEPT).judge("C5", Judgement(ACCEPT, "C4")), BOTH, ""),
    (replace(said(C2=ACCEPT, C5=REJECT), no_finding=True), BOTH, "contradicts what is said of C2"),
    (replace(said(C2=UNSURE, C5=REJECT), no_finding=True), BOTH, "contradicts what is said of C2"),
    (replace(said(C2=REJECT, C5=REJECT), no_finding=True), BOTH, ""),
    (replace(said(C2=ACCEPT, C5=REJECT), absent_levels=("C2",)), BOTH, "C2 cannot be intact"),
    (replace(said(C2=UNSURE, C5=REJECT), absent_levels=("C2",)), BOTH, "C2 cannot be intact"),
    (replace(said(C2=ACCEPT, C5=REJECT), absent_levels=("C5", "C1")), BOTH, ""),
    (replace(said(C2=ACCEPT, C5=REJECT), added=(MISSED, MISSED)), BOTH, "C7 would have two"),
    (Draft(), NONE, "Say that there is no fracture"),
    (Draft(comment="Only a remark."), NONE, "Say that there is no fracture"),
    (Draft(absent_levels=("C1",)), NONE, "Say that there is no fracture"),
    (Draft(no_finding=True), NONE, ""),
    (Draft(added=(MISSED,)), NONE, ""),
    (Draft(added=(MISSED,), no_finding=True), NONE, "contradicts what is said of C7"),
    (Draft(added=(replace(MISSED, level=""),)), NONE, "Choose the level"),
    (Draft(added=(replace(MISSED, comment="x" * 1025),)), NONE, "at most 1024"),
    (Draft(no_finding=True, comment="x" * 1025), NONE, "at most 1024"),
    (Draft(no_finding=True), detail(state="queued"), "has not read this study yet"),
]


@pytest.mark.parametrize(("draft", "of", "words"), CASES)
def test_what_hinders_a_signature(draft: Draft, of: SeriesDetail, words: str) -> None:
    found = hindrance(draft, of)
    assert words in found
    assert bool(words) == bool(found)


class AnySlice(dict[SliceSource, Any]):
    """Images on which everything lies."""

    def get(self, *_: Any) -> Any:
        return type("Header", (), {"rows": 512, "columns": 512})()


@pytest.mark.parametrize(("draft", "of", "words"), CASES)
def test_the_node_says_the_same(draft: Draft, of: SeriesDetail, words: str) -> None:
    """What may be signed here is taken there; what may not would be refused there."""
    if of.row.state == "queued":
        return
    result = {"findings": [{"level": each.level} for each in of.findings]}

    def fits() -> bool:
        try:
            require_fitting(Verdict.model_validate(document(draft, of)), result, AnySlice())
        except (InvalidVerdictError, ValueError):
            return False
        return True

    assert fits() == (not words)


def test_only_what_is_accepted_moves() -> None:
    assert said(C2=REJECT).judge("C2", Judgement(REJECT, "C3")).of("C2") == Judgement(REJECT)
    assert Draft().judge("C2", Judgement(ACCEPT, "C2")).of("C2") == Judgement(ACCEPT)


def test_a_verdict_in_words() -> None:
    draft = replace(
        said(C5=REJECT).judge("C2", Judgement(ACCEPT, "C3", "dens")),
        added=(MISSED,),
        absent_levels=("C1",),
        comment="agreed",
    )
    assert in_words(document(draft, BOTH)) == (
        "C2 accepted as C3 (dens) · C5 rejected · C7 added by the reader · intact: C1 · “agreed”"
    )
    assert in_words({}) == "nothing said"


WHOLE = replace(
    said(C5=REJECT).judge("C2", Judgement(ACCEPT, "C3", "dens")),
    added=(
        replace(MISSED, key_slice_frame=4),
        replace(MISSED, level="C6", ends=(("1.1", None), ("1.3", 2))),
    ),
    absent_levels=("C1",),
    comment="ß 山",
)


def test_slices_are_named_as_the_node_takes_them() -> None:
    verdict = Verdict.model_validate(document(WHOLE, BOTH))
    key, spanning = verdict.added
    assert (key.key_slice_frame, key.first_slice) == (4, None)
    assert (spanning.first_slice, spanning.last_slice) == (
        NamedSlice(sop_uid="1.1"),
        NamedSlice(sop_uid="1.3", frame=2),
    )


def test_a_draft_of_an_older_console_is_still_one() -> None:
    kept = to_json(WHOLE)
    kept["added"] = [each[:5] for each in kept["added"]]
    assert [each.ends for each in from_json(kept).added] == [None, None]


def test_drafts_come_back_from_the_file_as_they_were(tmp_path: Path) -> None:
    assert from_json(json.loads(json.dumps(to_json(WHOLE)))) == WHOLE
    file = DraftFile(tmp_path / "new", "https://node", "ann")
    file.save("1.2", 1, WHOLE)
    file.save("1.3", 1, said(C2=ACCEPT))
    again = DraftFile(tmp_path / "new", "https://node", "ann")
    assert again.load("1.2", 1) == WHOLE
    assert again.load("1.2", 2).is_empty
    assert DraftFile(tmp_path / "new", "https://node", "bob").load("1.2", 1).is_empty
    again.drop("1.2", 1)
    assert DraftFile(tmp_path / "new", "https://node", "ann").load("1.2", 1).is_empty
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"1.2 1": 4}', '{"1.2 1": {"judgements": {"C9": ["accept", "", ""]}}}'],
)
def test_a_damaged_file_is_kept_aside(tmp_path: Path, text: str) -> None:
    path = DraftFile(tmp_path, "https://node", "ann").path
    path.write_text(text)
    file = DraftFile(tmp_path, "https://node", "ann")
    assert file.load("1.2", 1).is_empty
    file.save("1.2", 1, WHOLE)
    assert path.with_suffix(".damaged").read_text() == text
