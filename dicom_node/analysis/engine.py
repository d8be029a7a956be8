"""Inside the inference process: load the model once, then answer one job after another.

It never sees the database or the network. When the pipe breaks, the node is gone, and it ends.
"""

from __future__ import annotations

import logging
import signal
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from dicom_node.analysis.executor import Analysis, AnalysisJob, WorkerReady
from dicom_node.analysis.worker import Reply, WorkerError, WorkerSettings
from dicom_node.bugs import log_bug
from dicom_node.logs import configure_logging, log_context
from dicom_node.reports.pictures import Pictures, draw_pictures
from inference.errors import InferenceError
from inference.predictor import Predictor
from inference.types import NotAnalysed
from inference.volume import load_volume

logger = logging.getLogger(__name__)


def serve(settings: WorkerSettings, pipe: Connection) -> None:
    """Answer the jobs that come through ``pipe`` until it is closed at the other end."""
    # The terminal's Ctrl+C reaches the whole process group; only the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logging(settings.log_format, settings.log_level)
    try:
        predictor = Predictor.load(settings.weights, settings.device)
    except InferenceError as error:
        pipe.send(WorkerError(str(error)))
        return
    pipe.send(WorkerReady(predictor.identity, predictor.device_name))
    try:
        while True:
            job: AnalysisJob = pipe.recv()
            with log_context(series_uid=job.series_uid, series_id=job.series_id):
                pipe.send(_answer(predictor, job))
    except (EOFError, OSError):
        logger.info("the node is gone: the inference process ends")


def _answer(predictor: Predictor, job: AnalysisJob) -> Reply:
    try:
        volume = load_volume(job.paths)
        if isinstance(volume, NotAnalysed):
            return volume
        said = predictor.predict(volume)
        if isinstance(said, NotAnalysed):
            return said
        at = datetime.now(UTC)
        if not job.with_pictures:
            return Analysis(said, Pictures(at, {}, None))
        return Analysis(said, draw_pictures(volume, said, at=at))
    except Exception as error:  # noqa: BLE001 - the edge of the job
        # Whatever it was is charged to the job, and the model stays warm.
        log_bug("in the analysis", error)
        return WorkerError(f"{type(error).__name__} in the analysis")
