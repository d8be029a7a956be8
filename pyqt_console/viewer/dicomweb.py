"""Images from a DICOMweb server (WADO-RS, PS3.18 10.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import httpx

from pyqt_console.i18n import tr
from pyqt_console.viewer.dicom_json import JsonDataset, items, text
from pyqt_console.viewer.errors import (
    BusyError,
    DamagedImageError,
    NoImagesError,
    RefusedError,
    UnreachableError,
    ViewerError,
)
from pyqt_console.viewer.headers import FrameRef

ACCEPT_METADATA: Final = "application/dicom+json"
_PLAIN: Final = "transfer-syntax=1.2.840.10008.1.2.1"
ACCEPT_FRAME: Final = (
    f"application/octet-stream; {_PLAIN}, "
    f'multipart/related; type="application/octet-stream"; {_PLAIN}; q=0.9'
)
ACCEPT_INSTANCE: Final = "application/dicom; transfer-syntax=*"
PARAMETRIC_MAP: Final = "1.2.840.10008.5.1.4.1.1.30"
TRY_AGAIN: Final = frozenset({408, 425, 429, 502, 503, 504})


class DicomwebImages:
    """The series of one study at a server.

    ``client`` brings the address, the token and what certificates are trusted; it may be shared
    between threads, and whoever made it closes it.
    """

    def __init__(self, client: httpx.Client, study_uid: str, *, root: str = "/dicomweb") -> None:
        self._client = client
        self._study = f"{root}/studies/{quote(study_uid, safe='')}"

    def metadata(self, series_uid: str) -> Sequence[JsonDataset]:
        """Of all instances of a series."""
        answer = self._get(f"/series/{quote(series_uid, safe='')}/metadata", ACCEPT_METADATA)
        if answer.status_code == 404:
            raise NoImagesError(tr("The server has no images of this series."))
        if answer.status_code != 200:
            raise ViewerError(
                tr("The server does not describe this series ({status}).").format(
                    status=_named(answer)
                )
            )
        return _datasets(answer)

    def instance_metadata(self, series_uid: str, sop_instance_uid: str) -> JsonDataset:
        """Of one instance."""
        instance = quote(sop_instance_uid, safe="")
        place = f"/series/{quote(series_uid, safe='')}/instances/{instance}/metadata"
        answer = self._get(place, ACCEPT_METADATA)
        found = _datasets(answer) if answer.status_code == 200 else ()
        if len(found) != 1:
            raise DamagedImageError(tr("The server does not describe this image."))
        return found[0]

    def frame(self, series_uid: str, frame: FrameRef) -> bytes:
        """One frame, uncompressed, little endian."""
        instance = quote(frame.sop_instance_uid, safe="")
        place = f"/series/{quote(series_uid, safe='')}/instances/{instance}"
        answer = self._get(f"{place}/frames/{frame.frame_number}", ACCEPT_FRAME)
        if answer.status_code != 200:
            raise DamagedImageError(
                tr("The server cannot show this image ({status}).").format(status=_named(answer))
            )
        return _only_part(answer)

    def heat_map(self, series_uid: str) -> bytes | None:
        """The newest heat map of a series as a DICOM file; None where there is none."""
        query = f"SOPClassUID={PARAMETRIC_MAP}&includefield=ReferencedSeriesSequence"
        query += "&includefield=ContentDate&includefield=ContentTime"
        answer = self._get(f"/instances?{query}", ACCEPT_METADATA)
        found = _datasets(answer) if answer.status_code == 200 else []
        maps = [
            each
            for each in found
            if any(
                text(item, "SeriesInstanceUID") == series_uid
                for item in items(each, "ReferencedSeriesSequence")
            )
        ]
        if not maps:
            return None
        newest = max(maps, key=_written)
        series, instance = (
            quote(text(newest, keyword) or "", safe="")
            for keyword in ("SeriesInstanceUID", "SOPInstanceUID")
        )
        answer = self._get(f"/series/{series}/instances/{instance}", ACCEPT_INSTANCE)
        if answer.status_code != 200:
            raise DamagedImageError(
                tr("The heat map cannot be had ({status}).").format(status=_named(answer))
            )
        return answer.content

    def _get(self, path: str, accept: str) -> httpx.Response:
        try:
            answer = self._client.get(self._study + path, headers={"Accept": accept})
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise BusyError(tr("The server broke off its answer.")) from error
        except httpx.HTTPError as error:
            raise UnreachableError(tr("The server does not answer.")) from error
        if answer.status_code in (401, 403):
            raise RefusedError(
                tr("You are signed out.")
                if answer.status_code == 401
                else tr("You may not see these images.")
            )
        if answer.status_code in TRY_AGAIN:
            raise BusyError(tr("The server is not ready ({status}).").format(status=_named(answer)))
        return answer


def _datasets(answer: httpx.Response) -> Sequence[JsonDataset]:
    try:
        found = answer.json()
    except ValueError as error:
        raise ViewerError(tr("The server describes this series in no way we know.")) from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ViewerError(tr("The server describes this series in no way we know."))
    return found


def _written(ds: JsonDataset) -> tuple[str, str]:
    return text(ds, "ContentDate") or "", text(ds, "ContentTime") or ""


def _named(answer: httpx.Response) -> str:
    """The status, and the id by which the server's log tells more."""
    found = f"HTTP {answer.status_code}"
    request_id = answer.headers.get("x-request-id")
    return f"{found}, id {request_id}" if request_id else found


def _only_part(answer: httpx.Response) -> bytes:
    """The content itself, or that of the only part of a multipart answer (RFC 2046)."""
    media_type, _, parameters = answer.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "multipart/related":
        return answer.content
    boundary = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            boundary = value.strip('"')
    before, found, rest = answer.content.partition(f"--{boundary}\r\n".encode())
    _head, separator, body = rest.partition(b"\r\n\r\n")
    end = body.rfind(f"\r\n--{boundary}".encode())
    if not boundary or not found or before.strip() or not separator or end < 0:
        raise DamagedImageError(tr("The server's answer is no image."))
    return body[:end]
