"""The HTTP side of every DICOMweb answer: negotiation, entity tags, multipart bodies."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from dicom_node.api.dicomweb.json_model import encoded
from dicom_node.api.dicomweb.negotiation import (
    DICOM_JSON,
    MULTIPART,
    AcceptRange,
    Offer,
    accept_ranges,
    negotiate,
)
from dicom_node.api.dicomweb.problems import not_acceptable, unreadable
from dicom_node.api.errors import ERROR_RESPONSES
from storage.records.catalogue import CatalogueInstance

CHUNK_BYTES: Final = 1 << 20
"""What goes to the socket at a time: each costs a change of threads."""
JSON_OFFER: Final = Offer(DICOM_JSON)

RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **ERROR_RESPONSES,
    304: {"description": "What the client has (If-None-Match) is still true."},
    406: {"description": "No representation is acceptable (Accept)."},
}


class Stream(StreamingResponse):
    """Chunks that are made in threads; their generator ends with the answer, however that ends.

    Otherwise the files of a client that went away would stay open until Python cleans up.
    """

    def __init__(self, chunks: Generator[bytes, None, None], **more: Any) -> None:
        super().__init__(chunks, **more)
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._chunks.close()


def documented(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: what a success answers."""
    return {200: {"description": "Success.", "content": {each: {} for each in media_types}}}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart/related.

    Attributes:
        content_type: with its parameters.
        location: the URL of what it holds.
        chunks: begins to read it; called once, in a thread.
        length: of the content, where it is known before.
    """

    content_type: str
    location: str
    chunks: Callable[[], Iterable[bytes]]
    length: int | None = None


def ranges_of(request: Request) -> tuple[AcceptRange, ...]:
    """What the client accepts: the query parameter ``accept`` (PS3.18 8.3.3.1), else the header."""
    asked = request.query_params.get("accept")
    if asked is None:
        asked = ",".join(request.headers.getlist("accept"))
    return accept_ranges(asked)


def chosen(request: Request, offers: Sequence[Offer]) -> Offer:
    """The representation to answer with.

    Raises:
        DicomwebError: none is acceptable (406).
    """
    offer = negotiate(ranges_of(request), offers)
    if offer is None:
        raise not_acceptable()
    return offer


def entity_tag(instances: Iterable[CatalogueInstance], *representation: object) -> str:
    """A weak tag (RFC 9110 8.8.3): the contents' digests, and how they are represented."""
    digest = hashlib.sha256(repr(representation).encode("utf-8", "replace"))
    for each in instances:
        digest.update(f"\n{each.sop_instance_uid} {each.digest}".encode())
    return f'W/"{digest.hexdigest()}"'


def not_modified(request: Request, tag: str) -> Response | None:
    """304, if the client has what ``tag`` names already."""
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    weak = {each if each.startswith("W/") else f"W/{each}" for each in known}
    return Response(status_code=304, headers={"ETag": tag}) if tag in weak else None


def json_response(document: Any, *, warnings: Sequence[str] = ()) -> Response:
    """A document in the DICOM JSON model; warnings as PS3.18 8.3.4 has them."""
    headers = {}
    if warnings:
        headers["Warning"] = ", ".join(f'299 cspine-node "{each}"' for each in warnings)
    return Response(encoded(document), media_type=DICOM_JSON, headers=headers)


def json_array(documents: Iterator[Any], tag: str) -> Response:
    """An array that is written while it is read."""

    def lines() -> Iterator[bytes]:
        begin = b"["
        for document in documents:
            yield begin + encoded(document)
            begin = b","
        yield b"[]" if begin == b"[" else b"]"

    return Stream(
        begun(coalesced(lines())), media_type=DICOM_JSON, headers={"ETag": tag, "Vary": "Accept"}
    )


def multipart_response(
    media_type: str, parts: Sequence[Part], tag: str, done: Callable[[], None] = lambda: None
) -> Response:
    """The parts as multipart/related (RFC 2387), read as they are sent; ``done`` at the end.

    The first piece is read before anything is answered, so that what fails at once has its status.
    """
    boundary = secrets.token_hex(16)
    headers = {"ETag": tag, "Vary": "Accept"}
    lengths = [len(_head(each, boundary)) + (each.length or 0) for each in parts]
    if all(each.length is not None for each in parts):
        headers["Content-Length"] = str(sum(lengths) + len(_tail(boundary)))
    return Stream(
        begun(coalesced(_multipart(parts, boundary, done))),
        media_type=f'{MULTIPART}; type="{media_type}"; boundary={boundary}',
        headers=headers,
    )


def begun(chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The same, with the first one read now: what fails at once is answered with its status."""
    first = next(chunks, b"")

    def all_of_them() -> Generator[bytes, None, None]:
        yield first
        yield from chunks

    return all_of_them()


def coalesced(pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
    """The same bytes in pieces of at least ``CHUNK_BYTES``, the last one excepted."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting) if len(waiting) > 1 else piece
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def file_chunks(path: Path) -> Iterator[bytes]:
    """The whole file."""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def file_length(path: Path) -> int:
    """In bytes.

    Raises:
        DicomwebError: the file is gone.
    """
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable() from error


def _multipart(parts: Iterable[Part], boundary: str, done: Callable[[], None]) -> Iterator[bytes]:
    try:
        for part in parts:
            yield _head(part, boundary)
            yield from part.chunks()
        yield _tail(boundary)
    finally:
        done()


def _head(part: Part, boundary: str) -> bytes:
    length = "" if part.length is None else f"Content-Length: {part.length}\r\n"
    return (
        f"\r\n--{boundary}\r\nContent-Type: {part.content_type}\r\n"
        f"Content-Location: {part.location}\r\n{length}\r\n"
    ).encode("latin-1")


def _tail(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode("ascii")
