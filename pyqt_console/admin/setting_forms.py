"""Forms of settings: one value; and deleting by age, with what it would do before it is saved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QRadioButton, QSpinBox, QWidget

from pyqt_console.admin.forms import FormDialog
from pyqt_console.admin.requests.settings import (
    KEEP_DAYS,
    Expiry,
    Setting,
    change_settings,
    expiry,
)
from pyqt_console.admin.setting_words import (
    WORDS,
    consequence_in_words,
    title_of,
    typed_value,
    with_unit,
)
from pyqt_console.admin.words import value
from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import ConsoleError
from pyqt_console.i18n import tr
from pyqt_console.widgets import label, set_role

TYPING_MS: Final = 300
DAYS_MAX: Final = 36_500
DAYS_AT_FIRST: Final = 365


class SettingDialog(FormDialog):
    """Another value; the node says what is wrong with it."""

    def __init__(
        self, client: NodeClient, background: Background, setting: Setting, parent: QWidget
    ) -> None:
        super().__init__(background, title_of(setting), tr("Save"), parent)
        self._client, self._setting = client, setting
        words = WORDS.get(setting.key)
        self.choice, self.text = QComboBox(), QLineEdit(value(setting.value))
        self.choice.addItems(words.choices if words is not None else ())
        self.choice.setCurrentText(str(setting.value))
        name = setting.key.partition(".")[2]
        unit = f" ({tr(words.unit)})" if words is not None and words.unit else ""
        field = self.choice if self.choice.count() else self.text
        self.form.add(
            name, f"{tr('Value')}{unit}", field, tr(words.help) if words is not None else ""
        )
        self.above.addWidget(
            label(
                tr("{key}, now {value}. In force within two seconds, also after a restart.").format(
                    key=setting.key, value=with_unit(setting, setting.value)
                ),
                "quiet",
                wrap=True,
            )
        )
        self.text.selectAll()

    def action(self) -> Callable[[], object]:
        """Change it."""
        text = self.choice.currentText() if self.choice.count() else self.text.text()
        given = typed_value(text, self._setting.value)
        return partial(change_settings, self._client, {self._setting.key: given})


class RetentionDialog(FormDialog):
    """Keep everything, or delete by age; it cannot be saved before the consequence is known."""

    def __init__(
        self, client: NodeClient, background: Background, days: int | None, parent: QWidget
    ) -> None:
        super().__init__(background, tr("Deleting by age"), tr("Save"), parent)
        self._client, self._before = client, days
        self._asking: Task | None = None
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._ask)
        self.forever = QRadioButton(tr("Keep everything"))
        self.by_age = QRadioButton(tr("Delete what ended longer ago than"))
        self.days = QSpinBox()
        self.days.setRange(1, DAYS_MAX)
        self.days.setValue(days or DAYS_AT_FIRST)
        self.days.setSuffix(f" {tr('days')}")
        self.days.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.days.setAccessibleName(tr("Days"))
        self.consequence = label(wrap=True)
        self.consequence.setMinimumHeight(84)
        (self.by_age if days else self.forever).setChecked(True)
        row = QHBoxLayout()
        row.addWidget(self.by_age)
        row.addWidget(self.days)
        row.addStretch()
        self.above.addWidget(self.forever)
        self.above.addLayout(row)
        self.above.addWidget(self.consequence)
        self.form.hide()
        self.by_age.toggled.connect(self._changed)
        self.days.valueChanged.connect(self._changed)
        self._changed()

    def action(self) -> Callable[[], object]:
        """Save it. Keeping everything is said aloud, over what file and environment say."""
        days = self.days.value() if self.by_age.isChecked() else None
        return partial(change_settings, self._client, {KEEP_DAYS: days})

    def reject(self) -> None:
        """Nothing is changed."""
        self._forget()
        super().reject()

    def _forget(self) -> None:
        self._typing.stop()
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _changed(self) -> None:
        self._forget()
        self.days.setEnabled(self.by_age.isChecked())
        self.save.setText(tr("Save"))
        if self.forever.isChecked():
            self.consequence.setText(tr("From now on nothing is deleted by age."))
            set_role(self.consequence, "")
            self.save.setEnabled(self._before is not None)
            return
        self.save.setEnabled(False)
        self.consequence.setText(tr("Looking what that would delete …"))
        set_role(self.consequence, "quiet")
        self._typing.start()

    def _ask(self) -> None:
        days = self.days.value()
        self._asking = self._background.run(
            lambda: expiry(self._client, days), partial(self._told, days), self._not_told
        )

    def _told(self, days: int, found: Expiry) -> None:
        self._asking = None
        self.consequence.setText(consequence_in_words(days, found))
        set_role(self.consequence, "alarm" if found.series else "")
        if found.series:
            self.save.setText(tr("Save, and delete them"))
        self.save.setEnabled(days != self._before)

    def _not_told(self, error: ConsoleError) -> None:
        self._asking = None
        text = tr("What that would delete is not known, so it cannot be saved: {problem}")
        self.consequence.setText(text.format(problem=error))
        set_role(self.consequence, "caution")
