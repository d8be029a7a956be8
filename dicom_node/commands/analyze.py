"""``cspine-node analyze``: one series from files, without network or database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from dicom_node.commands.series_files import files_of_series
from dicom_node.config import Settings
from dicom_node.errors import InputError
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.key_image import render_key_image
from dicom_node.reports.origin import reporting_device
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.pictures import draw_pictures
from dicom_node.reports.render_text import render_result
from dicom_node.reports.result import result_document
from dicom_node.reports.result_set import build_result_set
from dicom_node.reports.set_gate import require_conformant_set
from inference.fitness import SLICES_ONLY
from inference.predictor import Predictor
from inference.types import CtVolume, NotAnalysed, PartialReading, Prediction
from inference.volume import load_slices, load_volume
from storage.records import Piece

_REPORT: Final = "report.dcm"
_KEY_IMAGE: Final = "key-image.png"
_SET: Final = "set"


@dataclass(frozen=True, slots=True)
class _Reading:
    volume: CtVolume | None
    outcome: Prediction | NotAnalysed | PartialReading


def analyze(
    paths: Sequence[Path], output: Path, settings: Settings, series_uid: str | None = None
) -> None:
    """Analyse the one series in ``paths`` and write result.json, report.dcm and key-image.png.

    The whole result set, as a node would send it, is in the folder ``set``.

    A series that cannot be analysed gives a result.json that says why, and nothing else. One
    that is only too short has its slices read one by one besides, which is no result of a study.

    Raises:
        InputError: there is no series, more than one, or ``output`` cannot be written.
        InferenceError: the model cannot be loaded.
    """
    chosen, files = files_of_series(paths, series_uid)
    reading = _read_and_analyse(files, settings)
    document = result_document(chosen, reading.outcome)
    try:
        output.mkdir(parents=True, exist_ok=True)
        _remove_earlier(output)
        if reading.volume is not None and isinstance(reading.outcome, Prediction):
            _write_set(output, reading, files, settings)
            write_key_image(output / _KEY_IMAGE, reading.volume, reading.outcome)
        text = json.dumps(document, indent=2, ensure_ascii=False)
        (output / "result.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{output}: {error.strerror}") from error
    Console(highlight=False, soft_wrap=True).print(render_result(document))


def write_key_image(path: Path, volume: CtVolume, prediction: Prediction) -> None:
    """The picture of the most probable finding, or the overview of a study without one."""
    finding = max(prediction.findings, key=lambda each: each.probability, default=None)
    render_key_image(volume, prediction, finding, at=datetime.now(UTC)).save(path)


def _read_and_analyse(files: Sequence[Path], settings: Settings) -> _Reading:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)

        def on_read(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        def on_analysed(share: float) -> None:
            progress.update(task, completed=share)

        volume = load_volume(files, on_progress=on_read)
        if isinstance(volume, NotAnalysed):
            if volume.code not in SLICES_ONLY:
                return _Reading(None, volume)
            progress.update(task, description="reading single slices")
            return _Reading(None, _read_single_slices(files, volume, settings))
        progress.update(task, description="analysing", completed=0, total=1)
        predictor = Predictor.load(settings.inference.weights, settings.inference.device)
        return _Reading(volume, predictor.predict(volume, on_progress=on_analysed))


def _read_single_slices(
    files: Sequence[Path], reason: NotAnalysed, settings: Settings
) -> PartialReading | NotAnalysed:
    """Each slice alone, of a series that is refused as too short for ``reason``."""
    volumes = load_slices(files)
    if isinstance(volumes, NotAnalysed):
        return replace(reason, text=f"{reason.text} Nor can its slices be read: {volumes.text}")
    predictor = Predictor.load(settings.inference.weights, settings.inference.device)
    readings = (each for volume in volumes for each in predictor.read_single_slices(volume))
    return PartialReading(
        reason,
        predictor.identity,
        tuple(replace(each, slice_index=index) for index, each in enumerate(readings)),
    )


def _write_set(output: Path, reading: _Reading, files: Sequence[Path], settings: Settings) -> None:
    """The whole result set in a folder of its own; the report once more where it always is."""
    assert reading.volume is not None
    assert isinstance(reading.outcome, Prediction)
    sources = read_sources(files)
    pictures = draw_pictures(reading.volume, reading.outcome, at=datetime.now(UTC))
    device = reporting_device(settings.dicom.ae_title)
    objects = build_result_set(reading.outcome, pictures, sources, device=device)
    require_conformant_set(objects, sources, reading.outcome, pictures)
    (output / _SET).mkdir(exist_ok=True)
    for each in objects:
        content = as_part10(each.dataset)
        (output / _SET / f"{each.piece.value}-{each.ordinal + 1}.dcm").write_bytes(content)
        if each.piece is Piece.REPORT:
            (output / _REPORT).write_bytes(content)


def _remove_earlier(output: Path) -> None:
    """What is there of an earlier series would be taken for this one's."""
    for name in (_REPORT, _KEY_IMAGE):
        (output / name).unlink(missing_ok=True)
    for piece in Piece:
        for path in (output / _SET).glob(f"{piece.value}-*.dcm"):
            path.unlink()
    with suppress(OSError):  # it is not there, or has files of somebody else
        (output / _SET).rmdir()
