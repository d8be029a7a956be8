"""Writing a prepared set so that a run may be killed at any moment and go on later."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

import numpy as np
from numpy.typing import NDArray

from inference.errors import DataError, NoRoomError
from inference.training.prepared import FORMAT, INDEX, MASKS, VOLUMES, StoredStudy
from inference.training.problems import Problem, ProblemKind

JOURNAL: Final = "journal.jsonl"

_PARTIAL: Final = ".partial"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A study that is done.

    Attributes:
        source: digest of the files it was made from.
        problems: what was found in them.
    """

    stored: StoredStudy
    source: str
    problems: tuple[Problem, ...]


class Store:
    """The folder of a prepared set while it is written. One process at a time."""

    def __init__(self, directory: Path, journal: TextIO, entries: dict[str, JournalEntry]) -> None:
        self._directory = directory
        self._journal = journal
        self._entries = entries

    @property
    def entries(self) -> dict[str, JournalEntry]:
        """What is done, by StudyInstanceUID."""
        return dict(self._entries)

    def add(
        self, entry: JournalEntry, hu: NDArray[np.int16], mask: NDArray[np.uint8] | None
    ) -> None:
        """Write a study's arrays, and only then its line.

        Raises:
            DataError: the folder cannot be written, or the disk is full.
        """
        name = f"{entry.stored.study_uid}.npy"
        with _writing(self._directory):
            # A finished index must not speak of arrays that are being replaced.
            (self._directory / INDEX).unlink(missing_ok=True)
            _save(self._directory / VOLUMES / name, hu)
            if mask is not None:
                _save(self._directory / MASKS / name, mask)
            self._journal.write(json.dumps(asdict(entry)) + "\n")
            self._journal.flush()
            os.fsync(self._journal.fileno())
        self._entries[entry.stored.study_uid] = entry

    def finish(self, index: str) -> None:
        """Write the index.

        Raises:
            DataError: see :meth:`add`.
        """
        with _writing(self._directory), _replacing(self._directory / INDEX) as file:
            file.write(index.encode())


def read_journal(directory: Path, *, thin_to_mm: float | None) -> dict[str, JournalEntry]:
    """What earlier runs have done in ``directory``, by StudyInstanceUID; writes nothing.

    Raises:
        DataError: the folder holds something else, is damaged, or was made with another
            ``thin_to_mm``.
    """
    path = directory / JOURNAL
    try:
        if not path.exists():
            if directory.exists() and any(directory.iterdir()):
                raise DataError(f"{directory} holds something else: choose an empty folder.")
            return {}
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{directory} cannot be read: choose an empty folder.") from error
    return _entries(text, directory, _settings(thin_to_mm))


@contextmanager
def open_store(directory: Path, *, thin_to_mm: float | None) -> Iterator[Store]:
    """Open or make the folder of a prepared set, and go on with what is done.

    Raises:
        DataError: as :func:`read_journal`; the folder cannot be written, or another process
            writes it.
    """
    read_journal(directory, thin_to_mm=thin_to_mm)
    path = directory / JOURNAL
    with _writing(directory):
        for name in (VOLUMES, MASKS):
            (directory / name).mkdir(parents=True, exist_ok=True)
        journal = path.open("a+", encoding="utf-8")
    with journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DataError(f"Another run prepares {directory}.") from error
        with _writing(directory):
            entries = _resume(journal, directory, _settings(thin_to_mm))
            for leftover in directory.rglob(f"*{_PARTIAL}"):
                leftover.unlink()
        yield Store(directory, journal, entries)


def _settings(thin_to_mm: float | None) -> dict[str, Any]:
    """The journal's first line: what all its studies were made with."""
    return {"format": FORMAT, "thin_to_mm": thin_to_mm}


def _resume(
    journal: TextIO, directory: Path, settings: Mapping[str, Any]
) -> dict[str, JournalEntry]:
    """What is done; a last line that a kill cut off is taken back."""
    journal.seek(0)
    text = journal.read()
    journal.truncate(len(_whole_lines(text).encode()))
    if not _whole_lines(text):
        journal.write(json.dumps(settings) + "\n")
        journal.flush()
    return _entries(text, directory, settings)


def _entries(text: str, directory: Path, settings: Mapping[str, Any]) -> dict[str, JournalEntry]:
    try:
        values = [json.loads(line) for line in _whole_lines(text).splitlines()]
        if values and values[0] != settings:
            made_with = ", ".join(f"{name} {value}" for name, value in values[0].items())
            raise DataError(
                f"{directory} was prepared with other settings ({made_with}): "
                "choose an empty folder."
            )
        entries = [_entry(each) for each in values[1:]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{directory / JOURNAL} is damaged: choose an empty folder.") from error
    return {each.stored.study_uid: each for each in entries}


def _whole_lines(text: str) -> str:
    return text[: text.rfind("\n") + 1]


def _entry(value: dict[str, Any]) -> JournalEntry:
    problems = tuple(
        Problem(each["study_uid"], ProblemKind(each["kind"]), each["text"])
        for each in value["problems"]
    )
    return JournalEntry(StoredStudy.from_json(value["stored"]), value["source"], problems)


def _save(path: Path, array: NDArray[np.int16] | NDArray[np.uint8]) -> None:
    """As ``np.save``, which does not tell why a write failed: a full disk would go unnamed."""
    whole = np.ascontiguousarray(array)
    with _replacing(path) as file:
        header = np.lib.format.header_data_from_array_1_0(whole)
        np.lib.format.write_array_header_1_0(file, header)
        file.write(whole.data)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of ``path`` when it is whole and safe."""
    partial = path.with_name(path.name + _PARTIAL)
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # a full disk gets its room back


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    """Translate what the operating system says."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoomError(
                f"The disk of {directory} is full; free some room and run it again, "
                "it goes on where it stopped."
            ) from error
        raise DataError(f"{directory} cannot be written: {error.strerror}.") from error
