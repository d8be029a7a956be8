"""What is looked at, and how a reader moves: without a screen."""

from __future__ import annotations

import numpy as np
import pytest

from pyqt_console.viewer.decode import GAP
from pyqt_console.viewer.keys import KEYS
from pyqt_console.viewer.measure import Measurement, Tool
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.reading import number, reading_of
from pyqt_console.viewer.scene import OPACITIES, Scene
from pyqt_console.viewer.stack import stack_of
from pyqt_console.viewer.volume import GrowingVolume
from pyqt_console.viewer.window import BONE
from tests.unit.viewer.series import filled, image, ramp, stack
from tests.unit.viewer.test_overlays import result


def scene_with(*marked: tuple[str, int, float], count: int = 20) -> Scene:
    """Findings (level, slice, probability) on a series of slices 1 mm apart."""
    found = stack([float(-each) for each in range(count)])
    findings = [
        {
            "level": level,
            "probability": probability,
            "key_slice_sop_uid": found.slices[index].frame.sop_instance_uid,
            "box": [1, 1, 2, 2],
        }
        for level, index, probability in marked
    ]
    slices = {level: [max(index - 1, 0), index + 1] for level, index, _ in marked}
    document = result(findings=findings, level_slices=slices)
    return Scene(filled(found, ramp), reading_of(document))


def test_it_begins_in_the_middle_in_the_bone_window() -> None:
    scene = scene_with()
    assert scene.index == 10
    assert scene.window == BONE
    assert scene.point_mm == pytest.approx(scene.stack.point(10, 1.5, 2.5))


def test_scrolling_ends_at_the_ends_and_keeps_the_place_on_the_slice() -> None:
    scene = scene_with()
    scene.point_at(scene.stack.point(10, 2, 4))
    scene.step(3)
    assert scene.index == 13
    assert scene.stack.pixel(13, scene.point_mm) == pytest.approx((2, 4))
    scene.step(-100)
    assert scene.index == 0
    scene.go_to(10**6)
    assert scene.index == 19


def test_a_place_outside_is_the_nearest_one_inside() -> None:
    scene = scene_with()
    scene.point_at(np.array([1e3, -1e3, 1e3]))
    assert scene.index == 0
    assert scene.stack.pixel(0, scene.point_mm) == pytest.approx((0, 5))


def test_the_next_finding_is_the_next_from_here_and_around_the_ends() -> None:
    scene = scene_with(("C2", 3, 0.6), ("C4", 9, 0.9), ("C5", 9, 0.7), ("C7", 15, 0.8))

    def levels(direction: int, count: int) -> list[str]:
        found = [scene.next_finding(direction) for _ in range(count)]
        return [each.level for each in found if each is not None]

    scene.go_to(5)
    assert levels(1, 5) == ["C4", "C5", "C7", "C2", "C4"]
    assert scene.index == 9
    scene.go_to(12)
    assert levels(-1, 4) == ["C5", "C4", "C2", "C7"]
    scene.go_to(9)  # at a finding, but not because of it
    assert levels(1, 1) == ["C7"]
    assert scene_with().next_finding() is None


def test_it_opens_at_the_surest_finding() -> None:
    scene = scene_with(("C2", 3, 0.6), ("C4", 9, 0.9))
    scene.look_at_first()
    assert scene.index == 9


def test_jumping_to_levels_says_what_is_known_and_no_more() -> None:
    scene = scene_with(("C5", 9, 0.91), ("C4", 4, 0.02))
    assert scene.jump_to_level("C5") == "C5: fracture suspected, 0.91"
    assert scene.index == 9
    before = scene.index
    assert scene.jump_to_level("C1") == "C1: 0.02; its place is not known"
    assert scene.jump_to_level("C7") == (
        "C7: not assessed (outside the images); its place is not known"
    )
    assert scene.index == before
    unread = Scene(scene.volume)
    assert unread.jump_to_level("C5") == "No machine reading."


def test_everything_is_switched_by_its_name_in_the_table_of_keys() -> None:
    scene = scene_with()
    for key in KEYS:
        if key.action == "toggle":
            before = getattr(scene.shown, str(key.argument))
            assert scene.toggle(str(key.argument)) is not before
    seen = [scene.next_opacity() for _ in range(2 * len(OPACITIES))]
    assert set(seen) == set(OPACITIES)


def test_no_key_is_given_twice() -> None:
    sequences = [each for key in KEYS for each in key.sequences]
    assert len(sequences) == len(set(sequences))


def test_switched_off_marks_are_gone() -> None:
    scene = scene_with(("C5", 9, 0.91))
    scene.next_finding()
    assert scene.overlays(Orientation.AXIAL)
    scene.toggle("boxes")
    assert scene.overlays(Orientation.AXIAL) == []
    assert scene.overlays(Orientation.SAGITTAL)
    scene.toggle("levels")
    assert scene.overlays(Orientation.SAGITTAL) == []


def test_a_picture_is_made_once_while_nothing_changes() -> None:
    scene = scene_with()
    kept = {each: scene.image(each) for each in Orientation}
    assert all(scene.image(each) is kept[each] for each in Orientation)
    scene.step(1)
    assert scene.image(Orientation.AXIAL) is not kept[Orientation.AXIAL]
    assert scene.image(Orientation.SAGITTAL) is kept[Orientation.SAGITTAL]
    scene.point_at(scene.stack.point(10, 0, 0))
    assert scene.image(Orientation.SAGITTAL) is not kept[Orientation.SAGITTAL]


def test_slices_that_arrive_are_in_the_slice_at_once_and_in_the_reformats_when_renewed() -> None:
    found = stack()
    scene = Scene(GrowingVolume(found))
    middle = scene.index
    assert (scene.image(Orientation.AXIAL).hu == GAP).all()
    assert (scene.image(Orientation.CORONAL).hu == GAP).all()
    scene.volume.put(middle, np.zeros((4, 6), np.int16))
    assert (scene.image(Orientation.AXIAL).hu == 0).all()
    assert (scene.image(Orientation.CORONAL).hu == GAP).all()
    scene.renew()
    assert (scene.image(Orientation.CORONAL).hu == 0).any()


def test_a_measurement_is_seen_on_its_own_plane_only() -> None:
    scene = scene_with()
    ends = (scene.stack.point(10, 0, 0), scene.stack.point(10, 3, 0))
    scene.measurements.append(Measurement(Tool.RULER, Orientation.AXIAL, ends))
    assert len(scene.measurements_on(Orientation.AXIAL)) == 1
    assert scene.measurements_on(Orientation.SAGITTAL) == []
    scene.step(1)
    assert scene.measurements_on(Orientation.AXIAL) == []


def test_a_heat_map_is_drawn_where_it_is_switched_on() -> None:
    scene = scene_with()
    assert scene.heat_colours(Orientation.AXIAL) is None
    scene.heat = filled(stack([0, -10, -20]), lambda places: np.full(places.shape[:-1], 900.0))
    assert scene.heat_colours(Orientation.AXIAL) is None
    scene.toggle("heat")
    drawn = scene.heat_colours(Orientation.AXIAL)
    assert drawn is not None
    assert (drawn[1] >> 24 == round(0.5 * 255)).any()


def test_without_places_in_the_patient_only_the_slices_are_shown() -> None:
    images = [image(each, 0) for each in (1, 2, 3)]
    for each in images:
        del each["00200032"]
    scene = Scene(GrowingVolume(stack_of(images)))
    assert scene.orientations == (scene.native,)


def test_the_value_under_a_place_and_its_absence() -> None:
    scene = scene_with()
    point = scene.stack.point(4, 1, 3)
    assert scene.hu_at(point) == ramp(point)
    assert scene.hu_at(point + np.array([100, 0, 0])) is None


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (None, "n/a"),
        (0.0, "0.00"),
        (0.001, "<0.01"),
        (0.005, "0.01"),
        (0.994, "0.99"),
        (0.999, ">0.99"),
        (1.0, "1.00"),
    ],
)
def test_a_number_is_never_rounded_to_certainty(probability: float | None, expected: str) -> None:
    assert number(probability) == expected
