"""The tables of a set and what they name: what raises, and what costs one study."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from inference.errors import DataError
from inference.training.problems import LEFT_OUT, Problem, ProblemKind
from inference.training.rsna import Box, read_set
from tests.unit.inference.training_data.rsna_sets import ExportedSet, phantom

Rows = list[list[str]]


def kinds(problems: tuple[Problem, ...]) -> list[tuple[str, ProblemKind]]:
    return [(each.study_uid, each.kind) for each in problems]


def test_every_kind_of_problem_costs_something() -> None:
    assert set(LEFT_OUT) == set(ProblemKind)


def test_a_whole_set(exported: ExportedSet) -> None:
    found = read_set(exported.directory)
    assert found.problems == ()
    assert [each.study_uid for each in found.studies] == sorted(
        each.study_uid for each in exported.studies
    )
    made = {each.study_uid: each for each in exported.studies}
    for study in found.studies:
        plan = made[study.study_uid]
        assert study.levels == plan.levels
        assert (study.mask is not None, bool(study.boxes)) == (plan.mask, plan.boxes)


def test_boxes_are_read_with_their_numbers(three: ExportedSet) -> None:
    fracture = phantom(three.studies[0]).fractures[0]
    study = next(
        each
        for each in read_set(three.directory).studies
        if each.study_uid == three.studies[0].study_uid
    )
    assert study.boxes == tuple(
        Box(index + 1, *map(float, box))
        for index, box in enumerate(fracture.boxes, fracture.first_slice)
    )


def test_boxes_and_masks_may_be_missing(three: ExportedSet) -> None:
    (three.directory / "train_bounding_boxes.csv").unlink()
    shutil.rmtree(three.directory / "segmentations")
    found = read_set(three.directory)
    assert (len(found.studies), found.problems) == (3, ())
    assert not any(each.mask or each.boxes for each in found.studies)


def test_further_columns_and_a_byte_order_mark_do_not_matter(three: ExportedSet) -> None:
    def add_column(rows: Rows) -> None:
        for row in rows:
            row.append("further")

    before = read_set(three.directory)
    for name in ("train.csv", "train_bounding_boxes.csv"):
        three.edit_table(name, add_column)
        path = three.directory / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_set(three.directory) == before


def set_cell(row: int, column: int, value: str) -> Callable[[Rows], object]:
    def change(rows: Rows) -> None:
        rows[row][column] = value

    return change


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("train.csv", lambda rows: [each.pop(4) for each in rows], "lacks the column C3"),
        ("train.csv", lambda rows: rows.clear(), "lacks the column StudyInstanceUID, patient_"),
        ("train.csv", lambda rows: rows.__delitem__(slice(1, None)), "lists no study"),
        (
            "train.csv",
            lambda rows: [each.append(each[1]) for each in rows],
            "patient_overall twice",
        ),
        ("train.csv", set_cell(2, 3, "yes"), "line 3: C2 is neither 0 nor 1"),
        ("train.csv", lambda rows: rows[2].pop(), "line 3: C7 is neither 0 nor 1"),
        ("train.csv", set_cell(1, 0, "../../etc"), "line 2: the StudyInstanceUID is no UID"),
        ("train.csv", set_cell(1, 0, ""), "line 2: the StudyInstanceUID is no UID"),
        ("train.csv", lambda rows: rows.append(rows[1]), "line 5: .* is there twice"),
        (
            "train_bounding_boxes.csv",
            lambda rows: [each.pop() for each in rows],
            "lacks the column slice_number",
        ),
        ("train_bounding_boxes.csv", set_cell(1, 0, "Miller"), "line 2: .* is no UID"),
    ],
)
def test_a_table_that_cannot_be_understood(
    three: ExportedSet, name: str, change: Callable[[Rows], object], says: str
) -> None:
    three.edit_table(name, change)
    with pytest.raises(DataError, match=says) as refusal:
        read_set(three.directory)
    assert "\n" not in str(refusal.value)
    assert name in str(refusal.value)


@pytest.mark.parametrize("name", ["train.csv", "train_bounding_boxes.csv"])
@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"\xff\xfe\x00\x01",
        lambda _: b'"' + b"x" * 200_000,
        lambda before: before.decode().encode("utf-16"),
        lambda before: before.replace(b"\n", b",caf\xe9\n"),
        lambda before: before.replace(b"\n", b"\0\n"),
        lambda before: before.replace(b",", b";"),
    ],
)
def test_no_table_in_utf_8(three: ExportedSet, name: str, change: Callable[[bytes], bytes]) -> None:
    path = three.directory / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError) as refusal:
        read_set(three.directory)
    assert str(refusal.value).startswith(name)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["train.csv", "train_images"])
def test_no_such_set(three: ExportedSet, name: str) -> None:
    (three.directory / name).rename(three.directory / "elsewhere")
    with pytest.raises(DataError, match=name):
        read_set(three.directory)


def test_a_study_without_images(three: ExportedSet) -> None:
    shutil.rmtree(three.folder(1))
    found = read_set(three.directory)
    assert kinds(found.problems) == [(three.studies[1].study_uid, ProblemKind.NO_IMAGES)]
    assert len(found.studies) == 2


def test_a_study_without_labels(three: ExportedSet) -> None:
    three.edit_table("train.csv", lambda rows: rows.pop(1))
    found = read_set(three.directory)
    uid = three.studies[0].study_uid
    assert kinds(found.problems) == [
        (uid, ProblemKind.NO_LABELS),
        (uid, ProblemKind.STRAY_MASK),
        (uid, ProblemKind.STRAY_BOXES),
    ]
    assert len(found.studies) == 2


def test_a_name_that_may_be_a_patients_is_not_shown(three: ExportedSet) -> None:
    (three.directory / "train_images" / "Miller^Anna").mkdir()
    (problem,) = read_set(three.directory).problems
    assert problem.kind is ProblemKind.NO_LABELS
    assert "Miller" not in problem.line


def test_files_of_the_finder_do_not_matter(three: ExportedSet) -> None:
    (three.directory / "train_images" / ".DS_Store").touch()
    (three.directory / "segmentations" / "._1.2.3.nii").touch()
    assert read_set(three.directory).problems == ()


@pytest.mark.parametrize("ending", ["20574", "29952"])
def test_known_bad_studies(three: ExportedSet, ending: str) -> None:
    uid = f"1.2.826.0.1.3680043.{ending}"
    three.folder(2).rename(three.folder(2).with_name(uid))
    three.edit_table("train.csv", set_cell(3, 0, uid))
    found = read_set(three.directory)
    assert kinds(found.problems) == [(uid, ProblemKind.KNOWN_BAD)]
    assert len(found.studies) == 2


@pytest.mark.parametrize(("row", "overall"), [(1, "0"), (3, "1")])
def test_labels_that_contradict_each_other(three: ExportedSet, row: int, overall: str) -> None:
    three.edit_table("train.csv", set_cell(row, 1, overall))
    found = read_set(three.directory)
    uid = three.studies[row - 1].study_uid
    assert kinds(found.problems) == [(uid, ProblemKind.CONTRADICTORY_LABELS)]


def test_boxes_of_an_intact_study(three: ExportedSet) -> None:
    uid = three.studies[2].study_uid
    three.edit_table(
        "train_bounding_boxes.csv", lambda rows: rows.append([uid, "1", "2", "3", "4", "5"])
    )
    found = read_set(three.directory)
    assert kinds(found.problems) == [(uid, ProblemKind.STRAY_BOXES)]
    assert len(found.studies) == 3


@pytest.mark.parametrize(
    "row",
    [["1", "2", "3", "4", ""], ["1", "2", "3", "4", "5.5"], ["1", "2", "0", "4", "5"],
     ["nan", "2", "3", "4", "5"], ["1", "2", "3", "-4", "5"], ["1", "2", "inf", "4", "5"]],
)  # fmt: skip
def test_a_row_that_is_no_box(three: ExportedSet, row: list[str]) -> None:
    uid = three.studies[1].study_uid
    three.edit_table("train_bounding_boxes.csv", lambda rows: rows.append([uid, *row]))
    assert kinds(read_set(three.directory).problems) == [(uid, ProblemKind.BAD_BOX)]


def test_a_box_that_is_there_twice_counts_once(three: ExportedSet) -> None:
    before = read_set(three.directory)
    three.edit_table("train_bounding_boxes.csv", lambda rows: rows.append(rows[1]))
    found = read_set(three.directory)
    assert found.studies == before.studies
    (problem,) = found.problems
    assert problem.kind is ProblemKind.BAD_BOX
    assert "repeats a box" in problem.text
