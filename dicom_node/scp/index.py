"""Rebuilding the index from the files: the file is the truth, a row only says that it is there."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from pathlib import Path

from dicom_node.scp.elements import HeaderError
from dicom_node.scp.header import read_header
from dicom_node.scp.part10 import read_file_meta
from dicom_node.scp.store import instance_facts
from storage.database import Database
from storage.errors import StorageError
from storage.files import DataDir, stored_file
from storage.instances import record_instance, unindexed
from storage.records import InstanceFacts

logger = logging.getLogger(__name__)


def rebuild_index(db: Database, data_dir: DataDir, *, quiet_s: float, now: datetime) -> int:
    """Index the instance files that have no row; how many. Run at start, before listening.

    A crash between a file and its row leaves such a file, as does a restored backup of the
    database. A file that cannot be read, or lies where its UIDs do not put it, is moved to
    ``unreadable/`` beside ``instances/`` and logged.

    Raises:
        StorageError: the database or the file system failed.
    """
    found = 0
    for path in unindexed(db, data_dir.instance_paths()):
        try:
            facts = _facts_of(path)
        except HeaderError as error:
            aside = _set_aside(path, data_dir.root / "unreadable")
            logger.error("%s moved to %s: %s", path.name, aside, error)
            continue
        record_instance(db, facts, stored_file(path), quiet_s=quiet_s, now=now)
        found += 1
    return found


def _facts_of(path: Path) -> InstanceFacts:
    try:
        with path.open("rb") as file:
            meta = read_file_meta(file)
            header = read_header(file.read(), meta.transfer_syntax_uid)
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}") from error
    there = (path.parent.parent.name, path.parent.name, path.stem)
    if there != (header.study_uid, header.series_uid, header.sop_instance_uid):
        raise HeaderError("it does not lie where its UIDs put it")
    return instance_facts(
        header,
        transfer_syntax_uid=meta.transfer_syntax_uid,
        source_aet=meta.sending_aet,
        called_aet=meta.receiving_aet,
        source_host="",
    )


def _set_aside(path: Path, folder: Path) -> Path:
    """Move a file out of the way, under a name that nothing there has."""
    aside = folder / f"{path.stem}.{uuid.uuid4().hex[:8]}.dcm"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        path.rename(aside)
    except OSError as error:
        raise StorageError(f"cannot move {path} aside: {error.strerror}") from error
    return aside
