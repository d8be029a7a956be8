"""The composition root: builds the parts of the node, starts and stops them in order."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from importlib.metadata import version
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler

from dicom_node.administration.settings import LiveSettings
from dicom_node.alerting.build import build_watchman
from dicom_node.analysis.build import AnalysisParts, build_analysis
from dicom_node.analysis.notices import Notices
from dicom_node.api.context import ApiContext
from dicom_node.api.server import ApiServer
from dicom_node.audit_messages.build import build_exporter
from dicom_node.config import Settings
from dicom_node.delivery.commitment import CommitmentRunner, CommitmentSettings
from dicom_node.delivery.runner import DeliveryRunner
from dicom_node.delivery.settings import DeliverySettings
from dicom_node.identity import identity_of
from dicom_node.intake.tick import Intake
from dicom_node.logs import set_level
from dicom_node.monitoring.instruments import Instruments
from dicom_node.monitoring.stages import StageFollower
from dicom_node.reports.origin import reporting_device
from dicom_node.retention.deletion import settle_deletions
from dicom_node.retention.sweep import Sweep
from dicom_node.retention.tick import Retention
from dicom_node.scp.commitment import CommitmentReceiver
from dicom_node.scp.index import rebuild_index
from dicom_node.scp.listener import DicomListener
from dicom_node.scp.settings import ListenerSettings
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.stow_credentials import read_credentials
from dicom_node.stores import data_dir_of, database_of, owner_of
from dicom_node.tls import listening_context
from storage import audit
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir
from storage.records import Actor

logger = logging.getLogger(__name__)

ITSELF: Final = Actor("cspine-node", "this machine")
"""In the audit trail."""
TICK_S: Final = 1.0
STAGES_TICK_S: Final = 5.0
ALERTS_TICK_S: Final = 10.0
SWEEP_TICK_S: Final = 86_400.0
STOP_GRACE_S: Final = 10.0
"""How long running associations may take to finish when the node stops."""


class Node:
    """The whole node in one process, and the inference in a child of it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = self._at_start = settings
        self._instruments = Instruments()
        self._stack = ExitStack()
        self._listener: DicomListener | None = None
        self._api: ApiServer | None = None

    @property
    def port(self) -> int:
        """The DICOM port in use (the system's choice where the configured one is 0)."""
        assert self._listener is not None, "the node is not started"
        return self._listener.port

    @property
    def api_url(self) -> str | None:
        """Where the API listens; ``None``: it does not."""
        return None if self._api is None else self._api.url

    def start(self) -> None:
        """Recover what an earlier life left, then open the door last.

        Raises:
            StorageError, CspineError: the environment does not allow it; nothing is left running.
        """
        with ExitStack() as stack:
            data_dir, database = self._open_storage(stack)
            live = LiveSettings(database, self._settings)
            self._settings = live.now
            self._start_parts(stack, data_dir, database, live)
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Close the door first; safe to call twice."""
        self._stack.close()
        logger.info("stopped")

    def _open_storage(self, stack: ExitStack) -> tuple[DataDir, Database]:
        data_dir = data_dir_of(self._settings)
        stack.enter_context(data_dir.lock())
        database = database_of(self._settings, data_dir)
        stack.callback(database.close)
        swept = data_dir.sweep_incoming()
        if swept:
            logger.warning("%d unfinished instances of an earlier life removed", swept)
        settle_deletions(database, data_dir)
        quiet_s = self._settings.series.quiet_s
        indexed = rebuild_index(database, data_dir, quiet_s=quiet_s, now=database.now())
        if indexed:
            logger.warning("%d instances were stored but not indexed: indexed now", indexed)
        return data_dir, database

    def _start_parts(
        self, stack: ExitStack, data_dir: DataDir, database: Database, live: LiveSettings
    ) -> None:
        identity = identity_of(self._settings)
        analysis = build_analysis(self._settings, database, data_dir, self._instruments)
        stack.callback(analysis.reap)
        exporter = build_exporter(self._settings, database, owner=owner_of(data_dir))
        if exporter is not None:
            stack.callback(exporter.stop)
            exporter.start()
        delivery = self._build_delivery(data_dir, database, identity)
        stack.callback(delivery.stop)
        delivery.start()
        commitment = self._build_commitment(database, identity)
        stack.callback(commitment.stop)
        intake = Intake(database, on_queued=analysis.wake)
        scheduler = _build_scheduler()
        notices = Notices(database, data_dir, reporting_device(self._settings.dicom.ae_title))
        retention = Retention(database, data_dir, lambda: self._settings.storage.keep_days)
        ticks = {
            "intake": intake.tick,
            "delivery": delivery.tick,
            "commitment": commitment.tick,
            "notices": notices.tick,
            "retention": retention.tick,
            "settings": live.tick,
        }
        self._follow(live, analysis, delivery, commitment, owner_of(data_dir))
        for name, tick in ticks.items():
            scheduler.add_job(tick, "interval", seconds=TICK_S, id=name)
        sweep = Sweep(database, data_dir, self._instruments)
        sweep.tick()
        scheduler.add_job(sweep.tick, "interval", seconds=SWEEP_TICK_S, id="sweep")
        stages = StageFollower(database, self._instruments)
        scheduler.add_job(stages.tick, "interval", seconds=STAGES_TICK_S, id="stages")
        watchman = build_watchman(self._settings, database, data_dir, self._instruments)
        scheduler.add_job(watchman.tick, "interval", seconds=ALERTS_TICK_S, id="alerts")
        stack.callback(watchman.stop)
        watchman.start()
        stack.callback(analysis.stop)
        analysis.start()
        stack.callback(scheduler.shutdown)
        scheduler.start()
        if self._settings.api.enabled:
            self._api = self._build_api(data_dir, database, identity)
            stack.callback(self._api.stop)
            self._api.start()
        self._listener = self._build_listener(data_dir, database)
        stack.callback(self._listener.stop, STOP_GRACE_S)
        self._listener.start()
        self._audit_its_life(stack, database)

    def _follow(
        self,
        live: LiveSettings,
        analysis: AnalysisParts,
        delivery: DeliveryRunner,
        commitment: CommitmentRunner,
        owner: str,
    ) -> None:
        """What is changed while the node runs reaches its parts."""

        def adjust(settings: Settings) -> None:
            if settings.log.level != self._settings.log.level:
                set_level(settings.log.level)
            analysis.adjust(self._settings, settings)
            self._settings = settings
            identity = identity_of(settings)
            delivery.adjust(_delivery_settings(settings, identity, owner))
            commitment.adjust(_commitment_settings(settings, identity))
            if self._listener is not None:
                self._listener.adjust(quiet_s=settings.series.quiet_s)

        live.on_change = adjust
        if live.now.log.level != live.at_start.log.level:
            set_level(live.now.log.level)

    def _audit_its_life(self, stack: ExitStack, database: Database) -> None:
        """That it started, and at its end that it stopped."""

        def record(action: str) -> None:
            after = {"version": version("cspine-node")}
            audit.record(database, ITSELF, action, "node", after=after, now=database.now())

        def record_end() -> None:
            try:
                record("node.stopped")
            except StorageError as error:
                logger.warning("not in the audit trail that the node stopped: %s", error)

        record("node.started")
        stack.callback(record_end)

    def _build_delivery(
        self, data_dir: DataDir, database: Database, identity: ScuIdentity
    ) -> DeliveryRunner:
        delivery = self._settings.delivery
        if delivery.stow_credentials is not None:
            read_credentials(delivery.stow_credentials)  # a mistake in it is told at the start
        return DeliveryRunner(
            database,
            _delivery_settings(self._settings, identity, owner_of(data_dir)),
            instruments=self._instruments,
        )

    def _build_commitment(self, database: Database, identity: ScuIdentity) -> CommitmentRunner:
        return CommitmentRunner(
            database,
            _commitment_settings(self._settings, identity),
            on_report=CommitmentReceiver(database).receive,
        )

    def _build_api(self, data_dir: DataDir, database: Database, identity: ScuIdentity) -> ApiServer:
        device = reporting_device(self._settings.dicom.ae_title)
        context = ApiContext(
            self._at_start, database, data_dir, device, identity, instruments=self._instruments
        )
        return ApiServer(context)

    def _build_listener(self, data_dir: DataDir, database: Database) -> DicomListener:
        dicom = self._settings.dicom
        return DicomListener(
            ListenerSettings(
                ae_title=dicom.ae_title,
                bind=dicom.bind,
                port=dicom.port,
                quiet_s=self._settings.series.quiet_s,
                maximum_associations=dicom.maximum_associations,
                maximum_associations_per_host=dicom.maximum_associations_per_host,
                maximum_waiting=dicom.maximum_waiting,
                maximum_waiting_per_host=dicom.maximum_waiting_per_host,
                acse_timeout_s=dicom.request_timeout_s,
                reserve_bytes=self._settings.storage.reserve_mib * 2**20,
                tls_port=dicom.tls_port,
                tls=listening_context(dicom),
            ),
            database=database,
            data_dir=data_dir,
            instruments=self._instruments,
        )


def _delivery_settings(settings: Settings, identity: ScuIdentity, owner: str) -> DeliverySettings:
    delivery = settings.delivery
    return DeliverySettings(
        identity,
        owner=owner,
        first_retry_s=delivery.first_retry_s,
        longest_retry_s=delivery.longest_retry_s,
        stow_credentials=delivery.stow_credentials,
    )


def _commitment_settings(settings: Settings, identity: ScuIdentity) -> CommitmentSettings:
    delivery = settings.delivery
    return CommitmentSettings(
        identity,
        answer_s=delivery.commitment_answer_s,
        attempts=delivery.commitment_attempts,
        first_retry_s=delivery.first_retry_s,
        longest_retry_s=delivery.longest_retry_s,
    )


def _build_scheduler() -> BackgroundScheduler:
    # One late tick is enough after a pause, and two ticks of a kind never run side by side.
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    return BackgroundScheduler(timezone="UTC", job_defaults=defaults)
