"""The phantom's scanner: slices of a thickness, streaks along the rays, the intact twin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.phantom.carving import carve
from inference.phantom.fractures import FractureType, Injury
from inference.phantom.injuries import injure
from inference.phantom.posture import build_spine, draw_patient
from inference.phantom.scanner import Grid
from inference.phantom.scene import Scene
from inference.phantom.solids import Array
from inference.phantom.study import (
    FractureSpec,
    PhantomSpec,
    PhantomStudy,
    choose,
    make_pair,
    make_study,
    stream,
)
from inference.phantom.thickness import PROTOCOLS_MM, STEP_MM, Sampling

BROKEN = PhantomSpec(21, (FractureSpec("C2", FractureType.DENS_II),), slices=60, matrix=64)


def same(a: PhantomStudy, b: PhantomStudy) -> bool:
    return (
        a.hu.tobytes() == b.hu.tobytes()
        and a.labels.tobytes() == b.labels.tobytes()
        and (a.fractures, a.confounders) == (b.fractures, b.confounders)
    )


def heights(spacing_mm: float) -> Grid:
    axis = np.arange(3, dtype=np.float32)
    return Grid(axis, axis, (90 - spacing_mm * np.arange(9)).astype(np.float32))


@pytest.mark.parametrize(
    ("thickness", "spacing"), [*PROTOCOLS_MM, (3.0, 4.5), (0.5, 4.0), (1.9, 0.95), (2.5, 1.3)]
)
def test_a_slice_is_the_mean_over_its_thickness(thickness: float, spacing: float) -> None:
    grid = heights(spacing)
    sampling = Sampling.of(grid, thickness)
    assert float(np.abs(np.diff(sampling.fine.z)).max()) <= max(STEP_MM, spacing) + 1e-3
    # A slope and a step: their means over the thickness are known.
    at = sampling.fine.z[:, None, None] + np.zeros((1, 3, 3), np.float32)
    slope = [float(sampling.mean(at, i)[0, 0]) for i in range(9)]
    np.testing.assert_allclose(slope, grid.z, atol=1e-3)
    edge = float(grid.z[4]) + 0.2 * thickness
    above = (at > edge).astype(np.float32)
    shares = np.array([float(sampling.mean(above, i)[0, 0]) for i in range(9)])
    exact = np.clip((grid.z + thickness / 2 - edge) / thickness, 0, 1)
    step = thickness / max(1, len(sampling.weights) - 1)
    np.testing.assert_allclose(shares, exact, atol=min(1.0, step / thickness / 2 + 0.2))


def test_labels_go_to_what_holds_most_of_a_thick_voxel() -> None:
    sampling = Sampling.of(heights(3.0), 3.0)  # three samples a slice
    labels = np.zeros((sampling.fine.z.size, 3, 3), np.uint8)
    labels[12, 0, 0] = 4  # one of three: not half
    labels[12:14, 0, 1] = 4, 5  # two of three, but of two vertebrae: bone, the first of them
    labels[12:15, 1, 1] = 6, 7, 7
    voted = sampling.vote(labels, 4)
    assert voted[0, 0] == 0
    assert voted[0, 1] in (4, 5)
    assert voted[1, 1] == 7
    assert not sampling.vote(labels, 3).any()


def around_the_dens(step_mm: float, thickness_mm: float, *, broken: bool) -> Array:
    """C2 without noise: slices 1 mm apart, sampled every ``step_mm`` or as a thickness wants."""
    v = build_spine(draw_patient(stream(21, "patient")), stream(21, "spine"))[1]
    axis = np.linspace(-24, 24, 64, dtype=np.float32)
    z = v.centre[2] + np.arange(24, -12, -step_mm)
    grid = Grid(
        (axis + v.centre[0]).astype(np.float32),
        (axis + v.centre[1]).astype(np.float32),
        z.astype(np.float32),
    )
    sampling = Sampling.of(grid, thickness_mm)
    injury = injure(v, FractureType.DENS_II, stream(21, "injury")) if broken else Injury(())
    hu = np.full(sampling.fine.shape, 40, np.float32)
    texture = np.zeros((24, 96, 96), np.float32)
    carve(hu, np.zeros(hu.shape, np.uint8), sampling.fine, v, injury, texture)
    return np.stack([sampling.mean(hu, i) for i in range(z.size)])


def test_thick_slices_are_the_mean_of_thin_ones() -> None:
    finest = around_the_dens(0.1, 0.1, broken=True)
    thick = around_the_dens(1.0, 3.0, broken=True)
    centres = np.arange(20, 330, 10)
    exact = np.stack([finest[i - 15 : i + 16].mean(axis=0) for i in centres])
    away = finest[centres] - exact  # what a slice without thickness would show
    found = thick[2:33] - exact
    assert float(np.abs(away).max()) > 300
    assert float(np.sqrt(np.mean(found**2))) < 0.35 * float(np.sqrt(np.mean(away**2)))


def test_a_flat_crack_fades_in_thick_slices() -> None:
    core = np.s_[8:14, 29:35, 29:35]  # of the dens at its base
    lost = {}
    for each in (0.5, 5.0):
        intact, broken = (around_the_dens(1.0, each, broken=which) for which in (False, True))
        lost[each] = float((intact - broken)[core].mean(axis=(1, 2)).max())
    assert lost[0.5] > 150
    assert lost[5.0] < 0.7 * lost[0.5]


def test_a_study_is_blurred_along_its_axis_by_thick_slices() -> None:
    sharp, blurred = (
        make_study(replace(BROKEN, slices=50, matrix=48, thickness_mm=each)) for each in (0.5, 8.0)
    )
    bone = sharp.labels[:-1] > 0
    steps = [float(np.abs(np.diff(each.hu, axis=0))[bone].mean()) for each in (sharp, blurred)]
    assert steps[1] < 0.75 * steps[0]


def test_a_protocol_gives_thickness_and_distance() -> None:
    scenes = [Scene.of(PhantomSpec(seed, slices=None, matrix=32)) for seed in range(4)]
    found = {(each.thickness_mm, round(each.grid.slice_mm, 3)) for each in scenes}
    assert found <= set(PROTOCOLS_MM)
    assert len(found) > 1
    for slices in (24, 90, 300):
        assert 0.5 <= Scene.of(PhantomSpec(5, slices=slices, matrix=32)).thickness_mm <= 3.0
    with pytest.raises(ValueError, match="thick"):
        PhantomSpec(5, thickness_mm=0.1)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene.of(PhantomSpec(9, (), slices=60, matrix=128))


def at_level(scene: Scene, number: int) -> float:
    """Height of a vertebra's centre, C1 = 1."""
    return float(scene.spine[number - 1].centre[2])


def test_streaks_run_from_shoulder_to_shoulder_and_not_above(scene: Scene) -> None:
    tissue = np.full((128, 128), 40, np.float32)
    rng = np.random.default_rng(1)
    assert scene.beams.streaks(tissue, at_level(scene, 3), 1.0, rng) is None
    image = scene.beams.streaks(tissue, at_level(scene, 9), 1.0, rng)
    assert image is not None
    middle = image[34:94, 34:94]
    along, across = (float(middle.mean(axis=axis).std()) for axis in (1, 0))
    assert along > 3 * across  # rows differ, columns do not: streaks from left to right
    assert 5 < middle.std() < 120


def test_a_study_is_noisier_between_the_shoulders_than_above_c4(scene: Scene) -> None:
    spec = PhantomSpec(9, (), slices=60, matrix=128)
    study = make_study(spec)
    z = study.affine[2, 3] + study.affine[2, 2] * np.arange(60)

    def roughness(number: int) -> float:
        """Of the means along short horizontal lines, from one row to the next, in soft tissue."""
        plane = study.hu[int(np.argmin(np.abs(z - at_level(scene, number))))].astype(np.float32)
        lines = plane.reshape(128, 16, 8)
        soft = (lines > -150) & (lines < 150)
        both = soft.all(axis=2)[1:] & soft.all(axis=2)[:-1]
        steps = np.diff(lines.mean(axis=2), axis=0)[both]
        return float(np.median(np.abs(steps)))

    assert roughness(9) > 1.5 * roughness(3)


def test_metal_casts_dark_bands_between_its_parts(scene: Scene) -> None:
    image = np.full((128, 128), 40, np.float32)
    image[62:66, 44:48] = image[62:66, 80:84] = 8000
    streaks = scene.beams.streaks(image, at_level(scene, 3), 1.0, np.random.default_rng(1))
    assert streaks is not None
    between, beside = streaks[62:66, 54:74], streaks[40:44, 54:74]
    assert between.mean() < beside.mean() - 20


def test_the_number_of_threads_changes_no_byte() -> None:
    spec = replace(BROKEN, slices=40, matrix=48)
    assert same(make_study(spec, threads=1), make_study(spec, threads=3))


@pytest.mark.parametrize(
    "spec",
    [replace(BROKEN, slices=40, matrix=48), PhantomSpec(7, None, slices=40, matrix=48)],
)
def test_a_pair_is_two_studies_bit_by_bit(spec: PhantomSpec) -> None:
    broken, intact = make_pair(spec)
    assert choose(spec)
    assert {each.level for each in broken.fractures} == set(choose(spec))
    assert same(broken, make_study(spec))
    assert same(intact, make_study(replace(spec, fractures=())))


def test_a_twin_differs_only_near_the_fracture() -> None:
    broken, intact = make_pair(BROKEN)
    (fracture,) = broken.fractures
    changed = np.flatnonzero((broken.hu != intact.hu).any(axis=(1, 2)))
    assert changed.size
    reach = 12  # mm; the fragment moves
    margin = reach / -broken.affine[2, 2]
    assert changed[0] >= fracture.first_slice - margin - 8
    assert changed[-1] <= fracture.last_slice + margin
