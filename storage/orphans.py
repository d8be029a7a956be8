"""Files of results that no row knows: a crash came between the file and its row.

Nobody will ever ask for such a file: the reading is made again, under new UIDs. It goes once it is
so old that nothing can still be about to write its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import select

from storage.database import Database
from storage.files import DataDir, translated_file_errors
from storage.models import Report
from storage.part10 import whole_digest

SAFE_AGE: Final = timedelta(days=1)
"""Between a file and its row lie seconds."""
CRASHES_LEAVE: Final = 200
"""More than so many are not from crashes: it may be another database, or an older copy of it."""
BATCH_SIZE: Final = 500


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files of results in a data directory.

    Attributes:
        known: how many have a row.
        orphans: those without one that are older than :data:`SAFE_AGE`.
    """

    known: int
    orphans: tuple[Path, ...]

    @property
    def is_strange(self) -> bool:
        """Whether crashes cannot have left so many: then none is touched."""
        return len(self.orphans) > CRASHES_LEAVE or (bool(self.orphans) and not self.known)


def report_files(db: Database, data_dir: DataDir, *, now: datetime) -> ReportFiles:
    """Look at all of them.

    Raises:
        StorageError: the database or the file system failed.
    """
    known, orphans = 0, []
    paths = data_dir.report_paths()
    while batch := list(islice(paths, BATCH_SIZE)):
        with_row = _with_row(db, batch)
        known += len(with_row)
        orphans += [each for each in batch if each.stem not in with_row and _is_old(each, now)]
    return ReportFiles(known, tuple(orphans))


def remove_orphans(db: Database, data_dir: DataDir, *, now: datetime) -> ReportFiles:
    """Remove the orphans, if their number is not strange; what there was.

    Raises:
        StorageError: the database or the file system failed.
    """
    found = report_files(db, data_dir, now=now)
    if not found.is_strange:
        with translated_file_errors("cannot remove result files without a row"):
            for each in found.orphans:
                each.unlink(missing_ok=True)
    return found


def missing_files(db: Database, data_dir: DataDir) -> tuple[Path, ...]:
    """Files of results that rows name in this data directory, and that are not there.

    Raises:
        StorageError: the database failed.
    """
    with db.reading() as session:
        paths = [Path(each) for each in session.scalars(select(Report.path))]
    return tuple(each for each in paths if each.is_relative_to(data_dir.root) and not each.exists())


def changed_files(db: Database, data_dir: DataDir) -> tuple[Path, ...]:
    """Files of results in this data directory that are not as they were written; reads all.

    Raises:
        StorageError: the database failed, or a file cannot be read.
    """
    with db.reading() as session:
        rows = session.execute(select(Report.path, Report.sha256)).all()
    here = [(Path(path), digest) for path, digest in rows if digest is not None]
    with translated_file_errors("cannot read a result file"):
        return tuple(
            path
            for path, digest in here
            if path.is_relative_to(data_dir.root)
            and path.exists()
            and whole_digest(path.read_bytes()) != digest
        )


def _with_row(db: Database, batch: list[Path]) -> set[str]:
    uid = Report.sop_instance_uid
    statement = select(uid).where(uid.in_([each.stem for each in batch]))
    with db.reading() as session:
        return set(session.scalars(statement))


def _is_old(path: Path, now: datetime) -> bool:
    try:
        return path.stat().st_mtime < (now - SAFE_AGE).timestamp()
    except FileNotFoundError:
        return False
