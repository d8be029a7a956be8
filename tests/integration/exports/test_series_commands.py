"""``cspine-node series show --report`` and ``series export`` as a user types them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from storage import audit, deliveries
from storage.records import Piece
from tests.integration.exports.conftest import Node, Run, uid_in

VERDICT = {
    "findings": [
        {"level": "C2", "verdict": "reject", "changed_level": None, "comment": ""},
        {"level": "C5", "verdict": "accept", "changed_level": None, "comment": "sicher"},
    ],
    "added": [],
    "absent_levels": [],
    "no_finding": False,
    "comment": "",
}


def test_the_reports_are_told_from_their_files(node: Node, run: Run) -> None:
    record = node.analyse()
    verified = node.judge(record, VERDICT)
    shown = run("series", "show", record.series_uid, "--report")
    assert (shown.returncode, shown.stderr) == (0, "")
    for words in (
        "Imaging Measurement Report",
        "C5 vertebra: Fracture PRESENT, probability 0.9712",
        "C1 vertebra: Fracture ABSENT",
        "Verification: UNVERIFIED",
        "Verification: VERIFIED",
        "Verified by Reader^Änne, Hospital",
        "research use only",
    ):
        assert words in shown.stdout
    assert "PID-7" not in shown.stdout
    machine, reader = json.loads(
        run("series", "show", record.series_uid, "--report", "--json").stdout
    )
    assert (machine["piece"], reader["piece"]) == ("report", "verdict")
    assert reader["sop_instance_uid"] == verified.sop_instance_uid
    assert len(machine["groups"]) == 8


def test_a_series_without_a_report_says_why(node: Node, run: Run) -> None:
    record = node.refuse("1.2.77")
    shown = run("series", "show", record.series_uid, "--report")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "not_analysed because localizer" in shown.stderr


def test_a_result_set_is_exported_with_its_digests(node: Node, run: Run, tmp_path: Path) -> None:
    record = node.analyse()
    node.judge(record, VERDICT)
    folder = tmp_path / "new" / "set"
    done = run("series", "export", record.series_uid, str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    entry = audit.entries(node.database)[-1]
    assert (entry.action, entry.object) == ("series.exported", record.series_uid)
    manifest = json.loads((folder / "manifest.json").read_text())
    names = [each["name"] for each in manifest["files"]]
    assert names == [
        "report-1.dcm",
        "key-objects-1.dcm",
        "verdict-1.dcm",
        "result.json",
        "verdicts.json",
    ]
    assert {path.name for path in folder.iterdir()} == {*names, "manifest.json"}
    for each in manifest["files"]:
        assert hashlib.sha256((folder / each["name"]).read_bytes()).hexdigest() == each["sha256"]
        if "sop_instance_uid" in each:
            assert uid_in(folder / each["name"]) == each["sop_instance_uid"]
    assert json.loads((folder / "result.json").read_text()) == record.result
    (verdict,) = json.loads((folder / "verdicts.json").read_text())
    assert (verdict["document"], verdict["file"]) == (VERDICT, "verdict-1.dcm")


def test_a_series_that_was_not_analysed_is_exported_as_that(
    node: Node, run: Run, tmp_path: Path
) -> None:
    record = node.refuse("1.2.77")
    folder = tmp_path / "set"
    folder.mkdir()
    assert run("series", "export", record.series_uid, str(folder)).returncode == 0
    result = json.loads((folder / "result.json").read_text())
    assert (result["status"], result["reason"]["code"]) == ("not_analysed", "localizer")
    assert "Not a negative result" in result["coverage"]


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "nonsense"])
def test_a_damaged_object_leaves_nothing_half_written(
    node: Node, run: Run, tmp_path: Path, damage: str
) -> None:
    record = node.analyse()
    objects = {each.piece: each for each in deliveries.objects_of(node.database, record.id)}
    path = objects[Piece.KEY_OBJECTS].path
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "other":
        path.write_bytes(objects[Piece.REPORT].path.read_bytes())
    else:
        path.write_bytes(b"\0" * 5000)
    before = sorted(tmp_path.iterdir())
    done = run("series", "export", record.series_uid, str(tmp_path / "set"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert path.name in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_with_something_in_it_is_left_alone(node: Node, run: Run, tmp_path: Path) -> None:
    record = node.analyse()
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    for target in (folder, folder / "mine.txt"):
        done = run("series", "export", record.series_uid, str(target))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_series_that_still_waits_has_nothing_to_export(
    node: Node, run: Run, tmp_path: Path
) -> None:
    node.receive("1.2.78")
    done = run("series", "export", "1.2.78", str(tmp_path / "set"))
    assert (done.returncode, "no result yet" in done.stderr) == (1, True)
    assert not (tmp_path / "set").exists()
