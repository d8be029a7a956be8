"""The other side of the demonstration: a PACS that sends a series and receives its results."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage
from pynetdicom import AE, evt

from dicom_node.errors import EnvironmentFailedError, PeerFailedError
from dicom_node.reports.object_rules import KINDS

SUCCESS: Final = 0x0000


class DemoPacs:
    """A Storage SCP on a free port of loopback, and a sender."""

    def __init__(self, ae_title: str) -> None:
        self._ae = AE(ae_title=ae_title)
        for kind in KINDS.values():
            self._ae.add_supported_context(kind.sop_class_uid)
        self._reports: queue.Queue[Dataset] = queue.Queue()

    def __enter__(self) -> Self:
        """Listen."""
        handlers: list[evt.EventHandlerType] = [(evt.EVT_C_STORE, self._on_store)]
        server = self._ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert server is not None  # it is for block=False
        self._server = server
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the port."""
        self._server.shutdown()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self._server.server_address[1])

    def send(self, paths: Sequence[Path], called_aet: str, host: str, port: int) -> None:
        """Send a series over one association.

        Raises:
            PeerFailedError: an instance was not accepted.
        """
        first = dcmread(paths[0], stop_before_pixels=True)
        ae = AE(ae_title=self._ae.ae_title)
        ae.add_requested_context(first.SOPClassUID, first.file_meta.TransferSyntaxUID)
        assoc = ae.associate(host, port, ae_title=called_aet)
        if not assoc.is_established:
            raise PeerFailedError(f"{called_aet} at {host}:{port} gave no association")
        try:
            for path in paths:
                status = assoc.send_c_store(path)
                if status.get("Status") != SUCCESS:
                    raise PeerFailedError(f"{called_aet} did not take {path.name}: {status}")
        finally:
            assoc.release()

    def wait_for_report(self, deadline_s: float) -> Dataset:
        """The first report that comes.

        Raises:
            EnvironmentFailedError: none came in time.
        """
        try:
            return self._reports.get(timeout=deadline_s)
        except queue.Empty:
            raise EnvironmentFailedError(f"no report came within {deadline_s:g} s") from None

    def _on_store(self, event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        if dataset.SOPClassUID == Comprehensive3DSRStorage:
            self._reports.put(dataset)
        return SUCCESS
