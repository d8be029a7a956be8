"""From what a user names to the files of one series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from dicom_node.errors import InputError
from inference.attributes import UnreadableInstanceError, is_uid
from inference.header_rules import known_modality
from inference.slices import read_headers
from inference.types import SliceHeader

DICOMDIR: Final = "DICOMDIR"
"""The file of this name lists the others of its folder and is no image (PS3.10 8.6)."""


def files_of_series(paths: Sequence[Path], series_uid: str | None) -> tuple[str, tuple[Path, ...]]:
    """The series' UID and its files, sorted, each once.

    Args:
        paths: DICOM files, folders, or a DICOMDIR, which stands for its folder.
        series_uid: which series; not needed where there is only one.

    Raises:
        InputError: there is no such series, or more than one and none was chosen.
    """
    files = sorted({path.resolve() for path in _files(paths)})
    if not files:
        raise InputError(f"no DICOM files in {', '.join(map(str, paths))}")
    try:
        headers = read_headers(files)
    except UnreadableInstanceError as error:
        raise InputError(str(error)) from error
    found = Counter(header.series_uid for header in headers)
    chosen = series_uid if series_uid is not None else next(iter(found))
    if chosen not in found:
        raise InputError(f"no series {chosen} here, but {_named(headers)}")
    if series_uid is None and len(found) > 1:
        raise InputError(f"{len(found)} series, choose one with --series: {_named(headers)}")
    wanted = {header.path for header in headers if header.series_uid == chosen}
    return chosen, tuple(file for file in files if str(file) in wanted)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and those in folders that look like DICOM."""
    for path in paths:
        folder = path.parent if path.name.upper() == DICOMDIR and path.is_file() else path
        if not folder.is_dir():
            yield path
            continue
        for each in folder.rglob("*"):
            if each.is_file() and each.name.upper() != DICOMDIR and _is_dicom(each):
                yield each


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _named(headers: Sequence[SliceHeader]) -> str:
    """The series with what tells them apart; no free text of a file, which may name a patient."""
    images = Counter((header.series_uid, known_modality(header.modality)) for header in headers)
    return ", ".join(
        f"{uid if is_uid(uid) else 'one without a UID'} ({modality or '?'}, {count} images)"
        for (uid, modality), count in sorted(images.items())
    )
