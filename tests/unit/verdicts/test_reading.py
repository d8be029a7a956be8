"""What holds after the reader: the table in whole, and the places."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from dicom_node.reports.evidence import read_sources
from dicom_node.verdicts.document import Verdict
from dicom_node.verdicts.places import box_corners_mm
from dicom_node.verdicts.reading import (
    Basis,
    Evaluation,
    Judgement,
    Placed,
    ReadLevel,
    evaluate,
    machine_evaluation,
    overall,
    read_levels,
)
from inference.types import LEVELS, CtVolume, SliceSource
from tests.unit.reports.cases import sources_of, volume_of, write_ct_series
from tests.unit.verdicts.cases import mixed_verdict, result_on, slices_of

P, A, U = Evaluation.PRESENT, Evaluation.ABSENT, Evaluation.UNDETERMINED

EVERY = list(product(Evaluation, [None, *Judgement], [None, *Placed], [False, True], [False, True]))


@pytest.mark.parametrize(("machine", "judgement", "placed", "whole", "stated"), EVERY)
def test_the_whole_table(
    machine: Evaluation,
    judgement: Judgement | None,
    placed: Placed | None,
    whole: bool,
    stated: bool,
) -> None:
    """The same rule written the other way round: for each result, when it holds."""
    now, basis = evaluate(machine, judgement, placed, whole=whole, stated_absent=stated)
    not_here = judgement in (Judgement.REJECTED, Judgement.MOVED_AWAY)
    present = placed is not None or judgement is Judgement.ACCEPTED
    read_whole = stated or (whole and not_here) or (machine is A and judgement is None)
    absent = not present and read_whole and judgement is not Judgement.UNSURE
    assert now is (P if present else A if absent else U)
    if basis in (Basis.AGREED, Basis.NOT_JUDGED):
        assert judgement is None
        assert placed is None
    if placed is None and judgement is not None:
        assert basis.value == judgement.value
    if placed is not None:
        assert basis.value == placed.value


def test_every_basis_can_come() -> None:
    come = {evaluate(m, j, p, whole=w, stated_absent=s)[1] for m, j, p, w, s in EVERY}
    assert come == set(Basis)


def test_nothing_that_nobody_saw_is_ever_absent() -> None:
    for judgement in (None, *Judgement):
        assert evaluate(U, judgement, None, whole=False, stated_absent=False)[0] is not A


@pytest.mark.parametrize("said", list(product(Evaluation, repeat=2)))
def test_the_spine_is_absent_only_if_every_level_is(said: tuple[Evaluation, ...]) -> None:
    levels = tuple(
        ReadLevel(level, each, Basis.AGREED) for level, each in zip(LEVELS, said, strict=False)
    )
    assert overall(levels) is (P if P in said else U if U in said else A)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("ct"))


def test_the_machine_s_word_by_level(paths: list[Path]) -> None:
    result = result_on(read_sources(paths))
    assert [machine_evaluation(result, level) for level in LEVELS] == [U, P, A, A, P, U, U]
    assert {machine_evaluation(None, level) for level in LEVELS} == {U}


def test_every_choice_at_once(paths: list[Path]) -> None:
    sources = read_sources(paths)
    result = result_on(sources)
    levels = read_levels(mixed_verdict(sources), result, slices_of(paths))
    assert [(each.evaluation, each.basis) for each in levels] == [
        (A, Basis.STATED_ABSENT),
        (P, Basis.ACCEPTED),
        (A, Basis.AGREED),
        (P, Basis.MOVED_HERE),
        (A, Basis.MOVED_AWAY),
        (U, Basis.NOT_JUDGED),
        (P, Basis.ADDED),
    ]
    _, c2, _, c4, c5, _, c7 = levels
    assert [each.probability for each in levels] == [None, 0.71, *[None] * 5]
    assert c2.comments == ("Dens, Typ II",)
    assert (c4.moved_from, c5.moved_to) == ("C5", "C4")
    assert c4.region is not None
    assert c4.region.box == tuple(result["findings"][1]["box"])
    assert c4.region.corners_mm is not None
    assert [list(corner) for corner in c4.region.corners_mm] == result["findings"][1]["corners_mm"]
    assert c7.region is not None
    assert c7.region.key_slice == SliceSource(sources[9].SOPInstanceUID)
    assert c7.region.corners_mm is not None
    there = volume_of(sources_of(sources)).box_corners_mm((30, 31, 10, 11), 9)
    assert np.allclose(c7.region.corners_mm, there)
    span = c7.region.span
    assert span is not None
    assert (span.first, span.last) == ("slice 9", "slice 12")
    ends = [volume_of(sources_of(sources)).box_corners_mm((30, 31, 10, 11), at) for at in (8, 11)]
    assert span.outlines_mm is not None
    assert np.allclose(span.outlines_mm, ends)


def test_a_rejected_finding_of_a_level_cut_off_leaves_it_open(paths: list[Path]) -> None:
    sources = read_sources(paths)
    result = result_on(sources)
    result["level_coverage"]["C5"] = "in_part"
    rejected = {
        "findings": [
            {"level": "C2", "verdict": "reject"},
            {"level": "C5", "verdict": "reject"},
        ]
    }
    c2, c5 = (read_levels(Verdict.model_validate(rejected), result, {})[index] for index in (1, 4))
    assert (c2.evaluation, c5.evaluation) == (A, U)
    assert c2.region is None


def test_no_fracture_in_a_series_that_was_not_analysed_makes_no_level_negative() -> None:
    verdict = Verdict(no_finding=True, absent_levels=("C3",))
    levels = read_levels(verdict, None, {})
    assert [each.evaluation for each in levels] == [U, U, A, U, U, U, U]


def test_corners_as_the_volume_has_them(tmp_path: Path) -> None:
    """Also for an oblique, anisotropic slice."""

    def oblique(ds: object) -> None:
        ds.ImageOrientationPatient = [0.96, 0.28, 0, -0.28, 0.96, 0]  # type: ignore[attr-defined]
        ds.PixelSpacing = [0.75, 0.5]  # type: ignore[attr-defined]

    paths = write_ct_series(tmp_path, slices=1, edit=oblique)
    (header,) = slices_of(paths).values()
    affine = np.eye(4)
    affine[:3, 0] = np.array([0.96, 0.28, 0]) * 0.5
    affine[:3, 1] = np.array([-0.28, 0.96, 0]) * 0.75
    affine[:3, 3] = [-16, -16, 0]
    volume = CtVolume(np.zeros((1, 64, 64), np.int16), affine, (SliceSource("1.2"),), "1.2")
    there = box_corners_mm((3, 5, 20, 10), header)
    assert there is not None
    assert np.allclose(there, volume.box_corners_mm((3, 5, 20, 10), 0))
