"""The viewer in its place: which series it shows, from which node, in whose session."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt

from pyqt_console.client import NodeClient
from pyqt_console.i18n import tr
from pyqt_console.records import SeriesDetail
from pyqt_console.shortcuts import key_name
from pyqt_console.viewer.dicomweb import DicomwebImages
from pyqt_console.viewer.headers import FrameRef
from pyqt_console.viewer.keys import KEYS, MOUSE
from pyqt_console.viewer.viewer import ImageViewer
from pyqt_console.wording import person

OURS = frozenset({"F", "Shift+F"})
"""Keys of the viewer that the workplace has for viewer and form together.

Two of them at once would do nothing."""


class Images(ImageViewer):
    """The images of the reading that is open."""

    def __init__(self, client: NodeClient) -> None:
        super().__init__(keys=[each for each in KEYS if OURS.isdisjoint(each.sequences)])
        self._http = client.http_for_images()
        self._shown: tuple[str, int] | None = None

    def show_reading(self, detail: SeriesDetail) -> None:
        """Show it; where it is in sight already, only what the machine says by now."""
        row = detail.row
        if self._shown == (row.series_uid, row.generation):
            self.show_result(detail.result)
            return
        self._shown = (row.series_uid, row.generation)
        who = (
            person(row.patient_name),
            tr("ID {id}").format(id=row.patient_id or "–"),
            row.accession_number,
        )
        when = row.study_date.isoformat() if row.study_date else ""
        several = row.instance_count > 1  # of many frames in one image the first is no middle
        self.open_series(
            DicomwebImages(self._http, row.study_uid),
            row.series_uid,
            banner=" · ".join(part for part in (*who, when, row.series_description) if part),
            result=detail.result,
            middle=FrameRef(detail.middle_sop_uid) if several and detail.middle_sop_uid else None,
        )
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear(self) -> None:
        """Show nothing, and keep nothing of it."""
        self._shown = None
        self.close_series()
        self.cache.clear()

    def stop(self) -> Callable[[], None]:
        """The session ends. What is returned closes the connections; it may take a moment."""
        self.clear()

        def close() -> None:
            self._feed.settle()
            self._http.close()

        return close


def keys() -> list[tuple[str, str]]:
    """(key, what it does) of everything that works over the images."""
    arrows = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}
    own = (each for each in KEYS if not OURS.intersection(each.sequences))
    found: dict[str, list[str]] = {}
    for key in own:
        names = " ".join(arrows.get(each) or key_name(each) for each in key.sequences)
        found.setdefault(tr(key.says), []).append(names)
    listed = [
        (names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}", does)
        for does, names in found.items()
    ]
    return [*listed, *((tr(hand), tr(does)) for hand, does in MOUSE)]
