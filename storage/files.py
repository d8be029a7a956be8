"""The files under the data directory. What has its final name is whole and durable.

    incoming/                                   being written; swept at start
    instances/<study>/<series>/<sop>.dcm        received
    conflicts/<sop>/<sha256>.dcm                other content under a UID that was already there
    reports/<sop>.dcm                           made by this node
    models/                                     put there by an administrator
    deleted/<token>/…                           being deleted (storage.removal)
    node.lock, cspine.sqlite3, research.key

Folders are 0700, files 0600: there are patients in them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from storage.errors import (
    AlreadyExistsError,
    DataDirBusyError,
    DiskFullError,
    InvalidUidError,
    StorageError,
)
from storage.part10 import content_digest, file_digest
from storage.records import ReceiptOutcome, StoredFile

UID: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
UID_LENGTH_MAX: Final = 64
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
REMEMBERED_FOLDERS_MAX: Final = 4096
SECRET_BYTES: Final = 32
_SECRET: Final = re.compile(rb"[0-9a-f]{64}")
FOLDERS: Final = ("incoming", "instances", "conflicts", "reports", "deleted", "models")


def validated_uid(text: str) -> str:
    """``text``, if it is a UID by PS3.5 9.1 and so safe as a file name.

    Leading zeros of a component are tolerated: some scanners write them.

    Raises:
        InvalidUidError: it is not.
    """
    if len(text) > UID_LENGTH_MAX or UID.fullmatch(text) is None:
        raise InvalidUidError(f"{text[: UID_LENGTH_MAX + 1]!a} is not a DICOM UID")
    return text


class DataDir:
    """The data directory of one node; usable from many threads at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming, self._instances, self._conflicts, self._reports = (
            root / name for name in FOLDERS[:4]
        )
        # Folders whose own entries are known to be durable: spares two fsyncs an instance.
        self._durable_folders: set[Path] = set()

    @property
    def default_database_url(self) -> str:
        """SQLite inside this directory."""
        url = URL.create("sqlite", database=str(self.root / "cspine.sqlite3"))
        return url.render_as_string()

    def prepare(self) -> None:
        """Make the folders that are missing."""
        with translated_file_errors(f"cannot prepare {self.root}"):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in FOLDERS:
                (self.root / name).mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.root)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for this process; the kernel lets go of it when the process dies.

        Raises:
            DataDirBusyError: another process holds it.
        """
        with translated_file_errors(f"cannot lock {self.root}"):
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self.root / "node.lock", flags, 0o600)
        try:
            with translated_file_errors(f"cannot lock {self.root}"):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise DataDirBusyError(f"another node runs on {self.root}") from None
            yield
        finally:
            os.close(descriptor)

    def store_instance(
        self,
        *,
        study_uid: str,
        series_uid: str,
        sop_instance_uid: str,
        transfer_syntax_uid: str,
        file_meta: bytes,
        data_set: bytes,
    ) -> tuple[StoredFile, ReceiptOutcome]:
        """Write an instance down; when this returns it survives a crash of the machine.

        Args:
            study_uid: StudyInstanceUID, as ``series_uid`` and ``sop_instance_uid`` a folder.
            series_uid: SeriesInstanceUID.
            sop_instance_uid: SOPInstanceUID.
            transfer_syntax_uid: of ``data_set``, part of what makes content the same.
            file_meta: preamble, ``DICM`` and group 2 with its group length (PS3.10 7.1).
            data_set: as it came over the wire, undecoded.

        Returns:
            The file and NEW; the file that was there and DUPLICATE, if its transfer syntax and
            data set are the same; the file kept aside under ``conflicts/`` and CONFLICT otherwise.

        Raises:
            InvalidUidError: a UID that must not become a path.
            DiskFullError: no room. As after any error, nothing is left behind.
            StorageError: the file system failed.
        """
        folder = self._instances / validated_uid(study_uid) / validated_uid(series_uid)
        final = folder / f"{validated_uid(sop_instance_uid)}.dcm"
        digest = content_digest(transfer_syntax_uid, data_set)
        size_bytes = len(file_meta) + len(data_set)
        with (
            translated_file_errors(f"cannot store instance {sop_instance_uid}"),
            self._temporary_file(file_meta, data_set) as temporary,
        ):
            if self._link(temporary, final):
                return StoredFile(final, digest, size_bytes), ReceiptOutcome.NEW
            if _has_content(final, digest):
                there = StoredFile(final, digest, final.stat().st_size)
                return there, ReceiptOutcome.DUPLICATE
            if not final.exists() and self._link(temporary, final):
                # Its series was deleted at this very moment.
                return StoredFile(final, digest, size_bytes), ReceiptOutcome.NEW
            aside = self._conflicts / sop_instance_uid / f"{digest}.dcm"
            self._link(temporary, aside)
            return StoredFile(aside, digest, aside.stat().st_size), ReceiptOutcome.CONFLICT

    def store_report(self, sop_instance_uid: str, content: bytes) -> Path:
        """Write a result object (a whole DICOM file) down, as durable as an instance.

        Raises:
            AlreadyExistsError: other content has that UID: a result is never overwritten.
            InvalidUidError, DiskFullError, StorageError: as for an instance.
        """
        final = self._reports / f"{validated_uid(sop_instance_uid)}.dcm"
        with (
            translated_file_errors(f"cannot store report {sop_instance_uid}"),
            self._temporary_file(content) as temporary,
        ):
            if not self._link(temporary, final) and final.read_bytes() != content:
                raise AlreadyExistsError(f"another report {sop_instance_uid} is already there")
        return final

    def kept_secret(self, name: str) -> bytes:
        """The 32 random bytes in the file ``name``, made by the first who asks.

        Two who ask at once get the same. One that is damaged is never made anew: all that was
        derived from it would change.

        Raises:
            StorageError: it cannot be read or written, is damaged, or others may read it.
        """
        path = self.root / name
        with translated_file_errors(f"cannot keep {path}"):
            if not path.exists():
                content = secrets.token_hex(SECRET_BYTES).encode()
                with self._temporary_file(content) as temporary:
                    self._link(temporary, path)
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise StorageError(f"{path} is open to others: chmod 600 {path}")
            found = path.read_bytes()
        if _SECRET.fullmatch(found) is None:
            raise StorageError(f"{path} is damaged: bring it back from a backup")
        return bytes.fromhex(found.decode())

    def sweep_incoming(self, *, before: datetime | None = None) -> int:
        """Remove what a crash left half written; how many. Only under the lock.

        ``before``: only what was last written earlier, since something may be under way now.
        """
        with translated_file_errors(f"cannot sweep {self._incoming}"):
            left = list(self._incoming.iterdir())
            if before is not None:
                left = [each for each in left if each.stat().st_mtime < before.timestamp()]
            for path in left:
                path.unlink()
            return len(left)

    def instance_paths(self) -> Iterator[Path]:
        """The files of all received instances."""
        with translated_file_errors(f"cannot list {self._instances}"):
            yield from self._instances.glob("*/*/*.dcm")

    def report_paths(self) -> Iterator[Path]:
        """The files of all result objects, named by their SOP Instance UID."""
        with translated_file_errors(f"cannot list {self._reports}"):
            yield from self._reports.glob("*.dcm")

    def free_bytes(self) -> int:
        """Room left for the data."""
        with translated_file_errors(f"cannot ask for the room left in {self.root}"):
            return shutil.disk_usage(self.root).free

    def total_bytes(self) -> int:
        """How large the file system of the data is."""
        with translated_file_errors(f"cannot ask for the size of {self.root}"):
            return shutil.disk_usage(self.root).total

    def probe(self) -> None:
        """Try what storing an instance needs: writing, fsync, and hard links.

        Raises:
            StorageError: the file system cannot do it, as some network file systems.
        """
        with (
            translated_file_errors(f"cannot store files in {self.root}"),
            self._temporary_file(b"probe") as temporary,
        ):
            linked = temporary.with_suffix(".linked")
            os.link(temporary, linked)
            linked.unlink()

    @contextmanager
    def _temporary_file(self, *parts: bytes) -> Iterator[Path]:
        """A durable file without a final name, gone at the end of the block."""
        path = self._incoming / f"{uuid.uuid4().hex}.part"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o600)
            try:
                _write_all(descriptor, parts)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _link(self, temporary: Path, final: Path) -> bool:
        """Give the file its final name, durably; ``False`` if the name is taken."""
        try:
            try:
                self._make_durable_folder(final.parent)
                os.link(temporary, final)
            except FileNotFoundError:  # a series there was deleted meanwhile
                self._durable_folders.clear()
                self._make_durable_folder(final.parent)
                os.link(temporary, final)
            new = True
        except FileExistsError:
            new = False
        # Also where it was there: whoever linked it may not have come this far yet.
        sync_folder(final.parent)
        return new

    def _make_durable_folder(self, folder: Path) -> None:
        if folder in self._durable_folders:
            return
        for each in reversed([folder, *folder.relative_to(self.root).parents]):
            path = self.root / each
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
        for each in folder.relative_to(self.root).parents:
            sync_folder(self.root / each)
        if len(self._durable_folders) >= REMEMBERED_FOLDERS_MAX:
            self._durable_folders.clear()
        self._durable_folders.add(folder)


def stored_file(path: Path) -> StoredFile:
    """Describe an instance file that is already there, as when the index is rebuilt.

    Raises:
        StorageError: it cannot be read, or is no DICOM file.
    """
    with translated_file_errors(f"cannot read {path.name}"):
        return StoredFile(path, file_digest(path), path.stat().st_size)


def _has_content(path: Path, digest: str) -> bool:
    try:
        return file_digest(path) == digest
    except StorageError:  # damaged: what came now is kept aside, not lost
        return False


def _write_all(descriptor: int, parts: Sequence[bytes]) -> None:
    rest = [memoryview(part) for part in parts]
    while rest:
        written = os.writev(descriptor, rest)
        while rest and written >= len(rest[0]):
            written -= len(rest.pop(0))
        if rest:
            rest[0] = rest[0][written:]


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated_file_errors(what: str) -> Iterator[None]:
    """The file system's errors as ours."""
    try:
        yield
    except OSError as error:
        kind = DiskFullError if error.errno in NO_ROOM else StorageError
        raise kind(f"{what}: {error.strerror}") from error
