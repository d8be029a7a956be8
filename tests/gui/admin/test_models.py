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
