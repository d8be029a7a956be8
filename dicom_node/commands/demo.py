"""``cspine-node demo``: the whole main job once, on loopback, with a PACS of our own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dicom_node.app import Node
from dicom_node.commands.analyze import write_key_image
from dicom_node.commands.demo_pacs import DemoPacs
from dicom_node.config import Settings
from dicom_node.errors import EnvironmentFailedError, InternalError
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.render_text import render_result
from dicom_node.reports.result import prediction_from_result, result_from_report
from dicom_node.stores import data_dir_of, database_of
from inference.phantom.dicom import write_series
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from inference.types import NotAnalysed
from inference.volume import load_volume
from storage import peers
from storage.database import Database
from storage.records import Peer

PATIENT: Final = PhantomSpec(seed=100_000, fractures=(FractureSpec("C5"),), slices=80)
FRACTURED: Final = "C5"
LOOPBACK: Final = "127.0.0.1"
PACS_AET: Final = "DEMO_PACS"
QUIET_S: Final = 2.0
DEADLINE_S: Final = 300.0


def demo(settings: Settings, scratch: Path, output: Path) -> None:
    """Send a fractured phantom to a node and wait for its report.

    Leaves report.dcm, key-image.png and result.json in ``output``.

    Raises:
        EnvironmentFailedError: no report came, or it does not name the fractured level.
    """
    console = Console(soft_wrap=True, highlight=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, ExitStack() as stack:
        step = progress.add_task("making a synthetic CT with a fractured C5")
        paths = write_series(make_study(PATIENT), scratch / "series")
        progress.update(step, completed=100)

        step = progress.add_task("starting a PACS and the node on loopback")
        pacs = stack.enter_context(DemoPacs(PACS_AET))
        node = _node(settings, scratch / "node", pacs.port)
        stack.callback(node.stop)
        node.start()
        progress.update(step, completed=100)

        step = progress.add_task(f"sending {len(paths)} slices by C-STORE")
        pacs.send(paths, settings.dicom.ae_title, LOOPBACK, node.port)
        progress.update(step, completed=100)

        step = progress.add_task("waiting for the Structured Report")
        report = pacs.wait_for_report(DEADLINE_S)
        progress.update(step, completed=100)
    _leave(output, report, paths, console)
    console.print(f"\nreport.dcm, key-image.png and result.json are in {output}")


def _node(settings: Settings, data_dir: Path, pacs_port: int) -> Node:
    own = loopback_settings(settings, data_dir, api=False)
    database = database_of(own, data_dir_of(own))
    try:
        add_pacs(database, pacs_port)
    finally:
        database.close()
    return Node(own)


def add_pacs(database: Database, port: int) -> None:
    """The node sends its results to the PACS on this port."""
    pacs = Peer("demo-pacs", PACS_AET, LOOPBACK, port, may_send=True, gets_results=True)
    peers.add_peer(database, pacs, now=database.now())


def loopback_settings(settings: Settings, data_dir: Path, *, api: bool) -> Settings:
    """The same for a node of its own on free ports of loopback, with little patience."""
    return settings.model_copy(
        update={
            "dicom": settings.dicom.model_copy(update={"bind": LOOPBACK, "port": 0}),
            "storage": settings.storage.model_copy(
                update={"data_dir": data_dir, "database_url": None, "reserve_mib": 64}
            ),
            "series": settings.series.model_copy(update={"quiet_s": QUIET_S}),
            "api": settings.api.model_copy(update={"enabled": api, "bind": LOOPBACK, "port": 0}),
            "log": settings.log.model_copy(update={"level": "warning"}),
        }
    )


def _leave(output: Path, report: Dataset, series: Sequence[Path], console: Console) -> None:
    """Write and print what came back: read from the report itself and nothing else."""
    volume = load_volume(series)
    if isinstance(volume, NotAnalysed):
        raise InternalError(f"the phantom cannot be read: {volume.text}")
    document = result_from_report(report, volume)
    prediction = prediction_from_result(document)
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.dcm").write_bytes(as_part10(report))
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (output / "result.json").write_text(text + "\n", encoding="utf-8")
    write_key_image(output / "key-image.png", volume, prediction)
    console.print()
    console.print(render_result(document))
    named = [finding.level for finding in prediction.findings]
    if FRACTURED not in named:
        raise EnvironmentFailedError(
            f"{FRACTURED} is fractured; the report names {named or 'none'}"
        )
