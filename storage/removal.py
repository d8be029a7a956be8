"""The files of what is being deleted: out of sight before the commit, gone after it.

A file keeps its place below ``deleted/<token>/``. While the transaction that deletes the rows is
open they can come back; a crash is settled at the next start by whether the token was committed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from storage.files import DataDir, sync_folder, translated_file_errors

FOLDER: Final = "deleted"


def is_kept_here(data_dir: DataDir, path: Path) -> bool:
    """Whether a file lies in this data directory; another node's do not."""
    return path.is_relative_to(data_dir.root)


def set_aside(data_dir: DataDir, token: str, paths: Iterable[Path]) -> int:
    """Move files out of sight, durably; how many were there.

    Raises:
        StorageError: it failed half way: :func:`bring_back` mends that.
    """
    aside, count = data_dir.root / FOLDER / token, 0
    left: set[Path] = set()
    with translated_file_errors(f"cannot set files aside in {aside}"):
        for path in paths:
            target = aside / path.relative_to(data_dir.root)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                path.rename(target)
                left.add(path.parent)
                count += 1
        _sync_below(aside)
        for folder in left:
            sync_folder(folder)
            _remove_empty(folder, data_dir.root)
    return count


def bring_back(data_dir: DataDir, token: str) -> int:
    """Put set aside files where they were: they are not deleted after all; how many."""
    aside, count = data_dir.root / FOLDER / token, 0
    with translated_file_errors(f"cannot bring files back from {aside}"):
        for path in [each for each in aside.rglob("*") if each.is_file()]:
            target = data_dir.root / path.relative_to(aside)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not target.exists():
                path.rename(target)
                sync_folder(target.parent)
                sync_folder(target.parent.parent)
                count += 1
    discard(data_dir, token)
    return count


def discard(data_dir: DataDir, token: str) -> None:
    """Remove set aside files for good."""
    aside = data_dir.root / FOLDER / token
    if not aside.exists():
        return
    with translated_file_errors(f"cannot remove {aside}"):
        shutil.rmtree(aside)


def tokens(data_dir: DataDir) -> tuple[str, ...]:
    """The deletions whose files are still set aside."""
    folder = data_dir.root / FOLDER
    with translated_file_errors(f"cannot list {folder}"):
        return tuple(sorted(each.name for each in folder.iterdir() if each.is_dir()))


def _sync_below(aside: Path) -> None:
    for folder, _, _ in os.walk(aside):
        sync_folder(Path(folder))
    if aside.exists():
        sync_folder(aside.parent)


def _remove_empty(folder: Path, root: Path) -> None:
    """Folders that hold nothing any more, up to those that always are there."""
    with suppress(OSError):
        while folder.parent != root:
            folder.rmdir()
            folder = folder.parent
