"""The viewer against a real API with DICOMweb, by its keys and its mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import numpy as np
import pytest
from pydicom import Dataset
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QImage, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dicom_node.api.server import ApiServer
from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.pane import PlanePane
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.scene import Scene
from pyqt_console.viewer.viewer import ImageViewer
from pyqt_console.viewer.window import PRESETS
from tests.gui.viewer.conftest import WAIT_MS, result_for
from tests.integration.api.conftest import Api

Store = Callable[..., list[Dataset]]
Open = Callable[..., ImageViewer]


def scene_of(viewer: ImageViewer) -> Scene:
    assert viewer.scene is not None
    return viewer.scene


def pixel(pane: PlanePane, at: QPoint) -> tuple[int, int, int]:
    """The colour that a reader sees there."""
    colour = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB32).pixelColor(at)
    return colour.red(), colour.green(), colour.blue()


def machine_colour_at(pane: PlanePane, at: QPoint) -> bool:
    """Whether the machine's blue is within two pixels; images themselves are grey."""
    found = [pixel(pane, at + QPoint(x, y)) for x in range(-2, 3) for y in range(-2, 3)]
    return any(blue > red + 60 for red, _, blue in found)


def screen(pane: PlanePane, scene: Scene, index: int, row: float, column: float) -> QPoint:
    """Where a pixel of a slice is on the screen."""
    plane = scene.plane(pane.orientation)
    found = pane.current_camera().screen_px(plane, scene.stack.point(index, row, column))
    return QPointF(*found).toPoint()


def wheel(pane: PlanePane, turned: int, *, ctrl: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    centre = QPointF(pane.rect().center())
    event = QWheelEvent(
        centre,
        centre,
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def test_what_is_shown_are_the_pixels_of_the_files(store: Store, open_series: Open) -> None:
    sources = store(slices=12)
    scene = scene_of(open_series(sources))
    assert scene.count == 12
    for index, source in enumerate(sources):
        hu = source.pixel_array * float(source.RescaleSlope) + float(source.RescaleIntercept)
        assert (scene.volume.slice_hu(index) == np.rint(hu)).all()


def test_it_opens_in_the_middle_and_scrolls_by_keys_and_wheel(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=12))
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    assert scene.index == 6
    with qtbot.waitSignal(viewer.slice_changed) as told:
        qtbot.keyClick(viewer, Qt.Key.Key_Right)
    assert told.args == [7, 12]
    qtbot.keyClick(viewer, Qt.Key.Key_Up)
    qtbot.keyClick(viewer, Qt.Key.Key_Left)
    assert scene.index == 5
    wheel(pane, -240)
    assert scene.index == 7
    for _ in range(4):  # a fine wheel
        wheel(pane, 30)
    assert scene.index == 6
    qtbot.keyClick(viewer, Qt.Key.Key_End)
    assert scene.index == 11
    qtbot.keyClick(viewer, Qt.Key.Key_PageUp)
    assert scene.index == 1
    qtbot.keyClick(viewer, Qt.Key.Key_Home)
    wheel(pane, 120)
    assert scene.index == 0


def test_the_screen_shows_water_grey_and_air_black(store: Store, open_series: Open) -> None:
    viewer = open_series(store(slices=5))
    viewer.preset("2")
    viewer.toggle("crosshair")
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    air = screen(pane, scene, 2, 4, 24)
    water = screen(pane, scene, 2, 36, 36)
    assert max(pixel(pane, air)) < 10
    grey = pixel(pane, water)
    assert len(set(grey)) == 1  # images are never tinted
    assert 90 < grey[0] < 130  # 0 HU at W 400 L 40
    viewer.toggle("inverted")
    assert min(pixel(pane, air)) > 245
    assert pixel(pane, water)[0] == pytest.approx(255 - grey[0], abs=4)


def test_keys_and_the_right_button_set_the_window(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=5))
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    for key, preset in ((Qt.Key.Key_3, "3"), (Qt.Key.Key_2, "2"), (Qt.Key.Key_1, "1")):
        qtbot.keyClick(viewer, key)
        assert scene.window == PRESETS[preset].window
    before = pane.grab().toImage()
    qtbot.mousePress(pane, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
    qtbot.mouseMove(pane, QPoint(140, 90))
    qtbot.mouseRelease(pane, Qt.MouseButton.RightButton, pos=QPoint(140, 90))
    assert scene.window.width > 1800
    assert scene.window.centre < 400
    assert pane.grab().toImage() != before


def test_zoom_stays_under_the_pointer_and_pan_follows_the_hand(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=5))
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    plane, centre = scene.plane(Orientation.AXIAL), pane.rect().center()
    before = pane.current_camera().patient_mm(plane, centre.x(), centre.y())
    wheel(pane, 480, ctrl=True)
    camera = pane.current_camera()
    assert camera.patient_mm(plane, centre.x(), centre.y()) == pytest.approx(before, abs=1)
    qtbot.mousePress(pane, Qt.MouseButton.MiddleButton, pos=centre)
    qtbot.mouseMove(pane, centre + QPoint(30, -20))
    qtbot.mouseRelease(pane, Qt.MouseButton.MiddleButton, pos=centre + QPoint(30, -20))
    x, y = pane.current_camera().screen_px(plane, before)
    assert (x - centre.x(), y - centre.y()) == pytest.approx((30, -20), abs=1)
    zoomed = camera.mm_per_pixel
    qtbot.keyClick(viewer, Qt.Key.Key_0)
    assert pane.current_camera().mm_per_pixel > zoomed


def test_a_click_links_the_three_planes_at_one_place_in_the_patient(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=20))
    scene = scene_of(viewer)
    axial, sagittal = viewer.pane(Orientation.AXIAL), viewer.pane(Orientation.SAGITTAL)
    qtbot.mouseClick(axial, Qt.MouseButton.LeftButton, pos=screen(axial, scene, 10, 20, 45))
    wanted = scene.stack.point(10, 20, 45)
    assert scene.point_mm == pytest.approx(wanted, abs=1)
    assert scene.plane(Orientation.SAGITTAL).w_mm == pytest.approx(-wanted[0], abs=1)
    assert scene.plane(Orientation.CORONAL).w_mm == pytest.approx(wanted[1], abs=1)
    qtbot.mouseClick(sagittal, Qt.MouseButton.LeftButton, pos=screen(sagittal, scene, 3, 40, 45))
    assert scene.index == 3
    assert scene.point_mm == pytest.approx(scene.stack.point(3, 40, 45), abs=1)


def test_the_reformats_show_the_cylinder_in_true_millimetres(
    store: Store, open_series: Open
) -> None:
    """The phantom is 120 mm wide and as long as the series, whatever the spacing of its slices."""
    viewer = open_series(store(slices=30, spacing_mm=(4.0, 3.0, 3.0)))
    scene = scene_of(viewer)
    coronal = scene.image(Orientation.CORONAL)
    row = coronal.hu[coronal.hu.shape[0] // 2]
    assert (row > -500).sum() * coronal.geometry.spacing_mm[1] == pytest.approx(120, abs=6)
    assert coronal.geometry.rectangle_mm[3] == pytest.approx(29 * 4 + 3, abs=3)


def test_findings_are_jumped_to_by_key_and_drawn_in_the_machines_colour(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    sources = store(slices=20)
    result = result_for(sources, ("C2", 4, 0.71), ("C6", 15, 0.97))
    viewer = open_series(sources, result=result)
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    assert scene.index == 15  # the surest one
    qtbot.keyClick(viewer, Qt.Key.Key_F)
    assert scene.index == 4
    assert viewer.said.text() == "◇ C2: fracture suspected, 0.71"
    viewer.toggle("crosshair")
    edge = screen(pane, scene, 4, 23.5 + 5, 19.5)
    assert machine_colour_at(pane, edge)
    qtbot.keyClick(viewer, Qt.Key.Key_B)
    assert not machine_colour_at(pane, edge)
    qtbot.keyClick(viewer, Qt.Key.Key_F)
    assert scene.index == 15
    qtbot.keyClick(viewer, Qt.Key.Key_F)
    assert scene.index == 4  # around the end
    qtbot.keyClick(viewer, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert scene.index == 15


def test_levels_are_jumped_to_by_key_and_by_bar(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    sources = store(slices=40)
    result = result_for(sources, ("C6", 27, 0.97))
    result["levels"]["C7"], result["level_coverage"]["C7"] = None, "outside_the_images"
    result["level_slices"]["C7"] = None
    viewer = open_series(sources, result=result)
    scene = scene_of(viewer)
    qtbot.keyClick(viewer, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert 10 <= scene.index <= 14
    assert viewer.said.text() == "◇ C3: 0.03"
    place = viewer.levels.cell(5).center().toPoint()
    qtbot.mouseClick(viewer.levels, Qt.MouseButton.LeftButton, pos=place)
    assert scene.index == 27
    qtbot.keyClick(viewer, Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    assert scene.index == 27
    assert viewer.said.text() == "◇ C7: not assessed (outside the images); its place is not known"
    assert "C7 n/a" in viewer.levels.accessibleName()
    assert "Research use only" in viewer.levels.toolTip()
    assert "test-model 7" in viewer.levels.toolTip()


def test_without_a_reading_nothing_looks_like_a_negative(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    refused = {"status": "not_analysed", "reason": {"code": "gap", "text": "Slices are missing."}}
    viewer = open_series(store(slices=5), result=refused)
    assert not viewer.levels.isVisible()
    qtbot.keyClick(viewer, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert viewer.said.text() == "◇ Not analysed: Slices are missing."
    qtbot.keyClick(viewer, Qt.Key.Key_F)
    assert "marked nothing" in viewer.said.text()


def test_a_ruler_measures_millimetres_by_dragging_and_by_clicking(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=5))
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    start, end = screen(pane, scene, 2, 20, 10), screen(pane, scene, 2, 20, 40)
    qtbot.keyClick(viewer, Qt.Key.Key_M)
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane, end)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=end)
    (dragged,) = scene.measurements
    assert float(dragged.text().removesuffix(" mm")) == pytest.approx(90, abs=1)
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane, end)
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=end)
    assert scene.measurements[1].text() == dragged.text()
    assert len(scene.measurements_on(Orientation.AXIAL)) == 2
    viewer.step(1)
    assert scene.measurements_on(Orientation.AXIAL) == []
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert scene.measurements == [dragged]


def test_an_angle_takes_three_points_and_escape_drops_it(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=5))
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    first, vertex, second = (screen(pane, scene, 2, *at) for at in ((20, 10), (20, 40), (45, 40)))
    qtbot.keyClick(viewer, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    for place in (first, vertex, second):
        qtbot.mouseMove(pane, place)
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=place)
    (angle,) = scene.measurements
    assert float(angle.text().removesuffix("°")) == pytest.approx(90, abs=1)
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=first)
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert pane.drawn is None
    assert len(scene.measurements) == 1


def test_cine_runs_and_stops(qtbot: QtBot, store: Store, open_series: Open) -> None:
    viewer = open_series(store(slices=5))
    seen: list[int] = []
    viewer.slice_changed.connect(lambda index, _: seen.append(index))
    qtbot.keyClick(viewer, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(seen) >= 6, timeout=WAIT_MS)
    qtbot.keyClick(viewer, Qt.Key.Key_Space)
    assert seen[:6] == [3, 4, 0, 1, 2, 3]
    assert not viewer._cine.isActive()


def test_a_slice_that_lies_on_the_rail_is_one_click_away(
    qtbot: QtBot, store: Store, open_series: Open
) -> None:
    viewer = open_series(store(slices=40))
    pane = viewer.pane(Orientation.AXIAL)
    rail_x = pane.width() - 6
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(rail_x, 28))
    assert scene_of(viewer).index == 0
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(rail_x, pane.height() - 28))
    assert scene_of(viewer).index == 39


def test_the_value_under_the_pointer_is_said(qtbot: QtBot, store: Store, open_series: Open) -> None:
    viewer = open_series(store(slices=5))
    scene, pane = scene_of(viewer), viewer.pane(Orientation.AXIAL)
    qtbot.mouseMove(pane, screen(pane, scene, 2, 10, 32))
    expected = scene.volume.hu_at(2, 10, 32)
    qtbot.waitUntil(lambda: viewer.under.text().endswith(f"{expected} HU"), timeout=WAIT_MS)


@pytest.mark.parametrize("slices", [1, 2])
def test_one_slice_is_a_series(store: Store, open_series: Open, slices: int) -> None:
    viewer = open_series(store(slices=slices))
    viewer.step(5)
    assert scene_of(viewer).index == slices - 1
    viewer.grab()
    assert viewer.status.text() == ("1 image" if slices == 1 else "2 images")


def test_a_double_click_makes_one_pane_large(qtbot: QtBot, store: Store, open_series: Open) -> None:
    viewer = open_series(store(slices=5))
    sagittal = viewer.pane(Orientation.SAGITTAL)
    before = sagittal.width()
    qtbot.mouseDClick(sagittal, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: sagittal.width() > 2 * before, timeout=WAIT_MS)
    assert not viewer.pane(Orientation.AXIAL).isVisible()
    qtbot.mouseDClick(sagittal, Qt.MouseButton.LeftButton)
    assert viewer.pane(Orientation.AXIAL).isVisible()


def test_a_damaged_instance_is_a_sentence_and_the_others_are_read(
    api: Api, store: Store, open_series: Open
) -> None:
    sources = store(slices=9)
    (damaged,) = (
        path
        for path in api.context.data_dir.root.rglob("*")
        if path.is_file() and sources[4].SOPInstanceUID in path.name
    )
    damaged.write_bytes(damaged.read_bytes()[:-3000])
    viewer = open_series(sources)
    scene = scene_of(viewer)
    assert scene.volume.present.sum() == 8
    assert list(scene.volume.damaged) == [4]
    assert "1 cannot be shown" in viewer.status.text()
    before = viewer.pane(Orientation.AXIAL).grab().toImage()
    viewer.go_to(3)
    assert viewer.pane(Orientation.AXIAL).grab().toImage() != before


def test_signed_out_is_said_and_can_be_tried_again(
    qtbot: QtBot, api: Api, client: httpx.Client, viewer: ImageViewer, store: Store
) -> None:
    (source, *_) = store(slices=3)
    token = client.headers.pop("Authorization")
    with qtbot.waitSignal(viewer.signed_out, timeout=WAIT_MS):
        viewer.open_series(
            DicomwebImages(client, source.StudyInstanceUID), source.SeriesInstanceUID
        )
    assert viewer.trouble.text() == "You are signed out."
    client.headers["Authorization"] = token
    with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
        qtbot.mouseClick(viewer.again, Qt.MouseButton.LeftButton)
    assert not viewer.trouble.isVisible()


def test_a_node_that_is_not_there_is_waited_for(
    qtbot: QtBot, api: Api, client: httpx.Client, viewer: ImageViewer, store: Store
) -> None:
    (source, *_) = store(slices=3)
    port = api.server.port
    api.server.stop()
    viewer.open_series(DicomwebImages(client, source.StudyInstanceUID), source.SeriesInstanceUID)
    qtbot.waitUntil(viewer.trouble.isVisible, timeout=WAIT_MS)
    assert viewer.trouble.text() == "The server does not answer. Trying again …"
    settings = api.context.settings
    again = settings.model_copy(update={"api": settings.api.model_copy(update={"port": port})})
    server = ApiServer(replace(api.context, settings=again))
    with qtbot.waitSignal(viewer.loaded, timeout=WAIT_MS):
        server.start()
    server.stop()
    assert not viewer.trouble.isVisible()


def test_closing_the_series_leaves_nothing_of_the_patient(store: Store, open_series: Open) -> None:
    sources = store(slices=5)
    viewer = open_series(sources, banner="DOE, JANE", result=result_for(sources, ("C2", 1, 0.8)))
    assert viewer.banner.text() == "DOE, JANE"
    viewer.close_series()
    assert viewer.banner.text() == viewer.status.text() == ""
    assert viewer.scene is None
    assert not viewer.levels.isVisible()


def test_the_next_series_takes_the_place_of_one_that_still_loads(
    qtbot: QtBot, client: httpx.Client, viewer: ImageViewer, store: Store, open_series: Open
) -> None:
    first, second = store(slices=60), store(slices=4)
    viewer.open_series(
        DicomwebImages(client, first[0].StudyInstanceUID), first[0].SeriesInstanceUID
    )
    open_series(second)
    assert scene_of(viewer).count == 4
    assert scene_of(viewer).volume.complete
