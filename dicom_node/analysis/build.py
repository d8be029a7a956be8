"""The analysis of a node from its settings: the active model and the shadow, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_node.analysis.local import LocalExecutor
from dicom_node.analysis.record import Recorder
from dicom_node.analysis.runner import AnalysisRunner, RunnerSettings
from dicom_node.analysis.shadow import ShadowRunner, ShadowSettings
from dicom_node.analysis.worker import WorkerSettings
from dicom_node.config import Settings
from dicom_node.monitoring.instruments import Instruments
from dicom_node.reports.origin import reporting_device
from dicom_node.stores import owner_of
from inference.model_files import shipped_weights
from storage.database import Database
from storage.files import DataDir


@dataclass(frozen=True, slots=True)
class AnalysisParts:
    """What analyses: started, stopped and adjusted together."""

    runner: AnalysisRunner
    executor: LocalExecutor
    shadow: ShadowRunner

    def start(self) -> None:
        """Begin."""
        self.runner.start()
        self.shadow.start()

    def wake(self) -> None:
        """Something was queued."""
        self.runner.wake()

    def adjust(self, before: Settings, after: Settings) -> None:
        """Follow what was changed while the node runs."""
        if after.inference.weights != before.inference.weights:
            self.executor.adopt(worker_settings(after))
        if shadow_settings(after) != shadow_settings(before):
            self.shadow.adopt(shadow_settings(after))

    def stop(self) -> None:
        """Give back what is under way and end the threads; safe to call twice."""
        self.shadow.stop()
        self.runner.stop()

    def reap(self) -> None:
        """End the process of the active model for good, once its thread has ended."""
        self.executor.reap()


def build_analysis(
    settings: Settings, database: Database, data_dir: DataDir, instruments: Instruments
) -> AnalysisParts:
    """Not yet started."""
    inference, owner = settings.inference, owner_of(data_dir)
    executor = LocalExecutor(
        worker_settings(settings), deadline_s=inference.deadline_s, watch=instruments.worker
    )
    shadow = ShadowRunner(
        database,
        ShadowSettings(owner, inference.max_attempts, inference.deadline_s),
        shadow_settings(settings),
        instruments,
    )
    device = reporting_device(settings.dicom.ae_title)
    recorder = Recorder(database, data_dir, device, asks_shadow=lambda: shadow.is_set)
    runner_settings = RunnerSettings(owner, inference.max_attempts)
    runner = AnalysisRunner(database, executor, recorder, runner_settings, instruments)
    return AnalysisParts(runner, executor, shadow)


def worker_settings(settings: Settings) -> WorkerSettings:
    """Of the process of the active model."""
    inference, log = settings.inference, settings.log
    return WorkerSettings(inference.weights, inference.device, log.format, log.level)


def shadow_settings(settings: Settings) -> WorkerSettings | None:
    """Of the process of the shadow model; ``None``: there is none, or it is the active one."""
    inference, log = settings.inference, settings.log
    weights = inference.shadow_weights
    if weights is None or weights.resolve() == (inference.weights or shipped_weights()).resolve():
        return None
    return WorkerSettings(weights, inference.device, log.format, log.level, gives_way=True)
