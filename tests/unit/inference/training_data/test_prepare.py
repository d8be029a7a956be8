"""From a set to arrays and an index: exactness, bad parts, room, kills."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import nibabel
import numpy as np
import pytest

from inference.errors import DataError, NoRoomError
from inference.phantom.study import PhantomStudy
from inference.training.prepare import nearest_slice, prepare
from inference.training.prepared import PreparedStudy, read_prepared
from inference.training.problems import ProblemKind
from inference.training.slice_labels import slice_shares
from inference.types import LEVELS
from tests.unit.inference.training_data.rsna_sets import SLICES, ExportedSet, phantom


@pytest.fixture(scope="module")
def output(exported: ExportedSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    report = prepare(exported.directory, folder, folds=2)
    assert report.problems == ()
    return folder


def pairs(exported: ExportedSet, output: Path) -> list[tuple[PhantomStudy, PreparedStudy]]:
    prepared = {each.stored.study_uid: each for each in read_prepared(output)}
    assert sorted(prepared) == sorted(each.study_uid for each in exported.studies)
    return [(phantom(each), prepared[each.study_uid]) for each in exported.studies]


def test_volumes_are_the_phantoms_voxel_for_voxel(exported: ExportedSet, output: Path) -> None:
    for made, study in pairs(exported, output):
        np.testing.assert_array_equal(study.hu(), made.hu)
        volume = study.volume()
        np.testing.assert_allclose(volume.affine, made.affine, atol=1e-4)
        assert len({each.sop_instance_uid for each in volume.sources}) == SLICES


def test_masks_are_the_phantoms_voxel_for_voxel(exported: ExportedSet, output: Path) -> None:
    masks = 0
    for (made, study), plan in zip(pairs(exported, output), exported.studies, strict=True):
        mask, shares = study.mask(), study.shares()
        if not plan.mask:
            assert mask is None
            assert shares is None
            continue
        masks += 1
        assert mask is not None
        assert shares is not None
        np.testing.assert_array_equal(mask, made.labels)
        np.testing.assert_allclose(shares, slice_shares(made.labels), atol=1e-4)
        np.testing.assert_array_equal(shares.max(axis=0), np.ones(len(LEVELS)))
    assert masks == 3
    assert {each.feet_first for each in exported.studies if each.mask} == {True, False}


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_mask_with_flipped_axes_is_turned_by_its_affine(
    three: ExportedSet, tmp_path: Path, axes: tuple[int, ...]
) -> None:
    """Stored the other way round, and its affine says so: the same labels, voxel for voxel."""
    image = nibabel.Nifti1Image.from_filename(three.mask(0))
    assert image.affine is not None
    stored = np.asarray(image.dataobj)
    flip = np.eye(4)
    for axis in axes:
        flip[axis, axis], flip[axis, 3] = -1, stored.shape[axis] - 1
    flipped = np.ascontiguousarray(np.flip(stored, axes))
    assert not np.array_equal(flipped, stored)
    nibabel.save(nibabel.Nifti1Image(flipped, image.affine @ flip), three.mask(0))  # type: ignore[no-untyped-call]
    report = prepare(three.directory, tmp_path / "out", folds=2)
    assert report.problems == ()
    uid = three.studies[0].study_uid
    study = next(e for e in read_prepared(tmp_path / "out") if e.stored.study_uid == uid)
    np.testing.assert_array_equal(study.mask(), phantom(three.studies[0]).labels)


def test_labels_and_boxes_are_the_phantoms(exported: ExportedSet, output: Path) -> None:
    marked = 0
    for (made, study), plan in zip(pairs(exported, output), exported.studies, strict=True):
        assert study.levels == tuple(each.level for each in made.fractures)
        expected = [
            (index, tuple(map(float, box)))
            for fracture in made.fractures
            for index, box in enumerate(fracture.boxes, fracture.first_slice)
        ]
        assert [(each.slice_index, each.box) for each in study.boxes] == expected * plan.boxes
        marked += plan.boxes
    assert marked == 2


def test_arrays_are_mapped_and_read_only(output: Path) -> None:
    study = next(each for each in read_prepared(output) if each.shares() is not None)
    for array in (study.hu(), study.mask()):
        assert array is not None
        assert isinstance(array.base, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0, 0] = 0


def test_every_fold_has_studies(output: Path) -> None:
    assert sorted(each.fold for each in read_prepared(output)) == [0, 0, 0, 1, 1, 1]


def test_the_report_counts(exported: ExportedSet, tmp_path: Path) -> None:
    report = prepare(exported.directory, tmp_path / "out", folds=2)
    assert (report.studies, report.already, report.with_mask, report.with_boxes) == (6, 0, 3, 2)
    assert report.fractured == {
        "overall": 4, "C1": 1, "C2": 1, "C3": 0, "C4": 0, "C5": 1, "C6": 2, "C7": 0,
    }  # fmt: skip
    assert report.folds == (3, 3)
    assert report.bytes == 6 * SLICES * 48**2 * 2 + 3 * SLICES * 48**2
    assert json.loads(json.dumps(asdict(report)))["studies"] == 6
    assert all("\n" not in each for each in report.lines)


def test_the_same_set_gives_the_same_index(
    exported: ExportedSet, output: Path, tmp_path: Path
) -> None:
    prepare(exported.copy(tmp_path / "set").directory, tmp_path / "out", folds=2)
    assert (tmp_path / "out" / "index.jsonl").read_bytes() == (output / "index.jsonl").read_bytes()


def test_thinned_series(three: ExportedSet, tmp_path: Path) -> None:
    made = phantom(three.studies[0])
    spacing_mm = -made.affine[2, 2]
    prepare(three.directory, tmp_path / "out", folds=2, thin_to_mm=3.2 * spacing_mm)
    uid = three.studies[0].study_uid
    study = next(e for e in read_prepared(tmp_path / "out") if e.stored.study_uid == uid)
    np.testing.assert_array_equal(study.hu(), made.hu[::3])
    mask, shares = study.mask(), study.shares()
    assert mask is not None
    assert shares is not None
    np.testing.assert_array_equal(mask, made.labels[::3])
    np.testing.assert_allclose(shares, slice_shares(made.labels)[::3], atol=1e-4)
    assert study.volume().spacing_mm[0] == pytest.approx(3 * spacing_mm, abs=1e-3)
    fracture = made.fractures[0]
    for box, index in zip(study.boxes, range(fracture.first_slice, SLICES), strict=False):
        assert abs(3 * box.slice_index - index) < 3
    assert len(study.boxes) == len(fracture.boxes)


@pytest.mark.parametrize(
    ("numbers", "number", "index"),
    [
        ((1, 2, 3), 2, 1), ((3, 2, 1), 3, 0), ((1, 2, 3), 4, None), ((), 1, None),
        ((1, 4, 7), 2, 0), ((1, 4, 7), 6, 2), ((7, 4, 1), 8, 0), ((1, 4, 7), 10, None),
        ((2, 3, 5), 4, None), ((5,), 5, 0), ((5,), 6, None),
    ],
)  # fmt: skip
def test_slices_that_stand_for_those_left_out(
    numbers: tuple[int, ...], number: int, index: int | None
) -> None:
    assert nearest_slice(numbers, number) == index


# What costs a part of a set.


def test_bad_parts_are_reported_and_the_rest_is_used(three: ExportedSet, tmp_path: Path) -> None:
    first, second, third = (each.study_uid for each in three.studies)
    three.mask(0).write_bytes(three.mask(0).read_bytes()[:5000])
    (three.folder(0) / "notes.txt").touch()
    three.edit_table(
        "train_bounding_boxes.csv",
        lambda rows: rows.extend(
            [[second, "1", "1", "5", "5", "999"], [second, "40", "1", "20", "5", "9"]]
        ),
    )
    three.files(2)[1].write_bytes(b"")
    report = prepare(three.directory, tmp_path / "out", folds=2)
    found = sorted((each.study_uid, each.kind) for each in report.problems)
    assert found == sorted(
        [
            (first, ProblemKind.BAD_MASK),
            (first, ProblemKind.STRAY_FILES),
            (second, ProblemKind.BAD_BOX),
            (second, ProblemKind.BAD_BOX),
            (third, ProblemKind.DAMAGED_FILE),
        ]
    )
    assert (report.studies, report.with_mask, report.with_boxes) == (3, 0, 2)
    text = "\n".join(report.lines)
    assert "a box lies on slice 999, which is not there (box left out)" in text
    assert "reaches out of the image" in text
    again = prepare(three.directory, tmp_path / "out", folds=2)
    assert again.problems == report.problems
    assert again.already == 3


def test_a_mask_that_lies_off_is_left_out(three: ExportedSet, tmp_path: Path) -> None:
    image = nibabel.Nifti1Image.from_filename(three.mask(0))
    assert image.affine is not None
    moved = np.diag([1.0, 1, 1, 1])
    moved[2, 3] = 50
    mask = np.asarray(image.dataobj).copy()
    nibabel.save(nibabel.Nifti1Image(mask, moved @ image.affine), three.mask(0))  # type: ignore[no-untyped-call]
    report = prepare(three.directory, tmp_path / "out", folds=2)
    (problem,) = report.problems
    assert problem.kind is ProblemKind.BAD_MASK
    assert "does not cover" in problem.text
    assert report.with_mask == 0


def test_a_mask_of_nothing_is_left_out(three: ExportedSet, tmp_path: Path) -> None:
    image = nibabel.Nifti1Image.from_filename(three.mask(0))
    empty = np.zeros(image.shape, np.uint8)
    nibabel.save(nibabel.Nifti1Image(empty, image.affine), three.mask(0))  # type: ignore[no-untyped-call]
    (problem,) = prepare(three.directory, tmp_path / "out", folds=2).problems
    assert "no cervical vertebra" in problem.text


def test_an_empty_folder(three: ExportedSet, tmp_path: Path) -> None:
    for path in three.files(1).values():
        path.unlink()
    report = prepare(three.directory, tmp_path / "out", folds=2)
    (problem,) = report.problems
    assert problem.kind is ProblemKind.EMPTY_FOLDER
    assert report.studies == 2


def test_too_few_studies_write_nothing(three: ExportedSet, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3 studies of .* too few for 4 folds"):
        prepare(three.directory, tmp_path / "out", folds=4)
    assert not (tmp_path / "out").exists()


def test_too_few_studies_in_the_end_leave_no_index(three: ExportedSet, tmp_path: Path) -> None:
    three.files(0)[9].write_bytes(b"")
    with pytest.raises(DataError, match=r"2 studies of .* too few .*9\.dcm is damaged"):
        prepare(three.directory, tmp_path / "out", folds=3)
    with pytest.raises(DataError, match="holds no finished set"):
        read_prepared(tmp_path / "out")


# Room, other runs, other settings.


def test_a_disk_that_is_too_small(three: ExportedSet, tmp_path: Path) -> None:
    with pytest.raises(NoRoomError, match=r"0\.0 GB are needed and 1000000000\.0 GB must stay"):
        prepare(three.directory, tmp_path / "out", folds=2, leave_free_bytes=10**18)
    assert not (tmp_path / "out").exists()


def test_a_write_that_fails_leaves_nothing_half_written(three: ExportedSet, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(DataError, match="cannot be written: File too large") as refusal:
            prepare(three.directory, tmp_path / "out", folds=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(refusal.value)
    left = [each.name for each in (tmp_path / "out").rglob("*") if each.is_file()]
    assert left == ["journal.jsonl"]
    assert prepare(three.directory, tmp_path / "out", folds=2).already == 0


def test_a_folder_that_holds_something_else(three: ExportedSet, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds something else"):
        prepare(three.directory, three.directory, folds=2)


def test_a_folder_that_cannot_be_made(three: ExportedSet) -> None:
    with pytest.raises(DataError, match="cannot be"):
        prepare(three.directory, three.directory / "train.csv" / "out", folds=2)


def test_other_settings(three: ExportedSet, tmp_path: Path) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)
    with pytest.raises(DataError, match="other settings"):
        prepare(three.directory, tmp_path / "out", folds=2, thin_to_mm=5)


def test_files_that_changed_are_prepared_again(three: ExportedSet, tmp_path: Path) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)
    three.mask(0).unlink()
    report = prepare(three.directory, tmp_path / "out", folds=2)
    assert (report.already, report.with_mask) == (2, 0)


def test_labels_that_changed_need_no_new_arrays(three: ExportedSet, tmp_path: Path) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)

    def heal(rows: list[list[str]]) -> None:
        rows[1][1:] = ["0"] * 8

    three.edit_table("train.csv", heal)
    report = prepare(three.directory, tmp_path / "out", folds=2)
    assert report.already == 3
    assert report.fractured["overall"] == 1


def damage(path: Path) -> None:
    """Rename a key in the first study's line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace('"shape"', '"form"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_damaged_journal(three: ExportedSet, tmp_path: Path) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)
    damage(tmp_path / "out" / "journal.jsonl")
    with pytest.raises(DataError, match=r"journal\.jsonl is damaged"):
        prepare(three.directory, tmp_path / "out", folds=2)


def test_a_damaged_index(three: ExportedSet, tmp_path: Path) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)
    damage(tmp_path / "out" / "index.jsonl")
    with pytest.raises(DataError, match=r"index\.jsonl is damaged"):
        read_prepared(tmp_path / "out")


def test_an_array_that_is_not_what_the_index_says(three: ExportedSet, tmp_path: Path) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)
    study = read_prepared(tmp_path / "out")[0]
    path = tmp_path / "out" / "volumes" / f"{study.stored.study_uid}.npy"
    np.save(path, np.zeros((2, 2, 2), np.int16))
    with pytest.raises(DataError, match="is not what the index says"):
        study.hu()
    path.unlink()
    with pytest.raises(DataError, match="missing or damaged"):
        study.hu()


# A run that is killed, and another at the same time.

CHILD = """
import sys
from pathlib import Path
from inference.training.prepare import prepare

def wait_after_one_study(what, done, of):
    if what == "preparing" and done:
        print("one study is done", flush=True)
        sys.stdin.read()

prepare(Path(sys.argv[1]), Path(sys.argv[2]), folds=2, on_progress=wait_after_one_study)
"""


def start_and_halt(directory: Path, output: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(directory), str(output)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "one study is done\n"
    return child


def test_a_killed_run_goes_on_where_it_stopped(
    exported: ExportedSet, output: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    with start_and_halt(exported.directory, target) as child:
        with pytest.raises(DataError, match="Another run prepares"):
            prepare(exported.directory, target, folds=2)
        child.kill()
    with pytest.raises(DataError, match="holds no finished set"):
        read_prepared(target)
    (done,) = (target / "volumes").iterdir()
    before = done.stat()
    # What a kill in the middle of a write leaves.
    (target / "volumes" / "1.2.3.npy.partial").write_bytes(b"half")
    with (target / "journal.jsonl").open("a") as journal:
        journal.write('{"stored": {"study_uid": "1.2')
    report = prepare(exported.directory, target, folds=2)
    assert (report.studies, report.already) == (6, 1)
    after = done.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    for name in ("index.jsonl", "journal.jsonl"):
        assert (target / name).read_bytes() == (output / name).read_bytes()
    names = {str(each.relative_to(target)) for each in target.rglob("*")}
    assert names == {str(each.relative_to(output)) for each in output.rglob("*")}


def test_a_kill_of_the_repair_of_a_finished_set_leaves_it_unfinished(
    three: ExportedSet, tmp_path: Path
) -> None:
    prepare(three.directory, tmp_path / "out", folds=2)
    for order in range(3):
        os.utime(three.files(order)[1])
    with start_and_halt(three.directory, tmp_path / "out") as child:
        child.kill()
    with pytest.raises(DataError, match="holds no finished set"):
        read_prepared(tmp_path / "out")


# The command.

COMMAND = """
import typer
from inference.training.prepare_command import prepare_command
typer.run(prepare_command)
"""


def test_the_command_prints_the_report(three: ExportedSet, tmp_path: Path) -> None:
    shutil.rmtree(three.folder(2))
    arguments = [str(three.directory), "--output", str(tmp_path / "out"), "--folds", "2"]
    for extra in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *arguments, *extra],
            capture_output=True,
            text=True,
            check=True,
        )
        if extra:
            assert json.loads(done.stdout)["already"] == 2
        else:
            assert "2 studies prepared, 0 of them by an earlier run" in done.stdout
            assert "has no such folder (study left out)" in done.stdout
