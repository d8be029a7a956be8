"""Goes through the console as a reader does, and takes a picture of every view in both themes."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QPoint, QSettings
from PyQt6.QtGui import QColor, QPainter, QPixmap
from PyQt6.QtWidgets import QApplication, QDialog, QLabel, QMenu, QPushButton, QWidget

from pyqt_console.client import NodeClient
from pyqt_console.i18n import use_language
from pyqt_console.records import SeriesRow
from pyqt_console.review.form import VerdictForm
from pyqt_console.theme import PALETTES
from pyqt_console.tokens import MemoryTokens
from pyqt_console.viewer.plane import Orientation
from pyqt_console.window import ConsoleWindow
from pyqt_console.workplace import Workplace
from tests.gui.viewer.pictures import drag
from tests.screenshots.node import PASSWORD
from tests.screenshots.relay import Relay

SIZE: Final = (1440, 900)
DEADLINE_S: Final = 60.0


def pause(seconds: float) -> None:
    """Let the console work for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def until(condition: Callable[[], object], what: str) -> None:
    """Let the console work until it is so."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, f"it takes too long: {what}"
        pause(0.02)


class Camera:
    """Writes pictures, each view once a theme."""

    def __init__(self, window: ConsoleWindow, folder: Path) -> None:
        self._window = window
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, over: QWidget | None = None, of: QWidget | None = None) -> None:
        """``over``: a dialog or menu that stands over the window; ``of``: another window."""
        for theme, palette in PALETTES.items():
            self._window.use_palette(palette)
            pause(0.12)
            picture = (of or self._window).grab()
            if over is not None:
                _lay_over(picture, over)
            picture.save(str(self._folder / f"{name}-{theme}.png"))


def _lay_over(picture: QPixmap, over: QWidget) -> None:
    upper, size = over.grab(), picture.deviceIndependentSize()
    right = isinstance(over, QMenu)
    x = size.width() - over.width() - 12 if right else (size.width() - over.width()) / 2
    y = 44.0 if right else (size.height() - over.height()) / 2
    painter = QPainter(picture)
    if not right:
        painter.fillRect(picture.rect(), QColor(0, 0, 0, 90))
    painter.drawPixmap(QPoint(round(x), round(y)), upper)
    painter.end()


class Session:
    """One user at the console."""

    def __init__(self, window: ConsoleWindow, url: str, name: str) -> None:
        self.window = window
        window.begin(url, name)
        window.login.password.setText(PASSWORD)
        window.login.submit()
        until(lambda: window.workplace is not None, "signed in")
        assert window.workplace is not None
        self.workplace: Workplace = window.workplace
        until(lambda: self.workplace.worklist.model.rowCount() > 0, "the worklist came")

    def row(self, family: str) -> SeriesRow:
        """Of a patient."""
        rows = self.workplace.worklist.model.rows
        return next(each for each in rows if each.patient_name.startswith(family))

    def open(self, family: str) -> VerdictForm:
        """A study, with all its images."""
        work, row = self.workplace, self.row(family)
        work.worklist.select(row.series_uid)
        work.worklist.opened.emit(row)
        review = work.review
        until(
            lambda: review.detail is not None and review.detail.row.series_uid == row.series_uid,
            "the study came",
        )
        until(
            lambda: work.images.scene is not None and work.images.scene.complete,
            "the images came",
        )
        assert review.form is not None
        return review.form


@contextmanager
def dialog_of(parent: QWidget, act: Callable[[], object]) -> Iterator[QDialog]:
    """The dialog that something opens; closed after."""
    before = set(parent.findChildren(QDialog))
    act()
    until(lambda: set(parent.findChildren(QDialog)) - before, "a dialog")
    (found,) = set(parent.findChildren(QDialog)) - before
    pause(0.15)
    yield found
    found.reject()
    found.close()
    pause(0.05)


def login(camera: Camera, window: ConsoleWindow, url: str) -> None:
    window.begin(url, "ann")
    camera.take("login")
    window.login.password.setText("a wrong one")
    window.login.submit()
    until(window.login.problem.text, "it is refused")
    camera.take("login-refused")


def reading(camera: Camera, session: Session, url: str, own_files: Path) -> None:
    work = session.workplace
    until(lambda: "connect" not in work.link.text(), "the link")
    work.worklist.show_tab("all")
    until(lambda: work.worklist.model.rowCount() >= 6, "all of the worklist")
    camera.take("worklist")
    work.worklist.bar.toggle_filters()
    camera.take("worklist-filters")
    work.worklist.bar.toggle_filters()
    form = session.open("ROTH")
    camera.take("study")
    form.choose("accept")
    draw_missed(work)
    camera.take("verdict-missed")
    session.open("LEE").choose("unsure")
    camera.take("verdict")
    session.open("BAUER")
    camera.take("not-analysed")
    session.open("OKAFOR")
    work.images.preset("2")
    camera.take("negative")
    conflict(session, url)
    camera.take("conflict")
    with dialog_of(work, work.keys.show) as keys:
        camera.take("keys", over=keys)
    with dialog_of(work, work._about) as about:
        camera.take("about", over=about)
    menu = next(each.menu() for each in work.findChildren(QPushButton) if each.menu() is not None)
    assert menu is not None
    menu.popup(QPoint(0, 0))
    camera.take("menu", over=menu)
    menu.close()
    with dialog_of(work, lambda: work.files.send([own_files])) as dialog:
        until(lambda: not any("…" in each.text() for each in dialog.findChildren(QLabel)), "sent")
        camera.take("own-files", over=dialog)


def draw_missed(work: Workplace) -> None:
    """A box on the slices, as of a fracture that the machine missed."""
    work.missed.draw()
    pane = work.images.pane(Orientation.AXIAL)
    middle = pane.rect().center()
    drag(pane, (pane.width() // 3, pane.height() // 3), (middle.x(), middle.y()))


def conflict(session: Session, url: str) -> None:
    """Another reader signs first."""
    form, row = session.open("SILVA"), session.row("SILVA")
    other = NodeClient(url)
    other.sign_in("bob", PASSWORD)
    detail = other.detail(row.series_uid)
    said = {
        "findings": [
            {"level": each.level, "verdict": "reject", "comment": ""} for each in detail.findings
        ],
        "added": [],
        "absent_levels": [],
        "no_finding": True,
        "comment": "Motion artefact at C3.",
    }
    other.give_verdict(
        row.series_uid, said, generation=row.generation, known_verdicts=len(detail.verdicts)
    )
    other.close()
    for _ in form.rows:
        form.choose("reject")
    form.no_finding.click()
    form.try_to_sign()
    banner = session.workplace.review.banner
    until(lambda: not banner.isHidden(), "the conflict is told")


def administration(camera: Camera, session: Session) -> None:
    admin = session.workplace.administration
    admin.resize(1280, 800)
    admin.open()
    for entry in admin.entries:
        admin.go_to(entry.name)
        pause(0.7)
        camera.take(f"admin-{entry.name}", of=admin)
    admin.hide()


def main(url: str, own_files: Path, language: str, folder: Path) -> None:
    program = QApplication([])
    use_language(program, language)
    with tempfile.TemporaryDirectory() as scratch:
        relay = Relay(url)
        settings = QSettings(str(Path(scratch) / "console.ini"), QSettings.Format.IniFormat)
        window = ConsoleWindow(settings, MemoryTokens(), Path(scratch) / "drafts")
        window.resize(*SIZE)
        window.show()
        camera = Camera(window, folder)
        login(camera, window, url)
        session = Session(window, url, "root")
        administration(camera, session)
        session.workplace.leaving.emit("")
        session = Session(window, relay.url, "ann")
        reading(camera, session, url, own_files)
        session.open("ROTH")
        relay.cut()
        until(lambda: not session.workplace.worklist.banner.isHidden(), "it is offline")
        camera.take("offline")
        window.lock()
        camera.take("locked")
        window.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[3]), sys.argv[4], Path(sys.argv[5]))
