"""The keys of the workplace, by place; the viewer's are its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pyqt_console.i18n import tr
from pyqt_console.images import keys as image_keys
from pyqt_console.missed import MissedFindings
from pyqt_console.review.draft import ACCEPT, REJECT, UNSURE
from pyqt_console.review.panel import ReviewPanel
from pyqt_console.shortcuts import KeyMap, key_name
from pyqt_console.worklist.tabs import TABS
from pyqt_console.worklist.view import WorklistView
from pyqt_console.worklist.views_menu import FIRST_KEY, KEYED


def add_list_keys(keys: KeyMap, lst: WorklistView) -> None:
    """Tabs, views, searching, moving."""
    group = tr("List")
    keys.tell(group, tr("↑ ↓ Page Home End"), tr("move"))
    keys.tell(group, "⏎", tr("open"))
    for number, (tab, title, _) in enumerate(TABS, start=1):
        keys.add(group, f"Ctrl+{number}", tr(title), partial(lst.show_tab, tab))
    for number in range(KEYED):
        keys.add_quietly(f"Ctrl+{FIRST_KEY + number}", partial(lst.views.choose, number))
    first, last = (key_name(f"Ctrl+{FIRST_KEY + number}") for number in (0, KEYED - 1))
    keys.tell(group, f"{first} … {last}", tr("your saved views"))
    entries: Sequence[tuple[str, str, Callable[[], None]]] = (
        ("Ctrl+S", tr("save this view"), lst.views.ask_to_save),
        ("Ctrl+Shift+V", tr("views and columns"), lst.views.showMenu),
        ("Ctrl+F", tr("search"), lst.focus_search),
        ("Ctrl+Shift+F", tr("filter"), lst.bar.toggle_filters),
        ("Ctrl+L", tr("to the list"), lst.focus_table),
        ("F5", tr("show what is new"), lst.refresh_now),
    )
    for key, does, act in entries:
        keys.add(group, key, does, act)


def add_verdict_keys(
    keys: KeyMap, review: ReviewPanel, missed: MissedFindings, skip: Callable[[], None]
) -> None:
    """What a reader says of the open study."""
    group = tr("Verdict")

    def choose(choice: str) -> None:
        if review.form is not None:
            review.form.choose(choice)

    def step(by: int) -> None:
        if review.form is not None:
            review.form.step(by)

    def sign() -> None:
        if review.form is not None:
            review.form.try_to_sign()

    entries: Sequence[tuple[str, str, Callable[[], None]]] = (
        ("A", tr("accept the finding"), partial(choose, ACCEPT)),
        ("R", tr("reject the finding"), partial(choose, REJECT)),
        ("U", tr("unsure of the finding"), partial(choose, UNSURE)),
        ("F", tr("next finding"), partial(step, 1)),
        ("Shift+F", tr("previous finding"), partial(step, -1)),
        ("D", tr("draw a finding that the machine missed"), missed.draw),
        ("Ctrl+Z", tr("take back what was drawn"), missed.undo),
        ("N", tr("sign, and open the next unread study"), sign),
        ("Shift+N", tr("next unread study, without signing"), skip),
    )
    for key, does, act in entries:
        keys.add(group, key, does, act)


def add_image_keys(keys: KeyMap) -> None:
    """The viewer has them by itself."""
    for key, does in image_keys():
        keys.tell(tr("Images"), key, does)
