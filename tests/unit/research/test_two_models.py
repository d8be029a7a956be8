"""Two models on the same series: what counts as what, with readers, and what is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from dicom_node.reports.result import result_document
from dicom_node.research.two_models import (
    Compared,
    Comparison,
    Disagreement,
    Tally,
    WithReaders,
    compare,
)
from dicom_node.verdicts.reading import Evaluation
from inference.types import LEVELS, Level, SliceSource
from storage.records import (
    Outcome,
    ReadBy,
    SeriesRecord,
    SeriesState,
    ShadowReading,
    TwiceRead,
    VerdictRecord,
)
from storage.triage import outcome_of
from tests.unit.reports.cases import AT, FRACTURED, INTACT, MODEL, prediction_of

SOURCES = tuple(SliceSource(f"1.2.{i}") for i in range(14))
SHADOW = ReadBy("candidate", "2", "c" * 64)
ACTIVE = ReadBy(MODEL.name, MODEL.version, MODEL.sha256)
INTACT_PARTLY = {**INTACT, "C1": None}
SAYS: Mapping[str, Mapping[Level, float | None]] = {
    "positive": FRACTURED,  # C2 and C5
    "negative": INTACT,
    "partial": INTACT_PARTLY,
    "elsewhere": {**INTACT, "C2": 0.7, "C6": 0.9},
}
NO_FRACTURE = {"no_finding": True}


def result_of(what: str) -> dict[str, Any]:
    return result_document("1.2", prediction_of(SOURCES, SAYS[what]))


def series_of(number: int, result: Mapping[str, Any]) -> SeriesRecord:
    return SeriesRecord(
        id=number,
        series_uid=f"1.{number}",
        generation=1,
        predecessor_id=None,
        state=SeriesState.REPORTED,
        reason_code=None,
        reason_text=None,
        study_date=None,
        instance_count=1,
        attempts=1,
        fingerprint=None,
        result=result,
        outcome=outcome_of(SeriesState.REPORTED, result),
        study_uid="",
        patient_id="",
        patient_name="",
        accession_number="",
        study_description="",
        series_description="",
        modality="CT",
        source_aet="CT",
        called_aet="CSPINE",
        first_received_utc=AT,
        last_received_utc=AT,
        quiet_until_utc=AT,
    )


def pair(
    active: str,
    shadow: str,
    verdict: Mapping[str, Any] | None = None,
    *,
    number: int = 1,
    by: ReadBy = SHADOW,
) -> TwiceRead:
    of = series_of(number, result_of(active))
    result = result_of(shadow) if shadow in SAYS else None
    outcome = Outcome(shadow) if result is None else outcome_of(SeriesState.ANALYSED, result)
    reading = ShadowReading(
        series_id=number,
        series_uid=of.series_uid,
        generation=1,
        asked_utc=AT,
        attempts=1,
        ended_utc=AT + timedelta(minutes=number),
        duration_s=float(number),
        model=by,
        outcome=outcome,
        reason_code=None,
        reason_text=None,
        result=result,
    )
    said = verdict and VerdictRecord(1, number, AT, "Doe^Ann", "Trust", verdict, "1.2")
    return TwiceRead(of, reading, said or None)


def comparison(*pairs: TwiceRead) -> Comparison:
    (found,) = compare(pairs, disagreements=9)
    return found


@pytest.mark.parametrize(
    ("active", "shadow", "kind"),
    [
        ("positive", "positive", "both_positive"),
        ("positive", "negative", "only_active"),
        ("negative", "positive", "only_shadow"),
        ("negative", "negative", "both_negative"),
        *((a, "partial", "not_comparable") for a in ("positive", "negative", "partial")),
        *(("partial", s, "not_comparable") for s in ("positive", "negative")),
        *(
            (a, s, "not_comparable")
            for a, s in product(("positive", "negative", "partial"), ("failed", "not_analysed"))
        ),
    ],
)
def test_only_what_both_saw_whole_is_compared(active: str, shadow: str, kind: str) -> None:
    found = comparison(pair(active, shadow))
    assert found.overall == Compared(Tally(**{kind: 1}), WithReaders(), WithReaders())
    assert (found.series, found.failed, found.verdicts) == (1, int(shadow == "failed"), 0)
    assert [each.kind for each in found.disagreements] == (
        [kind] if kind in ("only_active", "only_shadow") else []
    )


def test_level_by_level() -> None:
    found = comparison(pair("positive", "elsewhere"))
    assert {level: each.models for level, each in found.levels.items()} == {
        **dict.fromkeys(LEVELS, Tally(both_negative=1)),
        "C2": Tally(both_positive=1),
        "C5": Tally(only_active=1),
        "C6": Tally(only_shadow=1),
    }
    (named,) = found.disagreements
    assert named == Disagreement(
        "1.1", 1, AT + timedelta(minutes=1), "levels_differ", ("C5", "C6"), None
    )
    unseen = comparison(pair("negative", "partial")).levels["C1"]
    assert unseen.models == Tally(not_comparable=1)
    nothing = comparison(pair("negative", "failed")).levels
    assert {each.models for each in nothing.values()} == {Tally(not_comparable=1)}


ACCEPT, REJECT, UNSURE = (
    {"findings": [{"level": level, "verdict": word} for level in ("C2", "C5")]}
    for word in ("accept", "reject", "unsure")
)


@pytest.mark.parametrize(
    ("active", "shadow", "verdict", "of_active", "of_shadow", "reader"),
    [
        ("positive", "negative", ACCEPT, "agree", "disagree", "present"),
        ("positive", "negative", REJECT, "disagree", "agree", "absent"),
        ("positive", "negative", UNSURE, "not_comparable", "not_comparable", "undetermined"),
        ("positive", "partial", ACCEPT, "agree", "not_comparable", None),
        ("negative", "positive", NO_FRACTURE, "agree", "disagree", "absent"),
        ("negative", "failed", NO_FRACTURE, "agree", "not_comparable", None),
        ("partial", "negative", NO_FRACTURE, "not_comparable", "not_comparable", None),
    ],
)
def test_readers_judge_both(
    active: str,
    shadow: str,
    verdict: dict[str, Any],
    of_active: str,
    of_shadow: str,
    reader: str | None,
) -> None:
    found = comparison(pair(active, shadow, verdict))
    assert found.verdicts == 1
    assert found.overall.active == WithReaders(**{of_active: 1})
    assert found.overall.shadow == WithReaders(**{of_shadow: 1})
    named = [each.reader for each in found.disagreements]
    assert named == ([Evaluation(reader)] if reader else [])


def test_a_level_that_the_active_one_did_not_find_is_judged_too() -> None:
    moved = {"findings": [{"level": "C2", "verdict": "accept"}]} | {
        "added": [{"level": "C6", "key_slice_sop_uid": "1.2.3", "box": [1, 2, 3, 4]}]
    }
    levels = comparison(pair("negative", "elsewhere", moved)).levels
    assert levels["C6"].active == WithReaders(disagree=1)
    assert levels["C6"].shadow == WithReaders(agree=1)
    assert levels["C3"].active == levels["C3"].shadow == WithReaders(agree=1)


def test_each_pair_of_models_has_its_own_and_the_newest_come_first() -> None:
    other = ReadBy("older", "1", "d" * 64)
    pairs = [
        pair("positive", "positive", number=1, by=other),
        *(pair("positive", "negative", number=number) for number in (2, 3, 4)),
    ]
    newest, oldest = compare(pairs, disagreements=2)
    assert (newest.active, newest.shadow, oldest.shadow) == (ACTIVE, SHADOW, other)
    assert (newest.series, newest.mean_duration_s, oldest.series) == (3, 3.0, 1)
    assert [each.series_uid for each in newest.disagreements] == ["1.4", "1.3"]
    assert newest.overall.models == Tally(only_active=3)
    assert compare([], disagreements=1) == ()
