"""``cspine-node analyze``: one series from files, without network or database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from dicom_node.app import reporting_device
from dicom_node.config import Settings
from dicom_node.errors import InputError
from dicom_node.reports.conformance import require_conformant
from dicom_node.reports.evidence import read_sources
from dicom_node.reports.key_image import render_key_image
from dicom_node.reports.part10 import as_part10
from dicom_node.reports.render_text import render_result
from dicom_node.reports.result import result_document
from dicom_node.reports.structured_report import build_report
from dicom_node.uids import new_uid
from inference.attributes import UnreadableInstanceError
from inference.predictor import Predictor
from inference.slices import read_headers
from inference.types import CtVolume, NotAnalysed, Prediction
from inference.volume import load_volume


@dataclass(frozen=True, slots=True)
class _Reading:
    volume: CtVolume | None
    outcome: Prediction | NotAnalysed


def analyze(paths: Sequence[Path], output: Path, settings: Settings) -> None:
    """Analyse the one series in ``paths`` and write result.json, report.dcm and key-image.png.

    A series that cannot be analysed gives a result.json that says why, and nothing else.

    Raises:
        InputError: there is no series, more than one, or ``output`` cannot be written.
        InferenceError: the model cannot be loaded.
    """
    files = _files_of(paths)
    document_of = _the_series(files)
    reading = _read_and_analyse(files, settings)
    document = result_document(document_of, reading.outcome)
    try:
        output.mkdir(parents=True, exist_ok=True)
        if reading.volume is not None and isinstance(reading.outcome, Prediction):
            _write_report(output / "report.dcm", reading.outcome, files, settings)
            write_key_image(output / "key-image.png", reading.volume, reading.outcome)
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
            return _Reading(None, volume)
        progress.update(task, description="analysing", completed=0, total=1)
        predictor = Predictor.load(settings.inference.weights, settings.inference.device)
        return _Reading(volume, predictor.predict(volume, on_progress=on_analysed))


def _files_of(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and those in folders that look like DICOM."""
    found = []
    for path in paths:
        if path.is_dir():
            found += [
                each for each in sorted(path.rglob("*")) if each.is_file() and _is_dicom(each)
            ]
        else:
            found.append(path)
    if not found:
        raise InputError(f"no DICOM files in {', '.join(map(str, paths))}")
    return found


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _the_series(files: Sequence[Path]) -> str:
    try:
        found = {header.series_uid for header in read_headers(files)}
    except UnreadableInstanceError as error:
        raise InputError(str(error)) from error
    if len(found) > 1:
        raise InputError(f"{len(found)} series, name one of them: {', '.join(sorted(found))}")
    return found.pop()


def _write_report(
    path: Path, prediction: Prediction, files: Sequence[Path], settings: Settings
) -> None:
    sources = read_sources(files)
    report = build_report(
        prediction,
        sources,
        sop_instance_uid=new_uid(),
        series_instance_uid=new_uid(),
        content_datetime=datetime.now(UTC),
        device=reporting_device(settings.dicom.ae_title),
    )
    require_conformant(report, sources)
    path.write_bytes(as_part10(report))
