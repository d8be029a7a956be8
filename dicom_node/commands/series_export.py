"""``cspine-node series export``: the whole result set of one reading as files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from dicom_node.errors import EnvironmentFailedError, InputError
from dicom_node.reports.stored_object import read_stored
from storage import deliveries, verdicts
from storage.database import Database
from storage.records import ReportRecord, SeriesRecord, SeriesState, VerdictRecord

ENDED: Final = frozenset(
    {
        SeriesState.ANALYSED,
        SeriesState.REPORTED,
        SeriesState.NOT_ANALYSED,
        SeriesState.FAILED,
    }
)


def export_reading(database: Database, of: SeriesRecord, directory: Path) -> int:
    """Write the result set to ``directory``, all of it or nothing; how many files.

    The files are those of the node, byte by byte: they name the patient.

    Raises:
        InputError: ``directory`` is not empty or no folder, or the reading has not ended.
        EnvironmentFailedError: a result object is missing or damaged, or the disk failed.
    """
    require_result(of)
    objects = deliveries.objects_of(database, of.id)
    given = verdicts.verdicts_of(database, of.id)
    with _whole_folder(directory) as folder:
        files = [_write_object(folder, each) for each in objects]
        files.append(_write_json(folder, "result.json", _result(of)))
        if given:
            files.append(_write_json(folder, "verdicts.json", _verdicts(given, objects)))
        _write_json(folder, "manifest.json", _manifest(of, files, database.now()))
    return len(files) + 1


def require_result(of: SeriesRecord) -> None:
    """Whether there is something to export.

    Raises:
        InputError: the reading has not ended.
    """
    if of.state not in ENDED:
        raise InputError(f"series {of.series_uid} is {of.state.value}: it has no result yet")


def name_of(record: ReportRecord) -> str:
    """Of its file: the piece, and its number within it from 1."""
    return f"{record.piece.value}-{record.ordinal + 1}.dcm"


@contextmanager
def _whole_folder(directory: Path) -> Iterator[Path]:
    """A folder that becomes ``directory`` at the end of the block, or is gone after an error."""
    target = directory.resolve()
    try:
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise InputError(f"{directory} is not an empty folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            yield made
            made.rename(target)  # takes the place of an empty folder, and of nothing else
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise EnvironmentFailedError(f"cannot write {directory}: {error.strerror}") from error


def _write_object(folder: Path, record: ReportRecord) -> dict[str, Any]:
    _, content = read_stored(record.path, record.sop_instance_uid)
    return _write(folder, name_of(record), content) | {
        "piece": record.piece.value,
        "ordinal": record.ordinal,
        "sop_instance_uid": record.sop_instance_uid,
        "sop_class_uid": record.sop_class_uid,
    }


def _write_json(folder: Path, name: str, document: Any) -> dict[str, Any]:
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    return _write(folder, name, f"{text}\n".encode())


def _write(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name, "size_bytes": len(content), "sha256": digest}


def _result(of: SeriesRecord) -> dict[str, Any]:
    """The stored result; where there is none, why, and that this is no negative."""
    if of.result is not None and of.state not in {SeriesState.NOT_ANALYSED, SeriesState.FAILED}:
        return dict(of.result)
    return {
        "series_uid": of.series_uid,
        "status": of.state.value,
        "reason": {"code": of.reason_code, "text": of.reason_text},
        "coverage": "Nothing was assessed. Not a negative result.",
        "research_use_only": True,
    }


def _verdicts(
    given: Sequence[VerdictRecord], objects: Sequence[ReportRecord]
) -> list[dict[str, Any]]:
    """In the order in which they were given; the last one holds."""
    files = {each.sop_instance_uid: name_of(each) for each in objects}
    return [
        {
            **{k: v for k, v in asdict(each).items() if k not in {"id", "series_id"}},
            "file": files.get(each.sop_instance_uid),
        }
        for each in given
    ]


def _manifest(of: SeriesRecord, files: Sequence[dict[str, Any]], at: datetime) -> dict[str, Any]:
    return {
        "made_by": f"cspine-node {version('cspine-node')}",
        "exported_utc": at.isoformat(),
        "study_uid": of.study_uid,
        "series_uid": of.series_uid,
        "generation": of.generation,
        "state": of.state.value,
        "outcome": of.outcome.value,
        "files": list(files),
        "names_the_patient": True,
        "research_use_only": True,
    }
