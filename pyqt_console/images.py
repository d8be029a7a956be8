"""The place of the image viewer, which is a widget of its own."""

from __future__ import annotations

from typing import Protocol

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from pyqt_console.records import SeriesDetail
from pyqt_console.widgets import label


class ImageView(Protocol):
    """What the workplace asks of whatever shows the images."""

    def show_reading(self, detail: SeriesDetail) -> None:
        """Show this series, with what the machine says of it."""

    def go_to_level(self, level: str) -> None:
        """Bring the finding at this level, or the level itself, into view."""

    def clear(self) -> None:
        """Show nothing, and keep nothing."""

    def as_widget(self) -> QWidget:
        """To be put into the window."""


class NoImages(QFrame):
    """Says honestly that images are not shown here, and where the finding is instead."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.text = label("", "quiet", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        self.clear()

    def show_reading(self, detail: SeriesDetail) -> None:
        """There is nothing to see but this."""
        row = detail.row
        self.text.setText(
            f"{row.instance_count} images of {row.series_description or 'this series'}.\n"
            "This version of the console shows no images: use the PACS viewer.\n"
            "The machine's key images are in the study there."
        )

    def go_to_level(self, level: str) -> None:
        """Say where it is."""

    def clear(self) -> None:
        """Nothing is open."""
        self.text.setText("Open a study: its images will stand here once the viewer is there.")

    def as_widget(self) -> QWidget:
        """Itself."""
        return self
