"""``/api/v1/uploads``: DICOM files, or zips of them, taken as C-STORE takes them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Annotated, BinaryIO, Final

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.errors import ERROR_RESPONSES
from dicom_node.scp.answers import SUCCESS, answer_of
from dicom_node.scp.contexts import STORAGE_CLASSES, TRANSFER_SYNTAXES
from dicom_node.scp.elements import HeaderError
from dicom_node.scp.header import read_header
from dicom_node.scp.part10 import read_file_meta
from dicom_node.scp.store import Receiver, StoreRequest
from storage import audit
from storage.errors import StorageError

router = APIRouter(prefix="/api/v1", tags=["uploads"], responses=ERROR_RESPONSES)

SOURCE_AET: Final = "UPLOAD"
FILE_BYTES_MAX: Final = 512 * 2**20
"""Of one instance: a multi-frame CT."""
UNPACKED_BYTES_MAX: Final = 16 * 2**30
"""Of all that one request holds."""
FILES_MAX: Final = 20_000
RATIO_MAX: Final = 200
"""Unpacked to packed: CT that is all air packs to a twentieth; a bomb to a thousandth."""
RATIO_FREE_BYTES: Final = 2**20
"""Small files may be as empty as they like."""
ZIP_MAGIC: Final = b"PK\x03\x04"
NAME_LENGTH_MAX: Final = 200
CHUNK: Final = 2**20


class FileOutcome(StrEnum):
    """What became of one file."""

    STORED = "stored"
    SKIPPED = "skipped"  # no DICOM instance: a DICOMDIR, a picture, a note
    REFUSED = "refused"


class UploadedFile(BaseModel):
    """One file, or one entry of a zip."""

    name: str
    outcome: FileOutcome
    series_uid: str | None = None
    reason: str | None = None


class UploadResult(BaseModel):
    """Every file with what became of it."""

    stored: int
    skipped: int
    refused: int
    series_uids: list[str]
    files: list[UploadedFile]


class _RefusedError(Exception):
    """A file, or the rest of a zip, is not taken; the text says why."""


@router.post("/uploads", summary="Upload DICOM files or zips")
def upload(
    files: Annotated[list[UploadFile], File(description="DICOM files, or zips of them.")],
    caller: CallerDep,
    context: Context,
) -> UploadResult:
    """Each instance is durable when this answers. A file that is refused stops no other."""
    budget, source = _Budget(), _source(context, caller.address)
    receiver = Receiver(
        context.database,
        context.data_dir,
        quiet_s=context.in_force().series.quiet_s,
        reserve_bytes=context.settings.storage.reserve_mib * 2**20,
        instruments=context.instruments,
    )
    found = [
        outcome
        for each in files
        for outcome in _taken(each.filename or "file", each.file, receiver, budget, source)
    ]
    result = _result(found)
    audit.record(
        context.database,
        caller.actor,
        "series.uploaded",
        "uploads",
        after=result.model_dump(mode="json", exclude={"files"}),
        now=context.now(),
    )
    return result


@dataclass(slots=True)
class _Budget:
    """What one request may still unpack."""

    left_bytes: int = UNPACKED_BYTES_MAX
    left_files: int = FILES_MAX

    def take_file(self) -> None:
        """_RefusedError where there were too many."""
        self.left_files -= 1
        if self.left_files < 0:
            raise _RefusedError("the upload has too many files")

    def take(self, size: int) -> None:
        """_RefusedError where it is used up."""
        self.left_bytes -= size
        if self.left_bytes < 0:
            raise _RefusedError("the upload unpacks to too much")


@dataclass(frozen=True, slots=True)
class _Source:
    """Who sends, as the index keeps it."""

    called_aet: str
    address: str


def _source(context: ApiContext, address: str) -> _Source:
    return _Source(context.settings.dicom.ae_title, address)


def _taken(
    name: str, file: BinaryIO, receiver: Receiver, budget: _Budget, source: _Source
) -> Iterator[UploadedFile]:
    name = _shown(name)
    magic = file.read(len(ZIP_MAGIC))
    file.seek(0)
    if magic != ZIP_MAGIC:
        try:
            yield _stored(name, _read(file, FILE_BYTES_MAX, budget), receiver, source)
        except _RefusedError as refusal:
            yield UploadedFile(name=name, outcome=FileOutcome.REFUSED, reason=str(refusal))
        return
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _unpacked(name, archive, receiver, budget, source)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, zlib.error):
        yield UploadedFile(name=name, outcome=FileOutcome.REFUSED, reason="the zip is damaged")


def _unpacked(
    name: str, archive: zipfile.ZipFile, receiver: Receiver, budget: _Budget, source: _Source
) -> Iterator[UploadedFile]:
    """Each entry. Its name is shown and never becomes a path: nothing can slip anywhere."""
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        shown = f"{name}: {_shown(entry.filename)}"
        try:
            budget.take_file()
            content = _entry_content(archive, entry, budget)
            yield _stored(shown, content, receiver, source)
        except _RefusedError as refusal:
            yield UploadedFile(name=shown, outcome=FileOutcome.REFUSED, reason=str(refusal))
            if budget.left_files < 0 or budget.left_bytes < 0:
                return
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error):
            reason = "the entry is damaged, encrypted, or packed in an unusual way"
            yield UploadedFile(name=shown, outcome=FileOutcome.REFUSED, reason=reason)


def _entry_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget) -> bytes:
    most = FILE_BYTES_MAX
    if entry.compress_size >= 0:
        most = min(most, max(RATIO_FREE_BYTES, entry.compress_size * RATIO_MAX))
    with archive.open(entry) as packed:
        return _read(packed, most, budget)


def _read(file: IO[bytes], most: int, budget: _Budget) -> bytes:
    """The content; what it says of its size is not believed, only what comes is counted."""
    pieces, size = [], 0
    while piece := file.read(CHUNK):
        size += len(piece)
        budget.take(len(piece))
        if size > most:
            raise _RefusedError("the file is too large, or unpacks to too much")
        pieces.append(piece)
    return b"".join(pieces)


def _stored(name: str, content: bytes, receiver: Receiver, source: _Source) -> UploadedFile:
    stream = io.BytesIO(content)
    try:
        syntax = read_file_meta(stream).transfer_syntax_uid
        data_set = content[stream.tell() :]
        header = read_header(data_set, syntax)
    except HeaderError:
        reason = "this is no DICOM file"
        return UploadedFile(name=name, outcome=FileOutcome.SKIPPED, reason=reason)
    if header.sop_class_uid not in STORAGE_CLASSES or syntax not in TRANSFER_SYNTAXES:
        reason = "this is no CT image, or its transfer syntax is not taken"
        return UploadedFile(name=name, outcome=FileOutcome.SKIPPED, reason=reason)
    request = StoreRequest(
        sop_class_uid=header.sop_class_uid,
        sop_instance_uid=header.sop_instance_uid,
        context_class_uid=header.sop_class_uid,
        transfer_syntax_uid=syntax,
        calling_aet=SOURCE_AET,
        called_aet=source.called_aet,
        host=source.address,
        data_set=data_set,
    )
    try:
        answer = receiver.receive(request)
    except StorageError as error:
        answer = answer_of(error)
    if answer is SUCCESS:
        return UploadedFile(name=name, outcome=FileOutcome.STORED, series_uid=header.series_uid)
    return UploadedFile(name=name, outcome=FileOutcome.REFUSED, reason=answer.comment)


def _shown(name: str) -> str:
    """A file's name, to be shown to whoever sent it."""
    return "".join(c if c.isprintable() else "?" for c in name)[-NAME_LENGTH_MAX:]


def _result(files: list[UploadedFile]) -> UploadResult:
    def count(outcome: FileOutcome) -> int:
        return sum(each.outcome is outcome for each in files)

    return UploadResult(
        stored=count(FileOutcome.STORED),
        skipped=count(FileOutcome.SKIPPED),
        refused=count(FileOutcome.REFUSED),
        series_uids=sorted({each.series_uid for each in files if each.series_uid}),
        files=files,
    )
