"""The page of the node itself: whether it can work, its disk, its model, certificates, versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from PyQt6.QtWidgets import QGridLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from pyqt_console.admin.certificates import CertificateList
from pyqt_console.admin.facts import Facts, Panel
from pyqt_console.admin.page import AdminPage
from pyqt_console.admin.requests.system import SystemState, system_state
from pyqt_console.admin.words import age, size
from pyqt_console.background import Background
from pyqt_console.client import NodeClient
from pyqt_console.i18n import mark, tr
from pyqt_console.records import User
from pyqt_console.theme import Palette
from pyqt_console.widgets import label, set_role

EVERY_MS: Final = 10_000
PARTS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("database", "answers"): ("", mark("✓ the database answers")),
    ("database", "silent"): ("alarm", mark("✕ the database does not answer")),
    ("disk", "free"): ("", mark("✓ the disk has room")),
    ("disk", "full"): ("alarm", mark("✕ the disk is too full to receive")),
    ("disk", "unreadable"): ("alarm", mark("✕ the data directory cannot be read")),
    ("listener", "open"): ("", mark("✓ the DICOM port is open")),
    ("listener", "closed"): ("alarm", mark("✕ the DICOM port is not open")),
    ("inference", "warm"): ("", mark("✓ the model is loaded")),
    ("inference", "starting"): ("waiting", mark("… the inference process is starting")),
    ("inference", "failed"): ("alarm", mark("✕ the inference process does not start")),
}
"""(part, the node's word) → role and words."""
INFERENCE: Final[Mapping[str, tuple[str, str]]] = {
    "warm": ("", mark("✓ loaded, ready for the next series")),
    "starting": ("waiting", mark("… starting; series wait meanwhile")),
    "failed": ("alarm", mark("✕ it does not start: series wait. The node's log says why")),
}
STATES: Final[Mapping[str, str]] = {
    "receiving": mark("arriving"),
    "complete": mark("complete"),
    "queued": mark("queued"),
    "analysing": mark("being analysed"),
    "analysed": mark("analysed, not delivered yet"),
    "reported": mark("reported"),
    "not_analysed": mark("not analysed"),
    "failed": mark("failed"),
    "superseded": mark("superseded by a newer reading"),
}


class SystemPage(AdminPage):
    """Panels, read anew while they are in sight."""

    def __init__(
        self, client: NodeClient, background: Background, palette: Palette, user: User
    ) -> None:
        super().__init__(client, background, palette, user)
        self.verdict = label(role="title")
        self._ready, self._disk = Panel(""), Panel(tr("Disk"))
        self._inference, self._queue = Panel(tr("Inference")), Panel(tr("Series and deliveries"))
        self._certificates, self._node = Panel(tr("Certificates")), Panel(tr("This node"))
        self.part_words = {name: label() for name in ("database", "disk", "listener", "inference")}
        self.bar_of_disk = QProgressBar()
        self.disk_words = label(role="quiet", wrap=True)
        self.inference, self.queue, self.node = Facts(), Facts(), Facts()
        self.certificates = CertificateList()
        self._build()
        self.poll(EVERY_MS)

    def refresh(self) -> None:
        """All of it."""
        self.load(lambda: system_state(self.client), self._show)

    # -- what is shown ---------------------------------------------------------------------

    def _show(self, state: SystemState) -> None:
        self._show_readiness(state)
        self._show_disk(state)
        self._show_inference(state)
        self._show_queue(state)
        self.certificates.show_these(state.certificates, datetime.now(UTC))
        self._show_node(state)

    def _show_readiness(self, state: SystemState) -> None:
        problems = state.readiness.problems
        self.verdict.setText(
            tr("✕ The node is not ready") if problems else tr("✓ The node can do its work")
        )
        set_role(self.verdict, "alarm" if problems else "title")
        for name, words in self.part_words.items():
            word = state.readiness.parts.get(name, "")
            role, text = PARTS.get((name, word), ("unknown", f"? {name}: {word}"))
            words.setText(tr(text))
            set_role(words, role)

    def _show_disk(self, state: SystemState) -> None:
        disk = state.disk
        used = disk.total_bytes - disk.free_bytes
        self.bar_of_disk.setValue(round(1000 * used / max(disk.total_bytes, 1)))
        self.bar_of_disk.setFormat(
            tr("{free} free of {total}").format(
                free=size(disk.free_bytes), total=size(disk.total_bytes)
            )
        )
        reserve = size(disk.reserve_bytes)
        words = tr("Images are received. With less than {reserve} free they are refused.")
        if not disk.receives:
            words = tr(
                "✕ Images are refused: less than {reserve} is free. Delete series (Queue), let old "
                "ones be deleted by age (Settings), or enlarge the disk."
            )
        self.disk_words.setText(words.format(reserve=reserve))
        set_role(self.disk_words, "quiet" if disk.receives else "alarm")

    def _show_inference(self, state: SystemState) -> None:
        found, facts = state.inference, self.inference
        role, words = INFERENCE.get(found.state, ("unknown", found.state))
        facts.set(tr("State"), tr(words), role)
        facts.set(tr("Model"), found.model or tr("none is loaded yet"))
        facts.set(tr("Network"), found.architecture or "–")
        facts.set(tr("Runs on"), _device(found.device))
        failed = sum(found.failures.values())
        facts.set(tr("Restarts"), tr("{n} since the node started").format(n=found.restarts))
        facts.set(
            tr("Failures"),
            tr("{n} since the node started").format(n=failed),
            "caution" if failed else "",
        )

    def _show_queue(self, state: SystemState) -> None:
        now, facts = datetime.now(UTC), self.queue
        for name, words in STATES.items():
            facts.set(tr(words), str(state.series_by_state.get(name, 0)))
        facts.set(tr("Oldest in the queue"), age(state.oldest_queued_utc, now))
        pending = sum(state.pending_deliveries.values())
        facts.set(tr("Objects waiting to be sent"), str(pending))
        parked = state.parked_deliveries
        facts.set(tr("Objects parked"), str(parked), "caution" if parked else "")

    def _show_node(self, state: SystemState) -> None:
        facts = self.node
        facts.set(tr("AE title"), state.ae_title)
        facts.set(tr("Host"), state.host)
        facts.set(tr("DICOM port"), str(state.dicom_port))
        facts.set(tr("Database"), state.database)
        facts.set(tr("cspine-node"), state.version)
        for name, version in state.versions.items():
            facts.set(name, version)

    def _build(self) -> None:
        self._ready.body.addWidget(self.verdict)
        row = QGridLayout()
        for number, each in enumerate(self.part_words.values()):
            row.addWidget(each, 0, number)
        self._ready.body.addLayout(row)
        self.bar_of_disk.setRange(0, 1000)
        self._disk.body.addWidget(self.bar_of_disk)
        self._disk.body.addWidget(self.disk_words)
        self._inference.body.addWidget(self.inference)
        self._queue.body.addWidget(self.queue)
        self._certificates.body.addWidget(self.certificates)
        self._node.body.addWidget(self.node)
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        grid.addWidget(self._ready, 0, 0, 1, 2)
        left, right = (self._disk, self._inference, self._certificates), (self._queue, self._node)
        for column, panels in enumerate((left, right)):
            stack = QVBoxLayout()
            stack.setSpacing(10)
            for panel in panels:
                stack.addWidget(panel)
            stack.addStretch()
            grid.addLayout(stack, 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)


def _device(device: str) -> str:
    if not device:
        return tr("not started yet")
    if device.startswith("cpu"):
        return tr("{device}, no GPU is used").format(device=device.replace("cpu", "CPU", 1))
    return tr("GPU: {device}").format(device=device)
