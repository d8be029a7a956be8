"""An exported model in one file, NAME.cspine: two ONNX graphs, the model's record, digests.

The file is an ordinary zip archive whose members are stored, not compressed:

    record.json    the record, as the safetensors file carries it in its metadata
    export.json    what was exported, and with which programs
    slices.onnx    images (slices, channels, size, size) → tokens, maps
    series.onnx    tokens (slices, width) → presence, fracture, levels and, where the network has
                   it, overall
    SHA256SUMS     of the four above, as ``sha256sum --check`` reads them

Two graphs, since slices are read in batches and a series at once; one file, so that a graph never
meets the record of another model. Equal content gives equal bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import ConfigDict, TypeAdapter, ValidationError

from inference.errors import WeightsError
from inference.model.record import ModelRecord, record_of_json
from inference.model_files import RECORD_MEMBER
from inference.types import ModelIdentity

BUNDLE_SUFFIX: Final = ".cspine"
FORMAT_VERSION: Final = 1
"""Grows when older code would read a newer bundle wrongly, or the other way round."""

RECORD: Final = RECORD_MEMBER
EXPORT: Final = "export.json"
SLICES: Final = "slices.onnx"
SERIES: Final = "series.onnx"
SUMS: Final = "SHA256SUMS"
MEMBERS: Final = (RECORD, EXPORT, SLICES, SERIES, SUMS)

NO_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that zip can say: the bytes of a bundle do not depend on the day."""


@dataclass(frozen=True, slots=True)
class ExportNote:
    """Where a bundle comes from.

    Attributes:
        format: ``FORMAT_VERSION`` of the code that wrote it.
        source_sha256: digest of the safetensors file that was exported.
        torch, onnx: versions of the programs that wrote the graphs.
        opset: version of the ONNX operators they use.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    format: int
    source_sha256: str
    torch: str
    onnx: str
    opset: int


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """What a bundle holds; ``slices`` and ``series`` are serialised ONNX models."""

    record: ModelRecord
    note: ExportNote
    slices: bytes
    series: bytes


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Write ``bundle``; a file that is there is replaced."""
    members = {
        RECORD: _as_json(asdict(bundle.record)),
        EXPORT: _as_json(asdict(bundle.note)),
        SLICES: bundle.slices,
        SERIES: bundle.series,
    }
    sums = "".join(f"{_sha256(content)}  {name}\n" for name, content in members.items())
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name, content in {**members, SUMS: sums.encode()}.items():
            info = ZipInfo(name, NO_DATE)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)


def read_bundle(path: Path) -> tuple[Bundle, ModelIdentity]:
    """Read and check a bundle; its identity has the digest of the whole file.

    Raises:
        WeightsError: it is missing, damaged, altered, no bundle, or of another input contract.
    """
    members, file_sha256 = _read(path)
    _check_sums(path, members)
    record = record_of_json(path, _text(path, members, RECORD))
    note = _note(path, _text(path, members, EXPORT))
    bundle = Bundle(record, note, members[SLICES], members[SERIES])
    return bundle, record.identity(file_sha256)


def _read(path: Path) -> tuple[dict[str, bytes], str]:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            with ZipFile(file) as archive:
                infos = archive.infolist()
                if sorted(info.filename for info in infos) != sorted(MEMBERS):
                    raise WeightsError(
                        f"{path}: not an exported model: it must hold {', '.join(MEMBERS)}"
                    )
                if any(info.compress_type != ZIP_STORED for info in infos):
                    # Stored members are no larger than the file: no small file fills the memory.
                    raise WeightsError(f"{path}: not an exported model: its members are compressed")
                return {info.filename: archive.read(info) for info in infos}, sha256
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        # All that zipfile says of an archive that is cut off, overwritten or encrypted.
        raise WeightsError(f"{path}: not a whole exported model: {error}") from error


def _check_sums(path: Path, members: Mapping[str, bytes]) -> None:
    lines = _text(path, members, SUMS).splitlines()
    claimed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in MEMBERS:
        if name != SUMS and claimed.get(name) != _sha256(members[name]):
            raise WeightsError(f"{path}: {name} does not match its digest, the file was altered")


def _note(path: Path, text: str) -> ExportNote:
    try:
        version = json.loads(text)["format"]
        if version != FORMAT_VERSION:
            raise WeightsError(
                f"{path}: an exported model of format {version}, this program reads "
                f"{FORMAT_VERSION}"
            )
        return TypeAdapter(ExportNote).validate_json(text)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"{path}: its {EXPORT} cannot be read: {reason}") from error


def _text(path: Path, members: Mapping[str, bytes], name: str) -> str:
    try:
        return members[name].decode("utf-8")
    except UnicodeDecodeError as error:
        raise WeightsError(f"{path}: its {name} is not text") from error


def _as_json(content: object) -> bytes:
    return (json.dumps(content, sort_keys=True, indent=2) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
