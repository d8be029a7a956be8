"""Studies whose truth is known: made ahead, kept, and taken from where they are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.errors import DataError
from inference.phantom.spec import PhantomSpec, choose
from inference.phantom.study import make_study
from inference.training.phantom_cohort import PhantomCase, made_ahead, phantom_cases
from inference.training.traits import age_band, noise_hu, slice_distance_band
from inference.training.truth import META, TrueStudy

SMALL = {"matrix": 64, "slices": 60}


@pytest.fixture(scope="module")
def fractured() -> TrueStudy:
    """The first seed with two fractured levels or more."""
    seeds = range(100000, 100100)
    seed = next(each for each in seeds if len(choose(PhantomSpec(each))) > 1)
    return PhantomCase(seed, True, **SMALL).make()


def test_truth_is_the_phantoms(fractured: TrueStudy) -> None:
    truth = fractured.truth
    study = make_study(PhantomSpec(int(truth.name), None, 60, 64))
    assert truth.spine
    assert np.array_equal(fractured.volume.hu, study.hu)
    assert truth.types == {each.level: each.type.value for each in study.fractures}
    assert truth.fractured.sum() == len(study.fractures)
    first = study.fractures[0]
    own = [each for each in truth.boxes if each.level == first.level]
    assert [each.slice_index for each in own] == list(
        range(first.first_slice, first.last_slice + 1)
    )
    assert tuple(each.box for each in own) == first.boxes
    assert truth.traits["age"] == age_band(study.age)
    hardware = any(each.kind.value == "hardware" for each in study.confounders)
    assert truth.traits["hardware"] == ("yes" if hardware else "no")


def test_a_study_is_what_it_was_saved_as(fractured: TrueStudy, tmp_path: Path) -> None:
    fractured.save(tmp_path / "one")
    again = TrueStudy.open(tmp_path / "one")
    assert again.truth == fractured.truth
    assert again.volume.sources == fractured.volume.sources
    assert np.array_equal(again.volume.affine, fractured.volume.affine)
    assert again.mask is not None
    assert fractured.mask is not None
    assert np.array_equal(again.mask, fractured.mask)
    assert [each.name for each in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("damage", ["{", '{"format": 0}', '{"format": 1}'])
def test_a_damaged_study_is_refused(fractured: TrueStudy, tmp_path: Path, damage: str) -> None:
    fractured.save(tmp_path / "one")
    (tmp_path / "one" / META).write_text(damage, encoding="utf-8")
    with pytest.raises(DataError, match="delete it"):
        TrueStudy.open(tmp_path / "one")


def test_slices_lie_one_to_three_millimetres_apart() -> None:
    distances = [
        PhantomCase(seed, True, 32).make().volume.spacing_mm[0] for seed in (100000, 100007)
    ]
    assert all(0.8 < each < 3.4 for each in distances)
    assert distances[0] != distances[1]


def test_a_crack_between_the_slices_gets_more_of_them() -> None:
    enough, too_few = (PhantomCase(seed, True, 32, slices=8).make() for seed in (100008, 100004))
    assert len(enough.volume.hu) == 8
    assert len(too_few.volume.hu) > 8
    for study in (enough, too_few):
        assert {each.level for each in study.truth.boxes} == set(study.truth.levels) != set()


def test_volumes_without_a_spine_follow_and_have_no_mask() -> None:
    cases = phantom_cases(range(100000, 100002), negatives=2, **SMALL)
    assert [(each.seed, each.spine) for each in cases] == [
        (100000, True), (100001, True), (100002, False), (100003, False),
    ]  # fmt: skip
    other = cases[2].make()
    assert not other.truth.spine
    assert other.truth.levels == ()
    assert other.mask is None


def test_kept_studies_are_made_once(tmp_path: Path) -> None:
    cases = phantom_cases(range(100000, 100002), negatives=1, **SMALL)
    with made_ahead(cases, workers=1, kept=tmp_path) as studies:
        first = list(studies)
    stamps = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("hu.npy")}
    assert len(stamps) == 3
    removed = next(iter(tmp_path.glob("spine-100001-*")))
    for each in removed.iterdir():
        each.unlink()
    removed.rmdir()
    with made_ahead(cases, workers=1, kept=tmp_path) as studies:
        again = list(studies)
    for one, other in zip(first, again, strict=True):
        assert one.truth == other.truth
        assert np.array_equal(one.volume.hu, other.volume.hu)
    new = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("hu.npy")}
    assert [each.parent.name[:12] for each in stamps if new[each] != stamps[each]] == [
        "spine-100001"
    ]


def test_studies_that_are_not_kept_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with made_ahead(phantom_cases(range(100000, 100001), negatives=1, **SMALL), workers=1) as made:
        assert [each.truth.spine for each in made] == [True, False]
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(DataError, match="cannot be written"),
        made_ahead((), workers=1, kept=tmp_path / "file" / "below"),
    ):
        pytest.fail("it was opened")


def test_noise_is_measured_through_edges() -> None:
    rng = np.random.default_rng(0)
    scene = np.where(np.add.outer(np.arange(128), np.arange(128)) % 64 < 48, 40.0, 900.0)
    hu = np.rint(scene + rng.normal(0, 20, (12, 128, 128))).astype(np.int16)
    assert noise_hu(hu) == pytest.approx(20, rel=0.1)
    assert noise_hu(np.full((3, 16, 16), -1000, np.int16)) == 0.0


def test_bands_meet() -> None:
    assert [slice_distance_band(each) for each in (1.49, 1.5, 2.25)] == [
        "below 1.5 mm", "1.5 to 2.25 mm", "2.25 mm and more",
    ]  # fmt: skip
