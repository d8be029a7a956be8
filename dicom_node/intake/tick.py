"""One tick of the intake: quiet series become complete, complete ones queued or not analysed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from dicom_node.bugs import log_bug
from dicom_node.intake.completeness import fingerprint
from dicom_node.logs import log_context
from inference.attributes import UnreadableInstanceError
from inference.fitness import judge
from inference.geometry import Geometry
from inference.limits import FitnessLimits
from inference.slices import read_headers
from inference.types import NotAnalysed, ReasonCode
from storage import instances, series
from storage.database import Database
from storage.records import InstanceRecord, SeriesRecord

logger = logging.getLogger(__name__)

REASON_INTERNAL: Final = "internal_error"


@dataclass(frozen=True, slots=True)
class Intake:
    """Judges series. Everything it knows is in the database, so it may die between any two lines.

    Attributes:
        on_queued: called after a series was queued, to wake the analysis.
    """

    database: Database
    on_queued: Callable[[], None]
    limits: FitnessLimits = field(default_factory=FitnessLimits)

    def tick(self) -> None:
        """Take every series that is due one step further."""
        now = self.database.now()
        for quiet in series.due(self.database, now):
            uids = [each.sop_instance_uid for each in self._instances(quiet)]
            series.mark_complete(self.database, quiet.id, fingerprint=fingerprint(uids), now=now)
        for complete in series.complete_series(self.database):
            with log_context(series_uid=complete.series_uid):
                try:
                    self._judge(complete)
                except Exception as error:  # noqa: BLE001 - the edge of this series
                    # A bug parks it in sight, and the others go on.
                    log_bug("while judging the series", error)
                    series.park(
                        self.database,
                        complete.id,
                        code=REASON_INTERNAL,
                        text="The series could not be judged because of an internal error.",
                        now=self.database.now(),
                    )

    def _judge(self, complete: SeriesRecord) -> None:
        instances_now = self._instances(complete)
        verdict = self._verdict(instances_now)
        now = self.database.now()
        if isinstance(verdict, NotAnalysed):
            if series.refuse(
                self.database, complete.id, code=verdict.code, text=verdict.text, now=now
            ):
                logger.info("not analysed: %s", verdict.code)
            return
        uids = fingerprint(each.sop_instance_uid for each in instances_now)
        if series.enqueue(self.database, complete.id, fingerprint=uids, now=now):
            logger.info("queued with %d instances", len(instances_now))
            self.on_queued()

    def _verdict(self, instances_now: Sequence[InstanceRecord]) -> Geometry | NotAnalysed:
        try:
            headers = read_headers(each.path for each in instances_now)
        except UnreadableInstanceError as error:
            return NotAnalysed(ReasonCode.PIXEL_DATA_UNREADABLE, str(error))
        return judge(headers, self.limits)

    def _instances(self, of: SeriesRecord) -> tuple[InstanceRecord, ...]:
        return instances.instances_of(self.database, of.series_uid)
