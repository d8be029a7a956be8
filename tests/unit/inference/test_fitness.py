from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inference.fitness import judge
from inference.geometry import Geometry
from inference.limits import FitnessLimits
from inference.types import NotAnalysed, ReasonCode, SliceHeader

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"

Headers = list[SliceHeader]
Cosines = tuple[float, float, float, float, float, float]


def header(number: int, z_mm: float, **changes: Any) -> SliceHeader:
    base = SliceHeader(
        path=f"/series/{number:04d}.dcm",
        sop_instance_uid=f"1.2.826.0.1.{number}",
        sop_class_uid=CT_IMAGE,
        frame_number=None,
        instance_number=number,
        study_uid="1.2.3",
        series_uid="1.2.4",
        patient_id="P",
        frame_of_reference_uid="1.2.5",
        modality="CT",
        image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
        rows=512,
        columns=512,
        position_mm=(-125.0, -120.0, z_mm),
        orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        spacing_mm=(0.5, 0.5),
        slice_thickness_mm=1.0,
    )
    return replace(base, **changes)


def fit_series(count: int = 200, spacing_mm: float = 0.9) -> Headers:
    """Slices 1…count, number 1 nearest the head."""
    return [header(n, 100 - spacing_mm * (n - 1)) for n in range(1, count + 1)]


def changed(headers: Headers, numbers: Sequence[int], **changes: Any) -> Headers:
    return [
        replace(each, **changes) if each.instance_number in numbers else each for each in headers
    ]


def shifted(headers: Headers, shift: Callable[[int], Sequence[float]]) -> Headers:
    """Each slice moved by ``shift(instance number)``, in mm."""
    out = []
    for each in headers:
        assert each.instance_number is not None
        assert each.position_mm is not None
        dx, dy, dz = shift(each.instance_number)
        x, y, z = each.position_mm
        out.append(replace(each, position_mm=(x + dx, y + dy, z + dz)))
    return out


def rounded(headers: Headers, decimals: int) -> Headers:
    out = []
    for each in headers:
        assert each.position_mm is not None
        x, y, z = (round(value, decimals) for value in each.position_mm)
        out.append(replace(each, position_mm=(x, y, z)))
    return out


def geometry_of(headers: Headers, limits: FitnessLimits | None = None) -> Geometry:
    verdict = judge(headers, limits or FitnessLimits())
    assert isinstance(verdict, Geometry), verdict
    return verdict


def refusal_of(headers: Headers, limits: FitnessLimits | None = None) -> NotAnalysed:
    verdict = judge(headers, limits or FitnessLimits())
    assert isinstance(verdict, NotAnalysed)
    return verdict


def refused(headers: Headers, code: ReasonCode) -> str:
    refusal = refusal_of(headers)
    assert refusal.code == code, refusal
    assert refusal.text.endswith(".")
    assert refusal.text[0].isupper()
    return refusal.text


def rotated(angle_deg: float) -> Cosines:
    """Axial slices turned about the left–right axis."""
    angle = math.radians(angle_deg)
    return (1.0, 0.0, 0.0, 0.0, math.cos(angle), math.sin(angle))


def stacked_along_normal(orientation: Cosines, count: int = 60) -> Headers:
    x, y, z = np.cross(orientation[:3], orientation[3:]).tolist()
    return [
        header(n + 1, 0, position_mm=(-n * x, -n * y, -n * z), orientation=orientation)
        for n in range(count)
    ]


# -- what is fit


def test_a_regular_axial_series_is_fit() -> None:
    headers = fit_series()

    geometry = geometry_of(headers)

    assert [each.instance_number for each in geometry.slices] == list(range(1, 201))
    assert geometry.spacing_mm == pytest.approx((0.9, 0.5, 0.5))
    np.testing.assert_allclose(
        geometry.affine,
        np.array([[0.5, 0, 0, -125], [0, 0.5, 0, -120], [0, 0, -0.9, 100], [0, 0, 0, 1]]),
        atol=1e-9,
    )


def test_rows_and_columns_are_not_mixed_up() -> None:
    headers = [replace(each, spacing_mm=(0.4, 0.6), rows=300) for each in fit_series()]

    geometry = geometry_of(headers)

    np.testing.assert_allclose(geometry.affine[:, 0], [0.6, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(geometry.affine[:, 1], [0, 0.4, 0, 0], atol=1e-12)
    assert geometry.spacing_mm == pytest.approx((0.9, 0.4, 0.6))


@pytest.mark.parametrize(
    "orientation",
    [
        (1, 0, 0, 0, 1, 0),
        (-1, 0, 0, 0, -1, 0),
        (0, 1, 0, -1, 0, 0),
        (0, -1, 0, 1, 0, 0),
        (-1, 0, 0, 0, 1, 0),
        (1, 0, 0, 0, -1, 0),
        (0, 1, 0, 1, 0, 0),
        (0, -1, 0, -1, 0, 0),
    ],
)
def test_slice_0_is_nearest_the_head_in_every_axial_orientation(
    orientation: Cosines,
) -> None:
    headers = [replace(each, orientation=orientation) for each in fit_series()]

    geometry = geometry_of(headers)

    heights = [each.position_mm[2] for each in geometry.slices if each.position_mm]
    assert heights == sorted(heights, reverse=True)
    np.testing.assert_allclose(geometry.affine[:3, 2], [0, 0, -0.9], atol=1e-9)
    row, column = np.array(orientation, dtype=np.float64).reshape(2, 3) / 2
    np.testing.assert_allclose(geometry.affine[:3, 0], row)
    np.testing.assert_allclose(geometry.affine[:3, 1], column)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_headers_does_not_matter(seed: int) -> None:
    headers = fit_series()
    shuffled = random.Random(seed).sample(headers, len(headers))

    assert geometry_of(shuffled).slices == geometry_of(headers).slices
    assert np.array_equal(geometry_of(shuffled).affine, geometry_of(headers).affine)


def test_instance_numbers_may_run_towards_the_head_or_be_absent() -> None:
    upwards = [
        replace(each, instance_number=500 - (each.instance_number or 0)) for each in fit_series()
    ]
    unnumbered = [replace(each, instance_number=None) for each in fit_series()]

    for headers in (upwards, unnumbered):
        paths = [each.path for each in geometry_of(headers).slices]
        assert paths == [each.path for each in fit_series()]


def test_frames_of_one_instance_are_fit() -> None:
    headers = [
        replace(each, frame_number=each.instance_number, instance_number=1, sop_instance_uid="1.2")
        for each in fit_series()
    ]

    assert [each.frame_number for each in geometry_of(headers).slices] == list(range(1, 201))


@pytest.mark.parametrize("decimals", [1, 2, 3])
@pytest.mark.parametrize("spacing_mm", [0.5, 0.625, 1.25])
def test_positions_rounded_by_the_scanner_are_regular(decimals: int, spacing_mm: float) -> None:
    headers = rounded(fit_series(200, spacing_mm), decimals)

    assert geometry_of(headers).spacing_mm[0] == pytest.approx(spacing_mm, rel=2e-3)


def test_rounded_positions_of_an_oblique_reformat_are_no_tilt() -> None:
    headers = rounded(stacked_along_normal(rotated(15), 150), 1)

    geometry_of(headers)


def test_noise_in_the_cosines_is_tolerated() -> None:
    rng = np.random.default_rng(1)

    def noisy(rng: np.random.Generator) -> Cosines:
        a, b, c, d, e, f = rng.normal((1, 0, 0, 0, 1, 0), 1e-5)
        return a, b, c, d, e, f

    headers = [replace(each, orientation=noisy(rng)) for each in fit_series()]

    affine = geometry_of(headers).affine

    assert np.linalg.norm(affine[:3, 0]) == pytest.approx(0.5)
    np.testing.assert_allclose(affine[:3, 0], [0.5, 0, 0], atol=1e-4)


@pytest.mark.parametrize("angle_deg", [-29, -10, 10, 29])
def test_an_oblique_axial_reformat_is_fit(angle_deg: float) -> None:
    headers = stacked_along_normal(rotated(angle_deg))

    geometry = geometry_of(headers)

    assert geometry.spacing_mm[0] == pytest.approx(1)
    assert geometry.slices[0].instance_number == 1
    assert geometry.affine[2, 2] < 0


def test_a_head_shifted_pixel_spacing_within_tolerance_is_one_grid() -> None:
    headers = changed(fit_series(), [5], spacing_mm=(0.50001, 0.49999))

    geometry_of(headers)


@pytest.mark.parametrize(
    ("count", "spacing_mm"), [(40, 1.0), (50, 0.8), (16, 3.0), (64, 0.625), (1500, 0.25)]
)
def test_the_smallest_useful_coverage_is_fit(count: int, spacing_mm: float) -> None:
    geometry_of(fit_series(count, spacing_mm))


# -- what is not, one reason after another


@pytest.mark.parametrize("modality", ["MR", "PT", "", "OT"])
def test_another_modality(modality: str) -> None:
    text = refused(
        [replace(each, modality=modality) for each in fit_series()],
        ReasonCode.UNSUPPORTED_MODALITY,
    )
    assert "all 200 slices" in text
    text = refused(changed(fit_series(), [7], modality=modality), ReasonCode.UNSUPPORTED_MODALITY)
    assert "slice 7" in text


def test_a_known_modality_is_named() -> None:
    one = [header(1, 0, modality="CR")]

    assert refused(one, ReasonCode.UNSUPPORTED_MODALITY) == (
        "The modality is CR (computed radiography), not CT, in slice 1."
    )
    mixed = changed(changed(fit_series(), [7], modality="MR"), [8], modality="PT")
    assert refused(mixed, ReasonCode.UNSUPPORTED_MODALITY) == (
        "The modality is not CT in slice 7 and slice 8."
    )


def test_another_storage_class_under_modality_ct() -> None:
    screenshot = changed(fit_series(), [7], sop_class_uid="1.2.840.10008.5.1.4.1.1.7")

    text = refused(screenshot, ReasonCode.UNSUPPORTED_MODALITY)
    assert "slice 7" in text
    assert "Secondary Capture Image Storage" in text
    unknown = changed(fit_series(), [7], sop_class_uid="1.2.3")
    assert "another SOP class" in refused(unknown, ReasonCode.UNSUPPORTED_MODALITY)


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("patient_id", "Patient ID"),
        ("study_uid", "Study Instance UID"),
        ("series_uid", "Series Instance UID"),
        ("frame_of_reference_uid", "Frame of Reference UID"),
    ],
)
@pytest.mark.parametrize("value", ["1.9.9", ""])
def test_images_that_do_not_belong_together(field: str, named: str, value: str) -> None:
    text = refused(
        changed(fit_series(), [3, 4], **{field: value}), ReasonCode.INCONSISTENT_IDENTITY
    )

    assert named in text
    assert "slice 3 and slice 4" in text
    assert "1.9.9" not in text


@pytest.mark.parametrize("field", ["study_uid", "series_uid"])
def test_a_series_needs_its_uids(field: str) -> None:
    refused(
        [replace(each, **{field: ""}) for each in fit_series()],  # type: ignore[arg-type]
        ReasonCode.INCONSISTENT_IDENTITY,
    )


@pytest.mark.parametrize("field", ["patient_id", "frame_of_reference_uid"])
def test_what_all_images_leave_out_is_no_conflict(field: str) -> None:
    value = "" if field == "patient_id" else None

    geometry_of([replace(each, **{field: value}) for each in fit_series()])  # type: ignore[arg-type]


def test_localizers_alone() -> None:
    scouts = [
        header(n, 0, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), orientation=rotated(90))
        for n in (1, 2)
    ]

    assert "only localizer" in refused(scouts, ReasonCode.LOCALIZER)


def test_a_localizer_among_the_slices_is_named_before_what_follows_from_it() -> None:
    scout = header(
        900,
        40.05,
        image_type=("ORIGINAL", "PRIMARY", "LOCALIZER", "CT_SOM5 TOP"),
        orientation=rotated(90),
        rows=888,
        spacing_mm=None,
        frame_of_reference_uid="1.9",
    )

    assert "slice 900" in refused([*fit_series(), scout], ReasonCode.LOCALIZER)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rows": None}, "Rows and Columns"),
        ({"columns": 0}, "Rows and Columns"),
        ({"spacing_mm": None}, "Pixel Spacing"),
        ({"spacing_mm": (0.0, 0.5)}, "Pixel Spacing"),
        ({"spacing_mm": (0.5, -0.5)}, "Pixel Spacing"),
        ({"spacing_mm": (500.0, 500.0)}, "Pixel Spacing"),
        ({"position_mm": None}, "Image Position"),
        ({"position_mm": (1e300, 0.0, 0.0)}, "Image Position"),
        ({"orientation": None}, "Image Orientation"),
        ({"orientation": (0.0,) * 6}, "Image Orientation"),
        ({"orientation": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)}, "Image Orientation"),
        ({"orientation": (1.0, 0.0, 0.0, 0.0, 0.9, 0.0)}, "Image Orientation"),
        ({"orientation": (1e300, 0.0, 0.0, 0.0, 1e300, 0.0)}, "Image Orientation"),
    ],
)
def test_missing_or_impossible_geometry(change: dict[str, Any], named: str) -> None:
    one = refused(changed(fit_series(), [17], **change), ReasonCode.MISSING_GEOMETRY)
    every = refused([replace(each, **change) for each in fit_series()], ReasonCode.MISSING_GEOMETRY)

    assert named in one
    assert "slice 17" in one
    assert "all 200 slices" in every


@pytest.mark.parametrize(
    "change",
    [{"rows": 256}, {"columns": 513}, {"spacing_mm": (0.5, 0.51)}, {"spacing_mm": (0.48, 0.5)}],
)
def test_more_than_one_grid(change: dict[str, Any]) -> None:
    text = refused(changed(fit_series(), [150, 151], **change), ReasonCode.INCONSISTENT_GRID)

    assert "slice 150 and slice 151" in text


@pytest.mark.parametrize(
    "orientation", [(1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1), (-1, 0, 0, 0, -1, 0), rotated(0.2)]
)
def test_mixed_orientation(orientation: Cosines) -> None:
    text = refused(
        changed(fit_series(), [9, 10, 11, 12], orientation=orientation),
        ReasonCode.MIXED_ORIENTATION,
    )

    assert "slice 9, slice 10, slice 11 and 1 more" in text


def test_two_stacks_of_equal_size_in_one_series() -> None:
    tilted = [
        replace(each, orientation=rotated(12), instance_number=(each.instance_number or 0) + 200)
        for each in fit_series()
    ]

    refused([*fit_series(), *tilted], ReasonCode.MIXED_ORIENTATION)


@pytest.mark.parametrize(
    ("orientation", "angle"),
    [
        ((1, 0, 0, 0, 0, -1), "90°"),
        ((0, 1, 0, 0, 0, -1), "90°"),
        (rotated(45), "45°"),
        (rotated(-31), "31°"),
    ],
)
def test_not_axial(orientation: Cosines, angle: str) -> None:
    assert angle in refused(stacked_along_normal(orientation), ReasonCode.NOT_AXIAL)


@pytest.mark.parametrize("tilt_deg", [-18.5, -1.2, 1.2, 5, 25])
def test_gantry_tilt_is_measured_from_the_positions(tilt_deg: float) -> None:
    headers = [replace(each, orientation=rotated(tilt_deg)) for each in fit_series()]

    assert f"{abs(tilt_deg):.1f}°" in refused(headers, ReasonCode.GANTRY_TILT)


def test_a_stack_that_leans_sideways_is_tilted_too() -> None:
    headers = shifted(fit_series(), lambda n: [0.1 * n, 0, 0])

    refused(headers, ReasonCode.GANTRY_TILT)


def test_a_tilt_below_a_degree_is_kept_in_the_affine() -> None:
    headers = shifted(fit_series(), lambda n: [0, 0.01 * (n - 1), 0])

    np.testing.assert_allclose(geometry_of(headers).affine[:3, 2], [0, 0.01, -0.9], atol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 11])
def test_too_few_slices(count: int) -> None:
    assert str(count) in refused(fit_series(count), ReasonCode.TOO_FEW_SLICES)


def test_no_slices_at_all() -> None:
    refused([], ReasonCode.TOO_FEW_SLICES)


def test_one_slice_is_too_few_whatever_the_limit() -> None:
    limits = FitnessLimits(min_slices=1, min_coverage_mm=0)

    assert refusal_of(fit_series(1), limits).code == ReasonCode.TOO_FEW_SLICES


def test_a_doubled_slice_is_named() -> None:
    double = replace(
        fit_series()[41], instance_number=300, sop_instance_uid="1.7", path="/series/double.dcm"
    )

    text = refused([*fit_series(), double], ReasonCode.DUPLICATE_POSITIONS)

    assert "slice 42 and slice 300" in text


def test_two_reconstructions_in_one_series() -> None:
    second = [
        replace(each, instance_number=(each.instance_number or 0) + 200) for each in fit_series()
    ]

    assert "199 more" in refused([*fit_series(), *second], ReasonCode.DUPLICATE_POSITIONS)


def test_all_slices_at_one_place() -> None:
    headers = [replace(each, position_mm=(-125.0, -120.0, 0.0)) for each in fit_series()]

    refused(headers, ReasonCode.DUPLICATE_POSITIONS)


def test_missing_slices_are_named() -> None:
    headers = [each for each in fit_series() if each.instance_number not in (118, 119, 120)]

    assert refused(headers, ReasonCode.MISSING_SLICES) == (
        "Slices 118 to 120 are missing: a gap of 3.6 mm where 0.9 mm is the rule."
    )


def test_one_missing_slice_is_named() -> None:
    headers = [each for each in fit_series() if each.instance_number != 50]

    assert refused(headers, ReasonCode.MISSING_SLICES).startswith("Slice 50 is missing: ")


def test_missing_slices_are_named_when_numbers_run_towards_the_head() -> None:
    headers = [
        replace(each, instance_number=201 - (each.instance_number or 0))
        for each in fit_series()
        if each.instance_number not in (118, 119)
    ]

    assert refused(headers, ReasonCode.MISSING_SLICES).startswith("Slices 82 to 83 are missing: ")


def test_missing_slices_are_placed_where_numbers_do_not_tell() -> None:
    renumbered = [
        replace(each, instance_number=n)
        for n, each in enumerate(
            (each for each in fit_series() if each.instance_number not in (118, 119)), start=1
        )
    ]

    assert refused(renumbered, ReasonCode.MISSING_SLICES).startswith(
        "Slices are missing between slice 117 and slice 118: "
    )


def test_several_holes_are_counted() -> None:
    headers = [each for each in fit_series() if each.instance_number not in (20, 60, 61, 90)]

    assert "2 more such gaps" in refused(headers, ReasonCode.MISSING_SLICES)


def test_a_hole_need_not_be_a_multiple() -> None:
    headers = shifted(fit_series(), lambda n: [0, 0, -(30.4 if n > 80 else 0)])

    assert "30.4" not in (text := refused(headers, ReasonCode.MISSING_SLICES))
    assert "31.3 mm" in text


def test_half_of_the_slices_at_twice_the_distance_is_no_hole() -> None:
    headers = [
        each
        for each in fit_series()
        if (each.instance_number or 0) < 90 or (each.instance_number or 0) % 2
    ]

    text = refused(headers, ReasonCode.IRREGULAR_SPACING)

    assert "0.9 mm" in text
    assert "1.8 mm" in text


def test_two_thicknesses_in_one_series() -> None:
    headers = shifted(fit_series(), lambda n: [0, 0, -(0.35 * max(0, n - 100))])

    text = refused(headers, ReasonCode.IRREGULAR_SPACING)

    assert "0.9 mm" in text
    assert "1.25 mm" in text


@pytest.mark.parametrize("jitter_mm", [0.12, 0.2])
def test_jitter(jitter_mm: float) -> None:
    rng = np.random.default_rng(2)
    headers = shifted(fit_series(), lambda _: [0, 0, rng.uniform(-jitter_mm, jitter_mm)])

    refused(headers, ReasonCode.IRREGULAR_SPACING)


def test_a_spacing_that_drifts() -> None:
    headers = shifted(fit_series(), lambda n: [0, 0, -(1e-4 * n * n)])

    refused(headers, ReasonCode.IRREGULAR_SPACING)


def test_a_slice_beside_the_stack() -> None:
    headers = shifted(fit_series(), lambda n: [8 if n == 60 else 0, 0, 0])

    text = refused(headers, ReasonCode.IRREGULAR_SPACING)

    assert "slice 60" in text
    assert "to the side" in text


def test_a_stack_in_two_halves_is_no_tilt() -> None:
    headers = shifted(fit_series(), lambda n: [20 if n > 100 else 0, 0, 0])

    assert "to the side" in refused(headers, ReasonCode.IRREGULAR_SPACING)


@pytest.mark.parametrize("spacing_mm", [3.1, 5.0, 10.0])
def test_slices_too_far_apart(spacing_mm: float) -> None:
    text = refused(fit_series(40, spacing_mm), ReasonCode.SLICES_TOO_FAR_APART)

    assert f"{spacing_mm:g} mm apart" in text


@pytest.mark.parametrize(("count", "spacing_mm"), [(12, 3.0), (39, 1.0), (63, 0.625)])
def test_insufficient_coverage(count: int, spacing_mm: float) -> None:
    text = refused(fit_series(count, spacing_mm), ReasonCode.INSUFFICIENT_COVERAGE)

    assert f"{round(count * spacing_mm, 2):g} mm" in text


# -- which reason comes first, and how it is said


def test_the_most_fundamental_reason_comes_first() -> None:
    """Each spoils what the reasons before it do not look at; together they must come in order."""
    headers = [each for each in fit_series(60, 3.5) if each.instance_number not in (30, 31)]
    headers = shifted(headers, lambda n: [0, 0, 0.4 * (n % 2)])
    steps: list[tuple[ReasonCode, Callable[[Headers], Headers]]] = [
        (ReasonCode.MISSING_SLICES, lambda all_: all_),
        (
            ReasonCode.DUPLICATE_POSITIONS,
            lambda all_: [*all_, replace(all_[5], instance_number=400)],
        ),
        (
            ReasonCode.GANTRY_TILT,
            lambda all_: [replace(each, orientation=rotated(10)) for each in all_],
        ),
        (
            ReasonCode.NOT_AXIAL,
            lambda all_: [replace(each, orientation=(1, 0, 0, 0, 0, -1)) for each in all_],
        ),
        (
            ReasonCode.MIXED_ORIENTATION,
            lambda all_: changed(all_, [2], orientation=(1, 0, 0, 0, 1, 0)),
        ),
        (ReasonCode.INCONSISTENT_GRID, lambda all_: changed(all_, [4], rows=9)),
        (
            ReasonCode.INCONSISTENT_IDENTITY,
            lambda all_: changed(all_, [4], frame_of_reference_uid="1.8"),
        ),
        (ReasonCode.MISSING_GEOMETRY, lambda all_: changed(all_, [6], spacing_mm=None)),
        (
            ReasonCode.LOCALIZER,
            lambda all_: changed(all_, [7], image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")),
        ),
        (ReasonCode.INCONSISTENT_IDENTITY, lambda all_: changed(all_, [8], patient_id="Q")),
        (ReasonCode.UNSUPPORTED_MODALITY, lambda all_: changed(all_, [9], modality="MR")),
    ]
    for code, spoil in steps:
        headers = spoil(headers)
        refused(headers, code)


@pytest.mark.parametrize("seed", range(3))
def test_a_refusal_does_not_depend_on_the_order_of_the_headers(seed: int) -> None:
    spoiled: list[Headers] = [
        changed(fit_series(), range(1, 101), orientation=(1, 0, 0, 0, 0, -1)),
        changed(fit_series(), range(1, 101), rows=256),
        [*fit_series(), *(replace(each, path=each.path + "2") for each in fit_series())],
        [each for each in fit_series() if each.instance_number not in (20, 60, 61, 90)],
    ]
    for headers in spoiled:
        shuffled = random.Random(seed).sample(headers, len(headers))
        assert judge(shuffled) == judge(headers)


def test_a_slice_without_a_number_is_named_by_its_uid() -> None:
    headers = changed(fit_series(), [5], instance_number=None, rows=7)

    assert "slice 1.2.826.0.1.5" in refused(headers, ReasonCode.INCONSISTENT_GRID)


def test_free_text_of_a_file_is_never_quoted() -> None:
    secret = "DOE^JANE"
    for change in (
        {"modality": secret},
        {"patient_id": secret},
        {"study_uid": secret},
        {"series_uid": secret},
        {"frame_of_reference_uid": secret},
        {"sop_class_uid": secret},
        {"sop_instance_uid": secret, "instance_number": None, "rows": 1},
        {"image_type": (secret, secret, "LOCALIZER")},
    ):
        assert secret not in refusal_of(changed(fit_series(), [5], **change)).text


def test_frames_are_named_as_frames() -> None:
    frames = [
        replace(each, frame_number=each.instance_number, instance_number=1)
        for each in fit_series()
        if each.instance_number not in (50, 51)
    ]

    assert refused(frames, ReasonCode.MISSING_SLICES).startswith("Slices 50 to 51 are missing: ")
    bad = [replace(each, rows=7) if each.frame_number == 3 else each for each in frames]
    assert "frame 3" in refused(bad, ReasonCode.INCONSISTENT_GRID)


def test_limits_are_the_callers() -> None:
    generous = FitnessLimits(max_spacing_mm=6, min_coverage_mm=10, min_slices=3)

    geometry_of(fit_series(4, 5), generous)
