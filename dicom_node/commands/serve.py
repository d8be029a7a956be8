"""``cspine-node serve``: run the node until it is told to stop."""

from __future__ import annotations

import signal
import threading

from dicom_node.app import Node
from dicom_node.config import Settings
from dicom_node.logs import configure_logging


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; what was acknowledged is on disk, a running job is queued."""
    configure_logging(settings.log.format, settings.log.level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    node = Node(settings)
    node.start()
    try:
        stop.wait()
    finally:
        node.stop()
