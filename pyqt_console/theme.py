"""Colours, and the words and glyphs beside them: nothing is told by a colour alone.

The colours of outcomes differ in lightness and along the blue–yellow axis, after Okabe and Ito
(2008), so that they stay apart for every kind of colour vision. Alarm colours are for alarms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pyqt_console.i18n import mark, tr

TEXT_CONTRAST: Final = 4.5
"""WCAG 2.1, 1.4.3: of text against what is behind it."""
SHAPE_CONTRAST: Final = 3.0
"""WCAG 2.1, 1.4.11: of a glyph, a bar or a frame."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``, by what they are for."""

    name: str
    window: str
    panel: str
    raised: str
    """Buttons, fields, the row under the mouse."""
    line: str
    text: str
    quiet: str
    """Text of second rank."""
    accent: str
    on_accent: str
    selected: str
    """Behind the selected row."""
    machine: str
    """Numbers of the machine, and nothing else."""
    reader: str
    """What a reader said."""
    alarm: str
    caution: str
    unknown: str
    """Not analysed, failed."""
    waiting: str
    negative: str


DARK: Final = Palette(
    name="dark",
    window="#101418",
    panel="#161b21",
    raised="#222a33",
    line="#5d6b7a",
    text="#e6eaee",
    quiet="#a3afbb",
    accent="#4da3ff",
    on_accent="#08121d",
    selected="#1d3a58",
    machine="#7cd4ff",
    reader="#f2f2f2",
    alarm="#ff8552",
    caution="#e8cf3a",
    unknown="#e88cf0",
    waiting="#c9d0d6",
    negative="#2fbfa5",
)
LIGHT: Final = Palette(
    name="light",
    window="#f4f6f8",
    panel="#ffffff",
    raised="#e6ebf0",
    line="#76828e",
    text="#14191f",
    quiet="#4b5661",
    accent="#0b5cad",
    on_accent="#ffffff",
    selected="#cfe3f7",
    machine="#005a87",
    reader="#14191f",
    alarm="#7d1500",
    caution="#6b6000",
    unknown="#9522b2",
    waiting="#5a636a",
    negative="#06454c",
)
PALETTES: Final[Mapping[str, Palette]] = {each.name: each for each in (DARK, LIGHT)}

WRITTEN: Final = (
    *("text", "quiet", "machine", "reader", "alarm", "caution", "unknown", "waiting", "negative"),
)
TEXT_ON: Final = (
    *((front, back) for front in WRITTEN for back in ("window", "panel", "raised", "selected")),
    *(("on_accent", "accent"), ("accent", "window"), ("accent", "panel")),
)
"""Which colour is written on which; each pair holds TEXT_CONTRAST."""
SHAPES_ON: Final = (("line", "window"), ("line", "panel"), ("accent", "raised"))
"""Frames and bars; each pair holds SHAPE_CONTRAST."""


@dataclass(frozen=True, slots=True)
class Sign:
    """How an outcome is shown: three times the same, by shape, word and colour."""

    glyph: str
    word: str
    colour: str
    """A field of ``Palette``."""


SIGN_OF_OUTCOME: Final[Mapping[str, Sign]] = {
    "positive": Sign("▲", mark("finding"), "alarm"),
    "partial": Sign("◐", mark("partly seen"), "caution"),
    "not_analysed": Sign("?", mark("not analysed"), "unknown"),
    "failed": Sign("✕", mark("failed"), "unknown"),
    "pending": Sign("…", mark("waiting"), "waiting"),
    "negative": Sign("○", mark("no finding"), "negative"),
}
UNKNOWN_SIGN: Final = Sign("?", mark("unknown"), "unknown")
"""Of an outcome that this console does not know: never that of a negative."""

WORD_OF_STATE: Final[Mapping[str, str]] = {
    "receiving": mark("arriving"),
    "complete": mark("complete"),
    "queued": mark("queued"),
    "analysing": mark("analysing"),
    "analysed": mark("analysed"),
    "reported": mark("reported"),
    "not_analysed": mark("not analysed"),
    "failed": mark("failed"),
    "superseded": mark("superseded"),
}
"""What a series does, in a word."""

MACHINE_GLYPH: Final = "◇"
"""Stands before every number of the machine."""
READER_GLYPH: Final = "✓"
"""Stands before what a reader signed."""


def sign_of(outcome: str, state: str) -> Sign:
    """The sign of a reading; one that waits says where."""
    sign = SIGN_OF_OUTCOME.get(outcome, UNKNOWN_SIGN)
    word = WORD_OF_STATE.get(state, sign.word) if outcome == "pending" else sign.word
    return Sign(sign.glyph, tr(word), sign.colour)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two ``#rrggbb`` colours, 1…21 (WCAG 2.1, 1.4.3)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def style_sheet(of: Palette) -> str:
    """For the whole program (Qt Style Sheets)."""
    return _texts_and_frames(of) + _fields(of) + _lists(of)


def _texts_and_frames(of: Palette) -> str:
    return f"""
* {{ font-size: 10pt; }}
QWidget {{ background: {of.window}; color: {of.text}; }}
QLabel, QCheckBox, QRadioButton {{ background: transparent; }}
QWidget[role="plain"] {{ background: transparent; }}
QLabel[role="quiet"] {{ color: {of.quiet}; }}
QLabel[role="title"] {{ font-size: 16pt; font-weight: 600; }}
QLabel[role="heading"] {{ font-weight: 600; }}
QLabel[role="machine"] {{ color: {of.machine}; }}
QLabel[role="alarm"] {{ color: {of.alarm}; font-weight: 600; }}
QLabel[role="caution"] {{ color: {of.caution}; }}
QLabel[role="unknown"] {{ color: {of.unknown}; font-weight: 600; }}
QLabel[role="negative"] {{ color: {of.negative}; font-weight: 600; }}
QLabel[role="waiting"] {{ color: {of.waiting}; font-weight: 600; }}
QFrame[role="panel"] {{ background: {of.panel}; border: 1px solid {of.raised};
    border-radius: 6px; }}
QFrame[role="current"] {{ background: {of.panel}; border: 1px solid {of.accent};
    border-radius: 6px; }}
QFrame[role="banner"] {{ background: {of.raised}; border-left: 4px solid {of.caution}; }}
QFrame[role="alarm-banner"] {{ background: {of.raised}; border-left: 4px solid {of.alarm}; }}
"""


def _fields(of: Palette) -> str:
    return f"""
QLineEdit, QPlainTextEdit, QComboBox, QDateEdit, QSpinBox {{
    background: {of.raised}; color: {of.text};
    border: 1px solid {of.line}; border-radius: 4px; padding: 4px 6px;
    selection-background-color: {of.accent}; selection-color: {of.on_accent}; }}
QComboBox::drop-down {{ border: none; width: 18px; }}
QComboBox::down-arrow {{ width: 0; height: 0; margin-right: 8px; border-top: 5px solid {of.quiet};
    border-left: 4px solid {of.raised}; border-right: 4px solid {of.raised}; }}
QSpinBox::up-button, QSpinBox::down-button {{ border: none; background: {of.raised}; width: 16px; }}
QSpinBox::up-arrow, QSpinBox::down-arrow {{ image: none; width: 0; height: 0;
    border-left: 3px solid {of.raised}; border-right: 3px solid {of.raised}; }}
QSpinBox::up-arrow {{ border-bottom: 4px solid {of.quiet}; }}
QSpinBox::down-arrow {{ border-top: 4px solid {of.quiet}; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QDateEdit:focus, QSpinBox:focus {{
    border: 2px solid {of.accent}; padding: 3px 5px; }}
QPushButton {{ background: {of.raised}; border: 1px solid {of.line}; border-radius: 4px;
    padding: 5px 12px; }}
QPushButton:hover {{ border-color: {of.accent}; }}
QPushButton:focus {{ border: 2px solid {of.accent}; padding: 4px 11px; }}
QPushButton:checked, QPushButton:default {{ background: {of.accent}; color: {of.on_accent}; }}
QPushButton:disabled {{ background: {of.panel}; color: {of.quiet}; border-color: {of.raised}; }}
QPushButton[role="sign"]:enabled {{ background: {of.accent}; color: {of.on_accent}; }}
QPushButton[role="tab"] {{ border: none; border-bottom: 3px solid transparent; border-radius: 0;
    background: transparent; padding: 6px 10px; }}
QPushButton[role="tab"]:checked {{ background: transparent; color: {of.text};
    border-bottom: 3px solid {of.accent}; }}
QPushButton[role="tab"]:focus {{ background: {of.raised}; }}
QPushButton[role="small"] {{ padding: 2px 10px; }}
QPushButton[role="small"]:focus {{ padding: 1px 9px; }}
QPushButton[role="chip"] {{ padding: 2px 10px; border-radius: 10px; border-color: {of.accent}; }}
QPushButton[role="chip"]:focus {{ padding: 1px 9px; }}
QCheckBox {{ padding-right: 8px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {of.line};
    border-radius: 3px; background: {of.raised}; }}
QCheckBox::indicator:checked {{ width: 10px; height: 10px; background: {of.accent};
    border: 3px solid {of.raised};
    outline: 1px solid {of.line}; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {of.line};
    border-radius: 8px; background: {of.raised}; }}
QRadioButton::indicator:checked {{ background: {of.accent}; border: 4px solid {of.raised};
    outline: 1px solid {of.line}; width: 8px; height: 8px; }}
QRadioButton:focus {{ color: {of.accent}; }}
QCheckBox:focus {{ color: {of.accent}; }}
"""


def _lists(of: Palette) -> str:
    return f"""
QTableView, QTreeView {{ background: {of.panel}; border: none; outline: none;
    selection-background-color: {of.selected}; }}
QListWidget {{ background: {of.panel}; border: none; outline: none; }}
QListWidget::item {{ padding: 7px 10px; border-left: 3px solid transparent; }}
QListWidget::item:selected {{ background: {of.selected}; color: {of.text};
    border-left: 3px solid {of.accent}; }}
QHeaderView {{ background: {of.panel}; }}
QHeaderView::section {{ background: {of.panel}; color: {of.quiet}; border: none;
    border-bottom: 1px solid {of.line}; padding: 5px 3px; }}
QProgressBar {{ background: {of.raised}; border: 1px solid {of.line}; border-radius: 4px;
    text-align: center; }}
QProgressBar::chunk {{ background: {of.selected}; }}
QSplitter::handle {{ background: {of.raised}; }}
QScrollBar:vertical {{ background: {of.panel}; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: {of.panel}; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {of.line}; border-radius: 5px; min-height: 24px;
    min-width: 24px; margin: 2px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{ background: {of.raised}; color: {of.text}; border: 1px solid {of.line}; }}
QMenuBar, QMenu {{ background: {of.panel}; color: {of.text}; }}
QMenu {{ border: 1px solid {of.line}; padding: 4px 0; }}
QMenu::separator {{ height: 1px; background: {of.raised}; margin: 4px 0; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {of.selected}; }}
QStatusBar {{ background: {of.panel}; color: {of.quiet}; }}
QScrollArea {{ border: none; }}
"""
