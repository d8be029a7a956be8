"""A series that was not analysed is told of at the PACS too: a page that says so, and why.

Made from rows and files alone, whether the intake refused the series or the analysis ended without
a result, so the node may die between any two lines. Where a radiologist looks for a result there is
something that cannot be read as a negative, rather than nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_node.analysis.keep import keep, keep_nothing
from dicom_node.bugs import log_bug
from dicom_node.errors import CspineError, EnvironmentFailedError, InputError
from dicom_node.logs import log_context
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.origin import ReportingDevice
from dicom_node.reports.result_set import SetObject, build_notice
from dicom_node.reports.set_gate import require_conformant_notice
from dicom_node.reports.summary_page import render_not_analysed
from dicom_node.routing.plan import plan_deliveries
from storage import instances, notices
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir
from storage.records import SeriesRecord, SeriesState

logger = logging.getLogger(__name__)

TOLD_FOR: Final = timedelta(days=7)
"""After an upgrade, or a long silence, nobody is told of what ended earlier."""
TROUBLE_PAUSE_S: Final = 60.0
"""While the disk, the database or a rule is at fault."""
REASON_CHARACTERS: Final = 300
"""On the page; the row has all of it."""
_NEEDED: Final = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")


class Notices:
    """Tells of series without a reading; :meth:`tick` is for one thread."""

    def __init__(self, database: Database, data_dir: DataDir, device: ReportingDevice) -> None:
        self._database = database
        self._data_dir = data_dir
        self._device = device
        self._untold = notices.Untold(database)
        self._not_before_s = 0.0

    def tick(self) -> None:
        """Make, record and send off the page of some series that lack one."""
        if time.monotonic() < self._not_before_s:
            return
        try:
            since = self._database.now() - TOLD_FOR
            for of in self._untold.look(since=since):
                with log_context(series_uid=of.series_uid, series_id=of.id):
                    self._tell(of)
        except (StorageError, EnvironmentFailedError) as error:
            logger.error("not analysed series wait %g s to be told of: %s", TROUBLE_PAUSE_S, error)
            self._not_before_s = time.monotonic() + TROUBLE_PAUSE_S

    def _tell(self, of: SeriesRecord) -> None:
        try:
            made = self._made(of)
        except Exception as error:  # noqa: BLE001 - the edge of this series
            # The same files give the same error: it is given up in sight, and the others go on.
            if isinstance(error, CspineError):
                logger.error("no page can be made: %s", error)
            else:
                log_bug("while making the page of a series that was not analysed", error)
            notices.give_up(self._database, of.id, now=self._database.now())
            return
        objects = keep(self._data_dir, made)
        try:
            deliveries = plan_deliveries(self._database, of, objects)
            now = self._database.now()
            told = notices.add_objects(self._database, of.id, objects, deliveries, now=now)
        except (StorageError, EnvironmentFailedError):
            keep_nothing(objects)
            raise
        if not told:
            keep_nothing(objects)
            return
        logger.info("told of at %d peers: %s", len(deliveries), of.reason_code)

    def _made(self, of: SeriesRecord) -> tuple[SetObject, ...]:
        of_series = instances.instances_of(self._database, of.series_uid)
        sources = tuple(_fit_sources([each.path for each in of_series]))
        if not sources:
            raise InputError("no file of the series says which study it belongs to")
        at = self._database.now()
        reason = (of.reason_text or "The reason is not known.")[:REASON_CHARACTERS]
        page = render_not_analysed(
            of.reason_code or "",
            reason,
            failed=of.state is SeriesState.FAILED,
            at=at,
            facts=(("Images received", str(of.instance_count)),),
        )
        drawn = np.asarray(page.convert("RGB"))
        made = build_notice(drawn, reason, sources, at=at, device=self._device)
        require_conformant_notice(made, sources)
        return made


def _fit_sources(paths: Sequence[Path]) -> Iterator[Dataset]:
    """The headers that can be read and say where they belong."""
    for path in paths:
        try:
            (source,) = read_sources([path])
        except (InputError, EnvironmentFailedError) as error:
            logger.warning("a header is left out of the page: %s", type(error).__name__)
            continue
        if all(keyword in source for keyword in _NEEDED):
            yield source
