"""A long outbox drained to DCMTK's storescp, beside DCMTK's own storescu with the same files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from sqlalchemy import text

from dicom_node.reports.evidence import read_sources
from dicom_node.reports.part10 import as_part10
from dicom_node.scu.association import ScuIdentity
from storage.database import Database, open_database
from storage.files import DataDir
from storage.records import DeliveryState, NewObject, Piece
from tests.bench.measure import Figure, seconds
from tests.dcmtk import storescp, storescu
from tests.integration.delivery.outbox import CALLING_AET, Outbox, is_idle
from tests.support import wait_until
from tests.unit.reports.cases import (
    FRACTURED,
    prediction_of,
    report_on,
    sources_of,
    write_ct_series,
)

OBJECTS: Final = 10_000
A_SERIES: Final = 100
DEADLINE_S: Final = 1800


def delivering(scratch: Path, objects: int = OBJECTS) -> list[Figure]:
    """Once each, since it takes minutes; every object is a report with a UID of its own."""
    os.environ["TCP_NODELAY"] = "1"  # DCMTK's switch; see tests.bench.receiving
    data_dir = DataDir(scratch / "node")
    data_dir.prepare()
    database = open_database(data_dir.default_database_url)
    sources = read_sources(write_ct_series(scratch / "ct"))
    report = report_on(sources, prediction_of(sources_of(sources), FRACTURED))
    outbox = Outbox(database, data_dir, report)
    reports = scratch / "reports"
    reports.mkdir()
    try:
        template = as_part10(report)
        made = [_copy_of(template, reports / f"{n}.dcm", report) for n in range(objects)]
        with storescp(scratch / "from-node") as pacs:
            outbox.add_peer("pacs", pacs.port, "STORESCP")
            for begin in range(0, objects, A_SERIES):
                outbox.finish(made[begin : begin + A_SERIES], ["pacs"])
            ours = objects / seconds(lambda: _drain(outbox))
            assert len(pacs.received()) == objects
        _require_all_delivered(database, objects)
        with storescp(scratch / "from-dcmtk") as pacs:
            theirs = objects / seconds(
                lambda: storescu(pacs.port, "-R", "+sd", reports, called_aet="STORESCP")
            )
            assert len(pacs.received()) == objects
    finally:
        database.close()
    group = f"{objects:,} reports"
    return [
        Figure(group, "DCMTK storescu (files only)", "objects/s", (theirs,)),
        Figure(group, "cspine-node (claims, fsync of every outcome)", "objects/s", (ours,)),
    ]


def _copy_of(template: bytes, path: Path, report: Dataset) -> NewObject:
    """The report under another UID of the same length."""
    old = str(report.SOPInstanceUID)
    uid = generate_uid(prefix="2.25.")[: len(old)].ljust(len(old), "1")
    path.write_bytes(template.replace(old.encode(), uid.encode()))
    return NewObject(Piece.REPORT, int(path.stem), uid, str(report.SOPClassUID), path)


def _drain(outbox: Outbox) -> None:
    with outbox.database.transaction() as session:
        session.execute(text("UPDATE deliveries SET position = 0"))  # none waits for another
    runner = outbox.runner(identity=ScuIdentity(CALLING_AET))
    runner.tick()
    wait_until(lambda: is_idle(runner), deadline_s=DEADLINE_S, what="drained")


def _require_all_delivered(database: Database, objects: int) -> None:
    with database.reading() as session:
        done = session.execute(
            text("SELECT count(*) FROM deliveries WHERE state = :state"),
            {"state": DeliveryState.DELIVERED.value},
        ).scalar_one()
    assert done == objects
