"""Anatomy and determinism of the procedural phantom, measured on what it gives out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from inference.phantom.fractures import FractureType
from inference.phantom.negatives import NegativeKind
from inference.phantom.study import (
    FractureSpec,
    PhantomSpec,
    PhantomStudy,
    choose,
    make_negative,
    make_study,
)
from inference.types import LEVELS

SUBAXIAL = (3, 4, 5, 6, 7)


@pytest.fixture(scope="module")
def intact() -> tuple[PhantomStudy, ...]:
    return tuple(make_study(PhantomSpec(seed, (), slices=150, matrix=224)) for seed in range(4))


def same(a: PhantomStudy, b: PhantomStudy) -> bool:
    return a.hu.tobytes() == b.hu.tobytes() and a.labels.tobytes() == b.labels.tobytes()


def test_the_same_specification_gives_the_same_bytes() -> None:
    spec = PhantomSpec(8, (FractureSpec("C5"),), slices=40, matrix=96)
    first, second = make_study(spec), make_study(spec)
    assert same(first, second)
    assert first.affine.tobytes() == second.affine.tobytes()
    assert first.fractures == second.fractures


def test_another_seed_is_another_patient() -> None:
    a, b = (make_study(PhantomSpec(seed, (), slices=40, matrix=96)) for seed in (1, 2))
    assert not same(a, b)


def test_the_matrix_changes_the_pixels_not_the_anatomy() -> None:
    fine, coarse = (make_study(PhantomSpec(3, (), 60, matrix)) for matrix in (256, 128))
    for number in range(1, 10):
        volumes = [
            np.count_nonzero(study.labels == number) * study.affine[0, 0] ** 2
            for study in (fine, coarse)
        ]
        assert volumes[1] == pytest.approx(volumes[0], rel=0.12)


def test_volume_is_axial_from_head_to_foot_in_lps(intact: tuple[PhantomStudy, ...]) -> None:
    volume = intact[0].to_volume("2.25.99")
    assert volume.hu.dtype == np.int16
    assert volume.hu.shape == (150, 224, 224)
    assert len({source.sop_instance_uid for source in volume.sources}) == 150
    assert volume.series_uid == "2.25.99"
    np.testing.assert_array_equal(np.sign(np.diag(volume.affine)), [1, 1, -1, 1])
    assert 0.7 < volume.spacing_mm[1] < 1.0


def test_levels_lie_in_order_from_head_to_foot(intact: tuple[PhantomStudy, ...]) -> None:
    for study in intact:
        assert set(np.unique(study.labels)) == set(range(10))
        centres = [np.argwhere(study.labels == n)[:, 0].mean() for n in range(1, 10)]
        assert centres == sorted(centres)


def test_coverage_runs_from_the_skull_base_to_t2(intact: tuple[PhantomStudy, ...]) -> None:
    for study in intact:
        span_mm = -study.affine[2, 2] * (len(study.hu) - 1)
        assert 155 < span_mm < 225
        seen = np.flatnonzero((study.labels > 0).any(axis=(1, 2)))
        assert seen[0] * -study.affine[2, 2] > 5  # skull above the highest vertebra
        assert (study.labels == 9).any()


def body_mm(study: PhantomStudy, number: int) -> tuple[float, float]:
    """(depth, height) of a body in the mid-sagittal plane, along its own axes."""
    pixel, slice_mm = study.affine[0, 0], -study.affine[2, 2]
    at = np.argwhere(study.labels == number)
    plane = study.labels[:, :, round(float(at[:, 2].mean()))] == number
    parts = np.asarray(ndimage.label(plane)[0])
    slices, rows = np.nonzero(plane)
    first = int(np.argmin(rows))
    points: NDArray[np.float64] = np.argwhere(parts == parts[slices[first], rows[first]]) * [
        slice_mm,
        pixel,
    ]
    spread, axes = np.linalg.eigh(np.cov(points.T))
    sides = np.sqrt(12 * spread)  # of a rectangle
    deep = int(np.argmax(np.abs(axes[1])))
    return float(sides[deep]), float(sides[1 - deep])


def test_bodies_have_the_published_size(intact: tuple[PhantomStudy, ...]) -> None:
    """AP 14.6 ± 2.1 mm, height 10.0 ± 1.4 in front to 11.1 ± 1.4 mm behind; two SD each."""
    sizes = np.array([body_mm(study, number) for study in intact for number in SUBAXIAL])
    assert np.all(np.abs(sizes[:, 0] - 14.6) < 2 * 2.1)
    assert np.all((sizes[:, 1] > 10.0 - 2 * 1.4) & (sizes[:, 1] < 11.1 + 2 * 1.4))
    assert abs(sizes[:, 0].mean() - 14.6) < 1.5
    assert abs(sizes[:, 1].mean() - 10.6) < 1.0


def test_the_canal_is_open_and_has_the_published_size(intact: tuple[PhantomStudy, ...]) -> None:
    """C4: 12.8 ± 1.5 mm deep, from the body to the lamina in the midline."""
    depths = []
    for study in intact:
        at = np.argwhere(study.labels == 4)
        column = round(float(at[:, 2].mean()))
        gaps = []
        for index in range(int(at[:, 0].min()), int(at[:, 0].max())):
            rows = np.flatnonzero(study.labels[index, :, column] == 4)
            if rows.size > 1:
                gaps.append((int(np.diff(rows).max()) - 1) * study.affine[0, 0])
        depths.append(min(gap for gap in gaps if gap > 5))
    assert np.all(np.abs(np.array(depths) - 12.8) < 2 * 1.5 + 0.8)  # and a pixel


def test_the_atlas_has_no_body_and_the_dens_stands_in_it(intact: tuple[PhantomStudy, ...]) -> None:
    for study in intact:
        middle = round(float(np.argwhere(study.labels == 1)[:, 0].mean()))
        dens = np.argwhere(study.labels[middle] == 2)
        ring = np.argwhere(study.labels[middle] == 1)
        assert len(dens)
        assert np.all(dens.min(axis=0) > ring.min(axis=0))
        assert np.all(dens.max(axis=0) < ring.max(axis=0))


def test_bone_is_denser_than_soft_tissue_and_cortex_than_marrow(
    intact: tuple[PhantomStudy, ...],
) -> None:
    for study in intact:
        inner = ndimage.binary_erosion(study.labels == 5, iterations=3)
        shell = (study.labels == 5) & ~ndimage.binary_erosion(study.labels == 5)
        assert 120 < study.hu[inner].mean() < 480
        assert study.hu[shell].mean() > study.hu[inner].mean() + 80


def test_fractures_by_the_seed_follow_the_prevalences_of_rsna() -> None:
    """Patient level 47.4 %; C7 19.4 % down to C3 3.6 %."""
    found = [choose(PhantomSpec(seed)) for seed in range(3000)]
    levels = Counter(level for each in found for level in each)
    assert sum(1 for each in found if each) / 3000 == pytest.approx(0.474, abs=0.03)
    assert levels["C7"] / 3000 == pytest.approx(0.194, abs=0.03)
    assert levels["C3"] / 3000 == pytest.approx(0.036, abs=0.02)
    assert set(levels) == set(LEVELS)


@pytest.mark.parametrize("spec", [{"seed": -1}, {"seed": 1, "slices": 1}, {"seed": 1, "matrix": 8}])
def test_impossible_specifications_are_refused(spec: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="phantom needs"):
        PhantomSpec(**spec)  # type: ignore[arg-type]


def test_a_fracture_must_fit_its_level() -> None:
    with pytest.raises(ValueError, match="C1 has no teardrop"):
        FractureSpec("C1", FractureType.TEARDROP)
    with pytest.raises(ValueError, match="not a cervical level"):
        FractureSpec("T1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one fracture per level"):
        PhantomSpec(1, (FractureSpec("C2"), FractureSpec("C2")))


@pytest.mark.parametrize("kind", list(NegativeKind))
def test_negatives_have_no_vertebra(kind: NegativeKind) -> None:
    study = make_negative(4, kind, slices=24, matrix=96)
    assert study.hu.shape == study.labels.shape == (24, 96, 96)
    assert not study.labels.any()
    assert study.fractures == ()
    assert study.kind is kind
    assert same(study, make_negative(4, kind, slices=24, matrix=96))
    assert study.hu.min() < -900
    if kind is not NegativeKind.AIR:
        assert study.hu.std() > 200
