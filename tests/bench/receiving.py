"""Instances a second over loopback, from DCMTK's dcmsend: this node beside DCMTK and Orthanc."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from pydicom import dcmread, dcmwrite
from pydicom.uid import generate_uid

from storage.records import Peer
from tests.bench.measure import Figure, seconds, side_by_side
from tests.ct_series import write_ct_series
from tests.dcmtk import storescp
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import require_tool

INSTANCES: Final = 96
ASSOCIATIONS: Final = (1, 4)


@dataclass(frozen=True)
class Receiver:
    aet: str
    port: int


def receiving(scratch: Path) -> list[Figure]:
    """Every round sends new instances, since a known one is less work."""
    # DCMTK's switch, for its senders and for the peers built on it: without it they wait 45 ms an
    # instance for Nagle's algorithm. This node always switches it off.
    os.environ["TCP_NODELAY"] = "1"
    template = write_ct_series(scratch / "template", slices=INSTANCES, rows=512, columns=512)
    numbers = count()
    with ExitStack() as stack:
        node = NodeProcess(scratch / "node", quiet_s=3600)
        node.add_peer(Peer("bench", "BENCH", "127.0.0.1", 1, may_send=True))
        node.start()
        stack.callback(node.end)
        orthanc = stack.enter_context(Orthanc(scratch / "orthanc"))
        fork = stack.enter_context(storescp(scratch / "dcmtk", "--fork"))
        receivers = {
            "cspine-node (fsync, index)": Receiver("CSPINE", node.port),
            "Orthanc (fsync, index)": Receiver(orthanc.aet, orthanc.dicom_port),
            "DCMTK storescp --fork (no fsync, no index)": Receiver("STORESCP", fork.port),
        }

        def rate(receiver: Receiver, associations: int) -> float:
            folders = [
                fresh_series(template, scratch / f"send-{next(numbers)}", part, associations)
                for part in range(associations)
            ]
            return INSTANCES / seconds(lambda: send_all(receiver, folders))

        figures = []
        for associations in ASSOCIATIONS:
            contenders: dict[str, Callable[[], float]] = {
                f"{name}, {associations} associations": partial(rate, receiver, associations)
                for name, receiver in receivers.items()
            }
            figures += side_by_side(str(associations), "instances/s", contenders)
        return figures


def fresh_series(template: list[Path], folder: Path, part: int, parts: int) -> Path:
    """Every ``parts``-th instance of the template, from ``part``, under new UIDs."""
    folder.mkdir()
    study_uid, series_uid = generate_uid(), generate_uid()
    for path in template[part::parts]:
        ds = dcmread(path)
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study_uid, series_uid
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dcmwrite(folder / path.name, ds, enforce_file_format=True)
    return folder


def send_all(receiver: Receiver, folders: list[Path]) -> None:
    """One dcmsend a folder, side by side."""
    command = [str(require_tool("dcmsend")), "-aet", "BENCH", "-aec", receiver.aet, "+sd"]
    senders = [
        subprocess.Popen(
            [*command, "127.0.0.1", str(receiver.port), str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for folder in folders
    ]
    for sender in senders:
        _, errors = sender.communicate(timeout=120)
        assert sender.returncode == 0, errors.decode()
