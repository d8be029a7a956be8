"""A fracture that the machine missed: drawn on the images, kept, signed, and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QSettings, Qt
from pytestqt.qtbot import QtBot

from pyqt_console.images import Images
from pyqt_console.review.form import VerdictForm
from pyqt_console.tokens import MemoryTokens
from pyqt_console.viewer.measure import Tool
from pyqt_console.viewer.plane import Orientation
from pyqt_console.viewer.scene import Scene
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from storage import deliveries, verdicts
from storage.records import Piece, Role, SeriesRecord
from tests.gui.conftest import WAIT_MS
from tests.gui.reading import enhanced_and_refused, with_two_findings
from tests.gui.test_verdict import opened, press
from tests.integration.api.conftest import Api

SignIn = Callable[..., Workplace]


@pytest.fixture
def reading(api: Api, tmp_path: Path) -> SeriesRecord:
    return with_two_findings(api, tmp_path / "ct")


def images_of(qtbot: QtBot, workplace: Workplace) -> tuple[Images, Scene]:
    images = workplace.images
    qtbot.waitUntil(lambda: images.scene is not None and images.scene.complete, timeout=WAIT_MS)
    assert images.scene is not None
    return images, images.scene


def at(images: Images, row: float, column: float) -> QPoint:
    """Where a pixel of the slice in sight is on the screen."""
    scene, pane = images.scene, images.pane(Orientation.AXIAL)
    assert scene is not None
    place = scene.stack.point(scene.index, row, column)
    x, y = pane.current_camera().screen_px(scene.plane(Orientation.AXIAL), place)
    return QPoint(round(x), round(y))


def drag(qtbot: QtBot, images: Images, start: QPoint, end: QPoint, *, let_go: bool = True) -> None:
    pane, left = images.pane(Orientation.AXIAL), Qt.MouseButton.LeftButton
    qtbot.mousePress(pane, left, pos=start)
    qtbot.mouseMove(pane, (start + end) / 2)
    qtbot.mouseMove(pane, end)
    if let_go:
        qtbot.mouseRelease(pane, left, pos=end)


def draw(qtbot: QtBot, workplace: Workplace, box: tuple[int, int, int, int]) -> None:
    """By the key and the hand, from the first pixel to the last."""
    left, top, width, height = box
    images = workplace.images
    press(qtbot, workplace, Qt.Key.Key_D)
    end = at(images, top + height - 1, left + width - 1)
    drag(qtbot, images, at(images, top, left), end)


def choose_level(form: VerdictForm, number: int, level: str) -> None:
    row = form.added.rows[number]
    row.level.setCurrentText(level)
    row.level.activated.emit(row.level.currentIndex())


def reject_all(qtbot: QtBot, workplace: Workplace) -> None:
    press(qtbot, workplace, Qt.Key.Key_R)
    press(qtbot, workplace, Qt.Key.Key_R)


def test_a_missed_fracture_is_drawn_and_stands_to_the_pixel_in_the_verified_report(
    qtbot: QtBot, api: Api, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    images, scene = images_of(qtbot, workplace)
    images.go_to(1)
    box = (12, 20, 9, 7)
    draw(qtbot, workplace, box)
    (row,) = form.added.rows
    assert (row.added.box, row.added.key_slice_frame) == (box, None)
    assert images.pane(Orientation.AXIAL).tool is Tool.POINT
    nearest = scene.reading.level(row.added.level)
    assert nearest is not None
    assert nearest.slices is not None
    choose_level(form, 0, "C7")
    images.go_to(3)
    qtbot.keyClick(images, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert list(scene.marks[0].slices(scene.stack)) == [1, 2, 3]
    row = form.added.rows[0]
    qtbot.keyClicks(row.comment, "lamina")
    reject_all(qtbot, workplace)
    assert form.why_not.text() == ""
    press(qtbot, workplace, Qt.Key.Key_N)
    qtbot.waitUntil(
        lambda: len(verdicts.verdicts_of(api.database, reading.id)) == 1, timeout=WAIT_MS
    )
    (stored,) = [
        each
        for each in deliveries.objects_of(api.database, reading.id)
        if each.piece is Piece.VERDICT
    ]
    report = hd.sr.srread(stored.path)
    assert report.VerificationFlag == "VERIFIED"
    assert isinstance(report, hd.sr.Comprehensive3DSR)
    content = report.content
    assert isinstance(content, hd.sr.MeasurementReport)
    (group,) = content.get_planar_roi_measurement_groups()
    assert group.finding_sites[0].value.meaning == "C7 vertebra"
    region = group.roi
    assert region is not None
    outline = region.value
    assert outline.min(axis=0).tolist() == [12, 20]
    assert outline.max(axis=0).tolist() == [12 + 9, 20 + 7]
    source = region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    assert source == scene.stack.slices[1].frame.sop_instance_uid
    places = [each for each in group[0].ContentSequence if each.ValueType == "SCOORD3D"]
    for place, index in zip(places, (1, 1, 3), strict=True):  # its own slice, the first, the last
        corners = np.array(place.GraphicData, dtype=float).reshape(-1, 3)
        assert np.allclose(corners[0], scene.stack.point(index, 19.5, 11.5), atol=0.01)
        assert np.allclose(corners[2], scene.stack.point(index, 26.5, 20.5), atol=0.01)
    said = [str(each.TextValue) for each in group[0].ContentSequence if each.ValueType == "TEXT"]
    assert "Reader's comment: lamina" in said
    assert "Reader: seen from slice 2 to slice 4." in said


def test_on_frames_of_one_image_without_the_machine_the_reader_names_level_and_frame(
    qtbot: QtBot, api: Api, sign_in: SignIn, tmp_path: Path
) -> None:
    reading = enhanced_and_refused(api, tmp_path / "ct")
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    images, scene = images_of(qtbot, workplace)
    assert scene.count == 12
    images.go_to(4)
    draw(qtbot, workplace, (12, 20, 9, 7))
    images.go_to(6)
    qtbot.mouseClick(form.added.rows[0].to_here, Qt.MouseButton.LeftButton)
    assert form.why_not.text() == "Choose the level of the finding that you drew."
    choose_level(form, 0, "C3")
    assert form.why_not.text() == ""
    press(qtbot, workplace, Qt.Key.Key_N)
    qtbot.waitUntil(
        lambda: len(verdicts.verdicts_of(api.database, reading.id)) == 1, timeout=WAIT_MS
    )
    (row,) = verdicts.verdicts_of(api.database, reading.id)
    (added,) = row.document["added"]
    frames = [scene.stack.slices[index].frame.frame_number for index in (4, 4, 6)]
    uid = scene.stack.slices[4].frame.sop_instance_uid
    assert (added["level"], added["box"]) == ("C3", [12, 20, 9, 7])
    assert (added["key_slice_sop_uid"], added["key_slice_frame"]) == (uid, frames[0])
    assert added["first_slice"] == {"sop_uid": uid, "frame": frames[1]}
    assert added["last_slice"] == {"sop_uid": uid, "frame": frames[2]}


def test_a_box_is_changed_by_its_handles_moved_undone_and_removed(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    images, scene = images_of(qtbot, workplace)
    draw(qtbot, workplace, (10, 10, 20, 20))
    pane = images.pane(Orientation.AXIAL)
    corner, lower = at(images, 29.5, 29.5), at(images, 34.5, 36.5)
    qtbot.mouseMove(pane, corner)
    assert pane.cursor().shape() is Qt.CursorShape.SizeFDiagCursor
    drag(qtbot, images, corner, lower)
    assert form.draft.added[0].box == (10, 10, 27, 25)
    edge = at(images, 9.5, 15)  # between corner and middle: the whole
    drag(qtbot, images, edge, at(images, 14.5, 15))
    assert form.draft.added[0].box == (10, 15, 27, 25)
    press_undo(qtbot, workplace)
    press_undo(qtbot, workplace)
    assert form.draft.added[0].box == (10, 10, 20, 20)
    draw(qtbot, workplace, (40, 40, 6, 6))
    assert [each.box for each in form.draft.added] == [(10, 10, 20, 20), (40, 40, 6, 6)]
    assert [each.box_px for each in scene.marks] == [each.box for each in form.draft.added]
    qtbot.keyClick(images, Qt.Key.Key_Delete)  # the one drawn last is in hand
    assert [each.box for each in form.draft.added] == [(10, 10, 20, 20)]
    qtbot.mouseClick(form.added.rows[0].remove, Qt.MouseButton.LeftButton)
    assert not form.draft.added
    assert not scene.marks
    press_undo(qtbot, workplace)
    assert [each.box for each in form.draft.added] == [(10, 10, 20, 20)]
    images.go_to(0)
    qtbot.mouseClick(form.added.rows[0].show_button, Qt.MouseButton.LeftButton)
    assert scene.stack.slices[scene.index].frame == scene.marks[0].frame


def press_undo(qtbot: QtBot, workplace: Workplace) -> None:
    qtbot.keyClick(workplace.worklist.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_escape_and_a_click_draw_nothing(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    form = opened(qtbot, workplace, reading.series_uid)
    images, scene = images_of(qtbot, workplace)
    pane = images.pane(Orientation.AXIAL)
    press(qtbot, workplace, Qt.Key.Key_D)
    drag(qtbot, images, at(images, 10, 10), at(images, 30, 30), let_go=False)
    assert scene.seen_marks() != ()
    qtbot.keyClick(images, Qt.Key.Key_Escape)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=at(images, 30, 30))
    assert (form.draft.added, scene.seen_marks()) == ((), ())
    press(qtbot, workplace, Qt.Key.Key_D)
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=at(images, 10, 10))
    assert not form.draft.added
    assert "too small" in images.said.text()
    images.close_series()
    assert pane.tool is Tool.POINT  # nobody draws on the next study by mistake


def test_what_is_drawn_is_the_reader_s_and_not_in_the_machine_s_colour(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    images, _ = images_of(qtbot, workplace)
    images.go_to(0)
    pane = images.pane(Orientation.AXIAL)
    draw(qtbot, workplace, (10, 10, 20, 20))
    edge = at(images, 9.5, 15)
    colour = pane.grab().toImage().pixelColor(edge)
    assert colour.green() > colour.blue() + 40
    assert colour.green() > colour.red() + 40
    qtbot.keyClick(images, Qt.Key.Key_B)
    hidden = pane.grab().toImage().pixelColor(edge)
    assert abs(hidden.green() - hidden.blue()) < 5


def test_a_drawn_box_survives_a_crash(
    qtbot: QtBot,
    api: Api,
    reading: SeriesRecord,
    sign_in: SignIn,
    tmp_path: Path,
    settings: QSettings,
    tokens: MemoryTokens,
) -> None:
    workplace = sign_in()
    opened(qtbot, workplace, reading.series_uid)
    images_of(qtbot, workplace)
    draw(qtbot, workplace, (10, 12, 20, 22))
    files = tmp_path / "drafts"
    qtbot.waitUntil(
        lambda: any("[10, 12, 20, 22]" in each.read_text() for each in files.glob("*.json")),
        timeout=WAIT_MS,
    )
    tokens.save(api.url, api.token("ann"))
    again = ConsoleWindow(settings, tokens, files)
    qtbot.addWidget(again)
    again.begin(api.url)
    qtbot.waitUntil(lambda: again.workplace is not None, timeout=WAIT_MS)
    assert again.workplace is not None
    form = opened(qtbot, again.workplace, reading.series_uid)
    assert [each.box for each in form.draft.added] == [(10, 12, 20, 22)]
    _, scene = images_of(qtbot, again.workplace)
    assert [each.box_px for each in scene.marks] == [(10, 12, 20, 22)]
    again.close()


def test_who_may_not_sign_draws_nothing(
    qtbot: QtBot, reading: SeriesRecord, sign_in: SignIn
) -> None:
    workplace = sign_in("root", Role.ADMIN)
    form = opened(qtbot, workplace, reading.series_uid)
    images, _ = images_of(qtbot, workplace)
    press(qtbot, workplace, Qt.Key.Key_D)
    assert images.said.text() == "Only a radiologist signs."
    assert images.pane(Orientation.AXIAL).tool is Tool.POINT
    assert form.draft.is_empty
