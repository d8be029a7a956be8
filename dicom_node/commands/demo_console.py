"""``cspine-node demo --console``: a node of its own, phantoms of several kinds, and the console."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import active_children
from pathlib import Path
from typing import Final

import typer
from pydicom import dcmread

from dicom_node.api.passwords import Passwords
from dicom_node.app import Node
from dicom_node.bugs import log_bug
from dicom_node.commands.demo import LOOPBACK, PACS_AET, add_pacs, loopback_settings
from dicom_node.commands.demo_pacs import DemoPacs
from dicom_node.config import Settings
from dicom_node.errors import EnvironmentFailedError, PeerFailedError
from dicom_node.stores import data_dir_of, database_of
from inference.phantom.dicom import write_series
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from storage import series, users
from storage.records import Role, SeriesState

logger = logging.getLogger(__name__)

READER: Final = "demo"
SLICES: Final = 72
SLOW_S: Final = 1.5
"""Between two slices of a slow one: less than a series must be quiet to be complete."""
KILL_WITHIN_S: Final = 120.0
LOOK_S: Final = 0.02
AFTER_ANALYSIS: Final = frozenset({SeriesState.ANALYSED, SeriesState.REPORTED, SeriesState.FAILED})


@dataclass(frozen=True, slots=True)
class Kind:
    """A series that is sent: which phantom, and which of its slices."""

    name: str
    fractures: tuple[FractureSpec, ...]
    seed: int
    first: int = 0
    last: int = SLICES - 1
    without: range = range(0)
    is_killed: bool = False
    """The inference process is killed while it reads this one, as for want of memory."""
    is_slow: bool = False
    """Slice by slice, as from a slow scanner: it arrives for minutes."""


KINDS: Final = (
    Kind("a fractured C5", (FractureSpec("C5"),), 100_000),
    Kind("intact, but the analysis is killed", (), 100_003, is_killed=True),
    Kind("three slices only", (), 100_001, first=20, last=22),
    Kind("a gap of ten slices", (), 100_001, without=range(30, 40)),
    Kind("intact", (), 100_001),
    Kind("a fractured C2, cut off below C4", (FractureSpec("C2"),), 100_002, last=39),
    Kind("intact, cut off below C4", (), 100_005, last=39),
    Kind("a fractured C7, slice by slice", (FractureSpec("C7"),), 100_004, is_slow=True),
)
"""In the order in which they arrive."""


def demo_console(settings: Settings, scratch: Path) -> None:
    """Runs until the console is closed; then all of it is thrown away.

    Raises:
        EnvironmentFailedError: the console is not installed, or the node did not start.
    """
    if find_spec("PyQt6") is None:
        raise EnvironmentFailedError("the console is not installed: pip install '.[console]'")
    password = secrets.token_urlsafe(9)
    own = loopback_settings(settings, scratch / "node", api=True)
    once = own.inference.model_copy(update={"max_attempts": 1})
    own = own.model_copy(update={"inference": once})
    with ExitStack() as stack:
        pacs = stack.enter_context(DemoPacs(PACS_AET))
        database = database_of(own, data_dir_of(own))
        try:
            add_pacs(database, pacs.port)
            users.add_user(
                database,
                READER,
                role=Role.RADIOLOGIST,
                password_hash=Passwords().hash(password),
                display_name="Reader^Demo",
                organization="Demonstration",
                now=database.now(),
            )
        finally:
            database.close()
        node = Node(own)
        stack.callback(node.stop)
        node.start()
        ended = threading.Event()
        stack.callback(ended.set)
        sender = threading.Thread(
            target=_send_all, args=(pacs, own, node.port, scratch, ended), daemon=True
        )
        sender.start()
        typer.echo(f"sign in as {READER} with the password {password}")
        typer.echo("phantoms arrive one after the other; close the console to end")
        command = [sys.executable, "-m", "pyqt_console", "--node", str(node.api_url)]
        # What the console remembers of this node is thrown away with it.
        environment = os.environ | {
            "XDG_CONFIG_HOME": str(scratch / "config"),
            "XDG_DATA_HOME": str(scratch / "data"),
        }
        outcome = subprocess.run(  # noqa: S603 # nosec B603 # our own module and words
            [*command, "--user", READER], check=False, env=environment
        )
    if outcome.returncode != 0:
        raise EnvironmentFailedError(f"the console ended with {outcome.returncode}")


def _send_all(
    pacs: DemoPacs, settings: Settings, port: int, scratch: Path, ended: threading.Event
) -> None:
    try:
        for number, kind in enumerate(KINDS):
            paths = _files(kind, scratch / f"series-{number}")
            pieces = [[path] for path in paths] if kind.is_slow else [paths]
            for piece in pieces:
                if ended.wait(SLOW_S if kind.is_slow else 0):
                    return
                pacs.send(piece, settings.dicom.ae_title, LOOPBACK, port)
            if kind.is_killed:
                _kill_while_analysed(settings, paths[0], ended)
    except PeerFailedError as error:
        logger.error("%s", error)
    except Exception as error:  # noqa: BLE001 - the edge of a thread
        log_bug("while phantoms are sent", error)


def _kill_while_analysed(settings: Settings, path: Path, ended: threading.Event) -> None:
    """Kill the process that reads it; one that is ready sooner stays as it is."""
    uid = str(dcmread(path, stop_before_pixels=True).SeriesInstanceUID)
    database = database_of(settings, data_dir_of(settings))
    try:
        end_s = time.monotonic() + KILL_WITHIN_S
        while time.monotonic() < end_s and not ended.wait(LOOK_S):
            state = series.get_series(database, uid).state
            if state is SeriesState.ANALYSING:
                for process in active_children():
                    process.kill()
                return
            if state in AFTER_ANALYSIS:
                return
    finally:
        database.close()


def _files(kind: Kind, folder: Path) -> Sequence[Path]:
    study = make_study(PhantomSpec(kind.seed, kind.fractures, SLICES))
    paths = write_series(study, folder, uid_seed=kind.name)
    wanted = set(range(kind.first, kind.last + 1)) - set(kind.without)
    return [path for number, path in enumerate(paths) if number in wanted]
