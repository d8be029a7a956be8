"""``cspine-node results export`` as a user types it."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

from inference.types import LEVELS
from storage import audit
from storage.records import SeriesState
from tests.integration.exports.conftest import Node, Run
from tests.integration.exports.test_series_commands import VERDICT
from tests.unit.reports.cases import FRACTURED, INTACT, PARTIAL


def table(run: Run, path: Path, *more: str) -> list[dict[str, str]]:
    done = run("results", "export", "--output", str(path), *more)
    assert (done.returncode, done.stderr) == (0, "")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def fill(node: Node) -> None:
    """A positive with a verdict, a negative, one in part, one that was refused, one that waits."""
    node.judge(node.analyse(FRACTURED, "1.2.11", study_uid="1.2.1"), VERDICT)
    node.analyse(INTACT, "1.2.12", study_uid="1.2.2", study_date=None)
    node.analyse(PARTIAL, "1.2.13", study_uid="1.2.3", patient_id="PID-8")
    node.refuse("1.2.14", code="=cmd|'/c calc'!A0", patient_id="")
    node.receive("1.2.15", patient_id="")


def test_one_row_a_reading_and_nothing_unanalysed_looks_negative(
    node: Node, run: Run, tmp_path: Path
) -> None:
    fill(node)
    positive, negative, partial, refused, waiting = table(run, tmp_path / "a.csv")
    assert audit.entries(node.database)[-1].action == "results.exported"
    outcomes = [row["outcome"] for row in (positive, negative, partial, refused, waiting)]
    assert outcomes == ["positive", "negative", "positive", "not_analysed", "pending"]
    assert positive["findings"] == "C2 C5"
    assert float(positive["C5_probability"]) == FRACTURED["C5"]
    assert (negative["findings"], negative["not_assessed"]) == ("", "")
    assert {negative[f"{level}_machine"] for level in LEVELS} == {"absent"}
    assert (partial["C1_probability"], partial["C1_machine"]) == ("", "undetermined")
    assert partial["not_assessed"] == "C1 C7"
    for row in (refused, waiting):
        assert row["not_assessed"] == " ".join(LEVELS)
        assert {row[f"{level}_coverage"] for level in LEVELS} == {"not_analysed"}
        assert {row[f"{level}_machine"] for level in LEVELS} == {"undetermined"}
    assert refused["reason_code"].startswith("'=cmd")
    assert (positive["study_year"], negative["study_year"]) == ("2026", "")
    assert positive["patient_key"] == negative["patient_key"] != partial["patient_key"]
    assert refused["patient_key"] == waiting["patient_key"]  # no id, but the same study
    assert "agreement" not in positive


def test_nothing_names_a_patient_and_keys_are_the_same_every_time(
    node: Node, run: Run, tmp_path: Path
) -> None:
    fill(node)
    first = table(run, tmp_path / "a.csv", "--with-verdicts")
    second = table(run, tmp_path / "b.csv", "--with-verdicts")
    assert first == second
    text = (tmp_path / "a.csv").read_text()
    study_uids = [str(node.sources[0].StudyInstanceUID), "1.2.1", "1.2.11", "2026-01"]
    for secret in ("Müller", "PID-", "A1023", "CT HWS", "Reader", "SCANNER", "sicher", *study_uids):
        assert secret not in text
    key = node.data_dir.root / "research.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600
    key.unlink()
    other = table(run, tmp_path / "c.csv")
    assert other[0]["patient_key"] != first[0]["patient_key"]


def test_verdicts_stand_beside_the_machine(node: Node, run: Run, tmp_path: Path) -> None:
    fill(node)
    path = tmp_path / "a.json"
    done = run("results", "export", "--format", "json", "--with-verdicts", "--output", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    rows: list[dict[str, Any]] = json.loads(path.read_text())
    judged, other, *_ = rows
    assert (judged["verdicts"], judged["agreement"]) == (1, "disagree")
    assert (judged["C2_verdict"], judged["C2_agreement"]) == ("reject", "disagree")
    assert (judged["C5_verdict"], judged["C5_agreement"]) == ("accept", "agree")
    assert (judged["C3_verdict"], judged["C3_reader"]) == ("nothing", "absent")
    assert (other["verdicts"], other["agreement"], other["C2_reader"]) == (
        0,
        "no_verdict",
        "no_verdict",
    )
    assert rows[3]["C1_probability"] is None


def test_days_narrow_the_table(node: Node, run: Run, tmp_path: Path) -> None:
    node.analyse(INTACT, "1.2.12")
    today = node.database.now().date().isoformat()
    assert len(table(run, tmp_path / "a.csv", "--since", today, "--until", today)) == 1
    assert table(run, tmp_path / "b.csv", "--until", "2020-01-01") == []
    assert table(run, tmp_path / "c.csv", "--since", "2999-01-01") == []


def test_a_file_that_is_there_and_a_key_that_is_damaged_are_left_alone(
    node: Node, run: Run, tmp_path: Path
) -> None:
    there = tmp_path / "a.csv"
    there.write_text("mine")
    done = run("results", "export", "--output", str(there))
    assert (done.returncode, there.read_text()) == (1, "mine")
    key = node.data_dir.root / "research.key"
    for content, mode, words in (("short", 0o600, "damaged"), ("ab" * 32, 0o644, "open to others")):
        key.write_text(content)
        key.chmod(mode)
        done = run("results", "export", "--output", str(tmp_path / "b.csv"))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert words in done.stderr
        assert not (tmp_path / "b.csv").exists()


def test_a_superseded_reading_is_not_counted_twice(node: Node, run: Run, tmp_path: Path) -> None:
    record = node.analyse(FRACTURED, "1.2.12")
    node.receive_late("1.2.12")
    assert node.state_of(record) is SeriesState.SUPERSEDED
    (row,) = table(run, tmp_path / "a.csv")
    assert (row["generation"], row["outcome"], row["C5_probability"]) == ("2", "pending", "")
