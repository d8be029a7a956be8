"""What model files say of themselves, read without torch: for lists, not for reading series.

A file that cannot be used is listed with what is wrong. Whether its tensors are whole shows only
when it is loaded (:mod:`inference.model.record`, :mod:`inference.onnx_bundle`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

CONTRACT_VERSION: Final = 2
"""Grows when older code would feed a newer model wrongly, or the other way round."""
RECORD_KEY: Final = "cspine_record"
"""In the metadata of a safetensors file."""
RECORD_MEMBER: Final = "record.json"
"""In an exported bundle."""
SHIPPED_WEIGHTS: Final = "phantom-spine.safetensors"
"""The checkpoint that is used where nothing else is said."""
FORMATS: Final[Mapping[str, str]] = {".safetensors": "safetensors", ".cspine": "onnx"}
"""Suffix → what is in it."""
HEADER_BYTES_MAX: Final = 16 * 2**20
"""Of a safetensors header or a bundle's record; more is no model of this program."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file.

    Attributes:
        path: where it is.
        format: ``safetensors`` or ``onnx``.
        sha256: of the whole file, as results name it.
        size_bytes: of the file.
        record: name, version, architecture, input contract, provenance, …; empty if unreadable.
        problem: why it cannot be used, as far as can be told without loading it.
    """

    path: Path
    format: str
    sha256: str
    size_bytes: int
    record: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def shipped_weights() -> Path:
    """The checkpoint that ships with the program."""
    with as_file(files("inference") / "weights" / SHIPPED_WEIGHTS) as path:
        return path


def model_files_in(folder: Path) -> tuple[Path, ...]:
    """The model files of a folder, by name; none where there is no folder."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if path.suffix in FORMATS))


def read_model_file(path: Path) -> ModelFile:
    """What the file says; never raises for what is in it.

    Raises:
        OSError: it cannot be read at all.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes, form = path.stat().st_size, FORMATS.get(path.suffix, "unknown")
    try:
        record = _bundle_record(path) if path.suffix == ".cspine" else _safetensors_record(path)
        version = record["contract"]["version"]
        named = {key: str(record[key]) for key in ("name", "version", "architecture")}
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        unreadable = f"its record cannot be read ({type(error).__name__})"
        return ModelFile(path, form, sha256, size_bytes, problem=unreadable)
    other = f"made for input contract {version}, this program has {CONTRACT_VERSION}"
    problem = None if version == CONTRACT_VERSION else other
    return ModelFile(path, form, sha256, size_bytes, {**record, **named}, problem)


def _safetensors_record(path: Path) -> dict[str, Any]:
    """Eight bytes of length, then the header as JSON, whose metadata hold the record."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > HEADER_BYTES_MAX:
            raise ValueError("the header is too long")
        header = json.loads(file.read(length))
    record: dict[str, Any] = json.loads(header["__metadata__"][RECORD_KEY])
    return record


def _bundle_record(path: Path) -> dict[str, Any]:
    with ZipFile(path) as archive, archive.open(RECORD_MEMBER) as member:
        record: dict[str, Any] = json.loads(member.read(HEADER_BYTES_MAX))
    return record
