"""What may be read as a fracture but is none: old fractures, implants, and their records."""

from __future__ import annotations

import math
from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.phantom.carving import carve
from inference.phantom.confounders import Confounder, ConfounderKind, Plan
from inference.phantom.fractures import TYPES_OF_LEVEL, FractureType, Injury
from inference.phantom.hardware import HARDWARE_SHARE, Construct
from inference.phantom.healed import OLD_SHARE, OLD_TYPES, heal
from inference.phantom.injuries import injure
from inference.phantom.posture import Vertebra, build_spine, draw_patient
from inference.phantom.scanner import Grid
from inference.phantom.scene import plan_of
from inference.phantom.solids import Array, Points
from inference.phantom.study import (
    FractureSpec,
    PhantomSpec,
    PhantomStudy,
    choose,
    make_pair,
    make_study,
    stream,
)
from inference.types import LEVELS, Level

STUDIES = 300


def plan(spec: PhantomSpec) -> Plan:
    patient = draw_patient(stream(spec.seed, "patient"))
    return plan_of(spec, build_spine(patient, stream(spec.seed, "spine")), patient)


def of_kind(study: PhantomStudy, kind: ConfounderKind) -> tuple[Confounder, ...]:
    return tuple(each for each in study.confounders if each.kind is kind)


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [plan(PhantomSpec(seed)) for seed in range(STUDIES)]


def within_binomial(found: int, share: float) -> bool:
    """Within three standard deviations."""
    spread = math.sqrt(STUDIES * share * (1 - share))
    return abs(found - STUDIES * share) <= 3 * spread


def test_prevalences_are_as_stated(plans: list[Plan]) -> None:
    assert within_binomial(sum(each.old is not None for each in plans), OLD_SHARE)
    assert within_binomial(sum(each.hardware is not None for each in plans), HARDWARE_SHARE)
    assert {each.old.type for each in plans if each.old} >= {
        FractureType.DENS_II,
        FractureType.COMPRESSION,
        FractureType.SPINOUS_PROCESS,
    }


def test_neither_old_fractures_nor_implants_lie_where_a_fresh_fracture_is(
    plans: list[Plan],
) -> None:
    shared = 0
    for seed, each in enumerate(plans):
        fresh = set(choose(PhantomSpec(seed)))
        levels = set(each.hardware.levels) if each.hardware else set()
        levels |= {each.old.level} if each.old else set()
        assert fresh.isdisjoint(levels)
        shared += bool(fresh and levels)
    assert shared > 5  # it is no sign of an intact spine


def test_the_intact_twin_of_a_seed_has_the_same_plan(plans: list[Plan]) -> None:
    assert [plan(PhantomSpec(seed, ())) for seed in range(STUDIES)] == plans


@pytest.mark.parametrize("level", ["C2", "C6"])
def test_a_given_fracture_moves_them_to_other_levels(plans: list[Plan], level: Level) -> None:
    moved = 0
    for seed, each in enumerate(plans[:100]):
        other = plan(PhantomSpec(seed, (FractureSpec(level),)))
        assert (other.old is None) == (each.old is None)
        assert other.old is None or other.old.level != level
        assert other.hardware is None or level not in other.hardware.levels
        moved += other != each
    assert moved


def small_seed(construct: Construct) -> int:
    for seed in count():
        found = plan(PhantomSpec(seed)).hardware
        if found is not None and found.construct is construct:
            return seed
    raise AssertionError


@pytest.mark.parametrize("construct", list(Construct))
def test_implants_are_clipped_metal_at_the_recorded_levels(construct: Construct) -> None:
    study = make_study(PhantomSpec(small_seed(construct), (), slices=90, matrix=192))
    (record,) = of_kind(study, ConfounderKind.HARDWARE)
    assert record.detail == construct.value
    assert study.hu.max() == 3071
    metal = np.argwhere(study.hu == 3071)
    for level in record.levels:
        at = np.argwhere(study.labels == LEVELS.index(level) + 1)
        low, high = at.min(axis=0) - 4, at.max(axis=0) + 4
        assert np.count_nonzero(np.all((metal >= low) & (metal <= high), axis=1)) > 10
    # None beyond them: 20 mm leave room for a screw's head.
    spans = [
        np.flatnonzero((study.labels == LEVELS.index(level) + 1).any(axis=(1, 2)))
        for level in record.levels
    ]
    slices = np.concatenate(spans)
    margin = 20 / -study.affine[2, 2]
    teeth_row = np.argwhere(study.labels > 0)[:, 1].min() - 12 / study.affine[1, 1]
    own = metal[metal[:, 1] > teeth_row]
    assert own[:, 0].min() >= slices.min() - margin
    assert own[:, 0].max() <= slices.max() + margin


def test_a_study_and_its_twin_record_the_same_confounders_and_the_same_bytes() -> None:
    seed = next(
        seed for seed in count() if choose(PhantomSpec(seed)) and plan(PhantomSpec(seed)).old
    )
    spec = PhantomSpec(seed, None, slices=60, matrix=96)
    broken, intact = make_pair(spec)
    assert broken.fractures
    assert intact.fractures == ()
    assert broken.confounders == intact.confounders
    (record,) = of_kind(broken, ConfounderKind.OLD_FRACTURE)
    assert set(record.levels).isdisjoint(each.level for each in broken.fractures)
    again = make_study(spec)
    assert again.hu.tobytes() == broken.hu.tobytes()
    assert again.confounders == broken.confounders


def test_records_name_levels_and_follow_the_drawn_spine() -> None:
    old = next(seed for seed in count() if draw_patient(stream(seed, "patient")).degeneration > 0.9)
    young = next(
        seed for seed in count() if draw_patient(stream(seed, "patient")).degeneration == 0
    )
    kinds = {
        seed: {each.kind for each in make_study(PhantomSpec(seed, (), 12, 64)).confounders}
        for seed in (old, young)
    }
    assert ConfounderKind.OSTEOPHYTE in kinds[old]
    assert kinds[young].isdisjoint({ConfounderKind.OSTEOPHYTE, ConfounderKind.VACUUM_DISC})


def vertebra(level: Level) -> Vertebra:
    patient = draw_patient(stream(12, "patient"))
    return build_spine(patient, stream(12, "spine"))[LEVELS.index(level)]


def painted(level: Level, injury: Injury) -> tuple[Array, NDArray[np.uint8], Points, float]:
    """One vertebra alone in muscle, before the scanner: HU, labels, its frame, its marrow's HU."""
    v = vertebra(level)
    x = np.arange(-40, 40, 0.5, dtype=np.float32) + np.float32(v.centre[0])
    y = np.arange(-20, 72, 0.5, dtype=np.float32) + np.float32(v.centre[1])
    z = np.arange(34, -34, -1.25, dtype=np.float32) + np.float32(v.centre[2])
    grid = Grid(x, y, z)
    hu = np.full(grid.shape, 55, np.float32)
    labels = np.zeros(grid.shape, np.uint8)
    carve(hu, labels, grid, v, injury, np.zeros((24, 96, 96), np.float32))
    everything = grid.coordinates((slice(None), slice(None), slice(None)))
    return hu, labels, v.local(*everything), v.trabecular_hu


CASES: tuple[tuple[Level, FractureType], ...] = (
    ("C2", FractureType.DENS_II),
    *(("C6", kind) for kind in OLD_TYPES["C6"]),
    ("C7", FractureType.SPINOUS_PROCESS),
)


@pytest.mark.parametrize(("level", "kind"), CASES, ids=str)
def test_an_old_fracture_has_a_sclerotic_rim_and_no_gap(level: Level, kind: FractureType) -> None:
    assert kind in TYPES_OF_LEVEL[level]
    injury = heal(vertebra(level), kind, stream(12, "healed"))
    hu, labels, p, marrow_hu = painted(level, injury)
    inside = labels > 0
    rim = np.zeros(hu.shape, bool)
    line = np.zeros(hu.shape, bool)
    for old in injury.healed:
        assert 1.0 <= old.rim_mm <= 1.5
        depth = np.abs(old.line.side(p)) - old.line.gap_mm / 2
        core = inside & (old.line.within(p) > 0.99)
        rim |= core & (depth > 0.25) & (depth < old.rim_mm - 0.25)
        line |= core & (depth < -0.1)
    assert rim.sum() > 30
    assert line.sum() > 10
    # The vessel channels may cross it.
    assert np.percentile(hu[rim], 10) > max(600.0, 1.5 * marrow_hu) - 60
    assert np.median(hu[rim]) <= 1100
    assert np.percentile(hu[line], 3) > 100
    assert (hu[line] > 200).mean() > 0.9


FRESH = tuple({kind: (level, kind) for level in LEVELS for kind in TYPES_OF_LEVEL[level]}.values())


@pytest.mark.parametrize(("level", "kind"), FRESH, ids=str)
def test_a_fresh_fracture_of_every_type_leaves_a_gap_of_blood(
    level: Level, kind: FractureType
) -> None:
    injury = injure(vertebra(level), kind, stream(12, "fresh"))
    hu, labels, p, _ = painted(level, injury)
    crack = (labels > 0) & (injury.gap(p, 0.5) > 0.99)
    assert max(crack.sum(axis=(1, 2))) >= 5  # voxels of half a millimetre on one slice
    assert hu[crack].max() <= 50
