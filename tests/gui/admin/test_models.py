"""Models at the console: what each says, which reads, activating one, and one that cannot be."""

from __future__ import annotations

import hashlib
import shutil
from typing import cast

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inference.model_files import shipped_weights
from inference.types import ModelIdentity
from pyqt_console.admin.models import ModelsPage
from pyqt_console.admin.question import Question
from storage import settings
from storage.records import Role
from tests.gui.admin.conftest import Opened
from tests.gui.conftest import WAIT_MS
from tests.integration.api.conftest import Api
from tests.integration.api.test_shadow import read_by_both

SMALL = shipped_weights().with_name("phantom-small.safetensors")


@pytest.fixture
def known(api: Api) -> Api:
    """The shipped model reads; another can be used; a third is broken."""
    folder = api.context.data_dir.root / "models"
    folder.mkdir(exist_ok=True)
    shutil.copy(SMALL, folder)
    (folder / "broken.cspine").write_bytes(b"no bundle")
    is_loaded(api, hashlib.sha256(shipped_weights().read_bytes()).hexdigest())
    return api


def is_loaded(api: Api, sha256: str) -> None:
    api.context.instruments.worker.is_warm(ModelIdentity("m", "0", sha256), "cpu")


def models(qtbot: QtBot, opened: Opened, role: Role = Role.ADMIN) -> ModelsPage:
    window = opened(role)
    window.go_to("models")
    page = cast("ModelsPage", window.current)
    qtbot.waitUntil(lambda: len(page.table.shown()) == 3, timeout=WAIT_MS)
    return page


def choose(page: ModelsPage, file: str) -> None:
    (key,) = [(each.sha256, each.file) for each in page.models if each.file == file]
    assert page.table.select(key)


def states(page: ModelsPage) -> dict[str, str]:
    model = page.table.sorted
    return {
        model.index(row, 3).data(): model.index(row, 0).data() for row in range(model.rowCount())
    }


def test_each_model_says_what_it_is_and_activating_asks_first(
    qtbot: QtBot, known: Api, opened: Opened
) -> None:
    page = models(qtbot, opened)
    assert states(page) == {
        shipped_weights().name: "✓ reads now",
        "broken.cspine": "✕ cannot be used",
        SMALL.name: "can be used",
    }
    choose(page, shipped_weights().name)
    assert "no patient's image" in page.facts.values["Trained on"].text()
    assert not page.activate.isVisible()
    choose(page, "broken.cspine")
    assert not page.activate.isEnabled()
    assert "cannot be read" in page.state.text()

    choose(page, SMALL.name)
    qtbot.mouseClick(page.activate, Qt.MouseButton.LeftButton)
    dialog = page.findChild(Question)
    assert dialog is not None
    assert "From the next series on cspine-phantom 0.1.0 reads" in dialog.text.text()
    assert settings.stored(known.database) == {}
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(page)[SMALL.name] == "… chosen, not loaded", timeout=WAIT_MS)
    assert states(page)[shipped_weights().name] == "… reads until then"
    is_loaded(known, hashlib.sha256(SMALL.read_bytes()).hexdigest())
    page.refresh()
    qtbot.waitUntil(lambda: states(page)[SMALL.name] == "✓ reads now", timeout=WAIT_MS)


def test_a_file_that_broke_meanwhile_is_not_activated(
    qtbot: QtBot, known: Api, opened: Opened
) -> None:
    page = models(qtbot, opened)
    choose(page, SMALL.name)
    qtbot.mouseClick(page.activate, Qt.MouseButton.LeftButton)
    dialog = page.findChild(Question)
    assert dialog is not None
    (known.context.data_dir.root / "models" / SMALL.name).write_bytes(b"broken")
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(dialog.problem.isVisible, timeout=WAIT_MS)
    assert dialog.problem.text() == "No model of that digest is known."
    assert settings.stored(known.database) == {}
    dialog.reject()


def test_a_radiologist_sees_the_models_and_changes_nothing(
    qtbot: QtBot, known: Api, opened: Opened
) -> None:
    page = models(qtbot, opened, Role.RADIOLOGIST)
    choose(page, SMALL.name)
    assert not page.activate.isVisible()


def test_a_shadow_is_chosen_compared_and_ended(qtbot: QtBot, known: Api, opened: Opened) -> None:
    read_by_both(known, "1.1")
    page = models(qtbot, opened)
    choose(page, SMALL.name)
    qtbot.mouseClick(page.choose_shadow, Qt.MouseButton.LeftButton)
    dialog = page.findChild(Question)
    assert dialog is not None
    assert "No reader sees what it says" in dialog.text.text()
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(page)[SMALL.name] == "◌ reads in the shadow", timeout=WAIT_MS)
    assert not page.choose_shadow.isVisible()

    page.tabs.open("shadow")
    view = page.shadow
    qtbot.waitUntil(lambda: "0 series wait for it" in view.state.text(), timeout=WAIT_MS)
    assert view.words.text() == (
        "1 series was read by both, of which 1 can be compared. They say the same of 0 (0 %); only "
        "the shadow sees a fracture in 0, only the active one in 1. The shadow takes 1.5 s for a "
        "series."
    )
    assert "No reader has given a verdict" in view.readers.text()
    whole, *levels = view.table.shown()
    assert (whole.models.only_active, [each.name for each in levels][:2]) == (1, ["C1", "C2"])
    (differs,) = view.differ.shown()
    assert (differs.series_uid, differs.kind, differs.levels) == (
        "1.1",
        "only_active",
        ("C2", "C5"),
    )
    qtbot.mouseClick(view.end, Qt.MouseButton.LeftButton)
    (dialog,) = [each for each in page.findChildren(Question) if each.isVisible()]
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not view.end.isVisible(), timeout=WAIT_MS)
    assert "No model reads in the shadow" in view.state.text()
    assert view.words.text().startswith("1 series was read by both"), "what it said stays"


def test_the_shadow_is_not_for_readers(qtbot: QtBot, known: Api, opened: Opened) -> None:
    page = models(qtbot, opened, Role.RADIOLOGIST)
    assert not page.tabs.isVisible()
    choose(page, SMALL.name)
    assert not page.choose_shadow.isVisible()
