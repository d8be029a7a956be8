"""The study that is open: who it is, what the machine says, the verdict, and its way until here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from pyqt_console.background import Background, Task
from pyqt_console.client import NodeClient
from pyqt_console.errors import (
    ConflictError,
    ConsoleError,
    OfflineError,
    SignedOutError,
    UnreadableError,
)
from pyqt_console.i18n import tr
from pyqt_console.records import Change, GivenVerdict, SeriesDetail, SeriesRow, User
from pyqt_console.review.draft import Draft, document, in_words
from pyqt_console.review.draft_file import DraftFile
from pyqt_console.review.form import VerdictForm
from pyqt_console.review.summary import Summary, history
from pyqt_console.widgets import Banner, StateCard
from pyqt_console.wording import clock, person

SAVE_MS: Final = 300
MAY_SIGN: Final = "radiologist"


class ReviewPanel(QWidget):
    """One study at a time. What is drafted is on the disk at once."""

    shown = pyqtSignal(object)
    """The SeriesDetail that is open now."""
    looked_at = pyqtSignal(str)
    """The level that the reader turned to."""
    signed = pyqtSignal(str)
    """The series that has the reader's verdict now."""
    changed = pyqtSignal()
    """The worklist may be another now."""
    signed_out = pyqtSignal(str)

    def __init__(
        self, client: NodeClient, background: Background, user: User, drafts_folder: Path
    ) -> None:
        super().__init__()
        self._client = client
        self._background = background
        self._user = user
        self._drafts = DraftFile(drafts_folder, client.url, user.name)
        self._task: Task | None = None
        self._wanted = ""
        self.detail: SeriesDetail | None = None
        self.form: VerdictForm | None = None
        self._signs_again = False
        self.banner = Banner()
        self.card = StateCard()
        self.summary = Summary(may_take=user.role == MAY_SIGN)
        self._inside = QWidget()
        self._stack = QStackedWidget()
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(SAVE_MS)
        self._saving.timeout.connect(self._save)
        self._build()
        self.clear()

    # -- opening ---------------------------------------------------------------------------

    def open(self, row: SeriesRow) -> None:
        """Load it and show it; asked for again while it is on its way, nothing happens."""
        if self._wanted == row.series_uid and (self._task is not None or self.detail is not None):
            return
        self._close()
        self._wanted = row.series_uid
        self.card.show_state(person(row.patient_name), tr("Loading …"))
        self._stack.setCurrentWidget(self.card)
        self._load()

    def reload(self) -> None:
        """The same study as it is now; what is drafted stays."""
        if self._wanted:
            self._save()
            self._load()

    def clear(self) -> None:
        """Nothing is open."""
        self._close()
        self.card.show_state(tr("No study is open"), tr("↑ ↓ choose one in the list, ⏎ opens it."))
        self._stack.setCurrentWidget(self.card)

    def node_says(self, change: Change) -> None:
        """Something became of a series; if it is this one, show it, or say so."""
        detail = self.detail
        if detail is None or change.series_uid != self._wanted or self._task is not None:
            return
        if change.state == detail.row.state:
            return
        if self.form is None or self.form.draft.is_empty:
            self.reload()
        else:
            self._say(tr("Something became of this study meanwhile."), tr("Load it anew"))

    def why_not(self) -> str:
        """Why nothing can be said of the open study just now."""
        return "" if self.form is None else self.form.why_not.text()

    def _load(self) -> None:
        uid = self._wanted
        if self._task is not None:
            self._task.cancel()
        self._task = self._background.run(
            lambda: self._client.detail(uid), self._loaded, self._not_loaded
        )

    def _loaded(self, detail: SeriesDetail) -> None:
        self._task = None
        self._say("")
        self._show(detail)
        self.shown.emit(detail)

    def _show(self, detail: SeriesDetail) -> None:
        self.detail = detail
        draft = self._drafts.load(detail.row.series_uid, detail.row.generation)
        form = VerdictForm(detail, draft, may_sign=self._user.role == MAY_SIGN)
        form.changed.connect(self._draft_changed)
        form.looked_at.connect(self.looked_at)
        form.sign.connect(self._sign)
        self.form = form
        self.summary.show_detail(detail)
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.addWidget(form)
        layout.addWidget(history(detail))
        layout.addStretch()
        self._scroll.setWidget(inside)
        self._stack.setCurrentWidget(self._inside)

    def _not_loaded(self, error: ConsoleError) -> None:
        self._task = None
        if isinstance(error, SignedOutError):
            self.signed_out.emit(str(error))
        elif self.detail is not None:
            self._say(str(error), tr("Try again"))
        else:
            self.card.show_error(tr("The study did not come"), error)

    def _close(self) -> None:
        self._save()
        if self._task is not None:
            self._task.cancel()
        self._task, self.detail, self.form, self._wanted = None, None, None, ""
        self._say("")
        self._scroll.setWidget(QWidget())

    # -- drafts ----------------------------------------------------------------------------

    def _draft_changed(self, draft: Draft) -> None:
        del draft  # it is read from the form when it is saved
        self._saving.start()

    def _save(self) -> None:
        self._saving.stop()
        if self.detail is None or self.form is None:
            return
        row, draft = self.detail.row, self.form.draft
        if draft == self._drafts.load(row.series_uid, row.generation):
            return
        try:
            self._drafts.save(row.series_uid, row.generation, draft)
        except UnreadableError as error:
            self._say(str(error))

    # -- signing ---------------------------------------------------------------------------

    def _sign(self) -> None:
        if self.form is None or self.detail is None or self._task is not None:
            return
        self._save()
        detail, said = self.detail, document(self.form.draft, self.detail)
        self.form.set_signing(signing=True)
        self._task = self._background.run(
            lambda: self._client.give_verdict(
                detail.row.series_uid,
                said,
                generation=detail.row.generation,
                known_verdicts=len(detail.verdicts),
            ),
            lambda _: self._was_signed(detail),
            self._not_signed,
        )

    def _was_signed(self, detail: SeriesDetail) -> None:
        self._task, self.form = None, None  # nothing is left to be saved as a draft
        try:
            self._drafts.drop(detail.row.series_uid, detail.row.generation)
        except UnreadableError as error:
            self._say(str(error))
        self.signed.emit(detail.row.series_uid)

    def _not_signed(self, error: ConsoleError) -> None:
        self._task = None
        if self.form is not None:
            self.form.set_signing(signing=False)
        if isinstance(error, SignedOutError):
            self.signed_out.emit(str(error))
        elif isinstance(error, ConflictError):
            self._conflict(error)
        else:
            kept = tr("Your draft is kept on this computer.")
            words = tr("Not signed. {why}").format(why=error)
            again = isinstance(error, OfflineError)
            button = tr("Try again") if again else ""
            self._say(f"{words} {kept}", button, role="alarm-banner", signs=again)

    def _conflict(self, error: ConflictError) -> None:
        other = error.detail.get("verdict")
        if other is None:
            words = tr("Not signed. {why}").format(why=error) + " " + tr("Your draft is kept.")
        else:
            given = GivenVerdict.from_json(other)
            words = tr(
                "Not signed: {reader} ({organization}) came first at {time}: {verdict}. "
                "Your draft is kept; sign again to say it beside theirs."
            ).format(
                reader=person(given.reader),
                organization=given.organization,
                time=clock(given.at_utc),
                verdict=in_words(given.document),
            )
        self._say(words, tr("I have read it"), role="alarm-banner")

    def _banner_pressed(self) -> None:
        if self._signs_again and self.form is not None:
            self._say("")
            self.form.try_to_sign()
        else:
            self.reload()

    def _say(
        self, text: str, button: str = "", *, role: str = "banner", signs: bool = False
    ) -> None:
        """Over the study; ``signs``: what the button tries again is the signature."""
        self._signs_again = signs
        self.banner.say(text, button, role=role)

    # -- looks -----------------------------------------------------------------------------

    def _build(self) -> None:
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.summary)
        inside.addWidget(self._scroll, 1)
        self._stack.addWidget(self.card)
        self._stack.addWidget(self._inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        self.banner.button.clicked.connect(self._banner_pressed)
        self.card.button.clicked.connect(self._load)
        self.summary.taken.connect(self._take)
        self.summary.tried_again.connect(self._try_again)

    def _take(self, take: bool) -> None:
        uid, client = self._wanted, self._client
        work = (lambda: client.take(uid)) if take else (lambda: client.release(uid))
        self._background.run(work, lambda _: self._did(), self._not_done)

    def _try_again(self) -> None:
        uid = self._wanted
        self._background.run(lambda: self._client.retry(uid), lambda _: self._did(), self._not_done)

    def _did(self) -> None:
        self.reload()
        self.changed.emit()

    def _not_done(self, error: ConsoleError) -> None:
        if isinstance(error, SignedOutError):
            self.signed_out.emit(str(error))
        else:
            self._say(str(error))
