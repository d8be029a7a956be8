"""The command ``cspine-console``: how it is typed, and how the program is put together."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QSettings, QStandardPaths, QTimer
from PyQt6.QtWidgets import QApplication

from pyqt_console.i18n import LANGUAGES, language, system_languages, use_language
from pyqt_console.theme import PALETTES
from pyqt_console.tokens import KeyringTokens
from pyqt_console.trust import Trusted
from pyqt_console.window import LOCK_AFTER_S, ConsoleWindow

DEFAULT_ADDRESS: Final = "http://127.0.0.1:8080"
INTERRUPT_MS: Final = 200


def parser() -> argparse.ArgumentParser:
    """What may be typed."""
    made = argparse.ArgumentParser(
        prog="cspine-console",
        description="The radiologists' console of a cspine-node. Research use only: not for "
        "diagnosis.",
    )
    made.add_argument("--node", metavar="URL", help="the node's address, as https://host:port")
    made.add_argument("--user", metavar="NAME", default="", help="who signs in")
    made.add_argument(
        "--ca-file",
        metavar="FILE",
        type=Path,
        help="the certificate to trust where no public authority signed the node's",
    )
    made.add_argument(
        "--forget-certificate",
        action="store_true",
        help="of the node: its new fingerprint is asked about as at the first use",
    )
    made.add_argument(
        "--lock-after",
        metavar="MINUTES",
        type=float,
        default=LOCK_AFTER_S / 60,
        help="ask for the password again after so long without a key or the mouse",
    )
    made.add_argument("--theme", choices=sorted(PALETTES), help="colours; remembered")
    made.add_argument(
        "--language", choices=sorted(LANGUAGES), help="of all texts, else the system's; remembered"
    )
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script."""
    typed = parser().parse_args(arguments)
    program = QApplication(sys.argv[:1])
    program.setApplicationName("cspine-console")
    program.setOrganizationName("cspine")
    settings = QSettings()
    if typed.theme:
        settings.setValue("theme", typed.theme)
    if typed.node:
        settings.setValue("node", typed.node)
    if typed.language:
        settings.setValue("language", typed.language)
    use_language(program, language(str(settings.value("language", "")), system_languages()))
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    window = ConsoleWindow(
        settings,
        KeyringTokens(),
        Path(folder),
        ca_file=typed.ca_file,
        lock_after_s=typed.lock_after * 60,
    )
    if typed.forget_certificate:
        Trusted(settings, None).forget(str(settings.value("node", DEFAULT_ADDRESS)))
    window.begin(str(settings.value("node", DEFAULT_ADDRESS)), typed.user)
    window.show()
    signal.signal(signal.SIGINT, lambda *_: window.close())
    # Python sees a signal only while it runs: let it, now and then.
    awake = QTimer()
    awake.timeout.connect(lambda: None)
    awake.start(INTERRUPT_MS)
    sys.exit(program.exec())
