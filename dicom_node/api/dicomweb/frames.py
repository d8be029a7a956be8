"""WADO-RS of frames (PS3.18 10.4.1.1.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.dicomweb.answers import (
    RESPONSES,
    Part,
    chosen,
    documented,
    entity_tag,
    multipart_response,
    not_modified,
    ranges_of,
)
from dicom_node.api.dicomweb.holdings import HoldingsDep
from dicom_node.api.dicomweb.instance_file import OpenInstance, opened
from dicom_node.api.dicomweb.negotiation import MULTIPART, OCTET_STREAM, Offer
from dicom_node.api.dicomweb.problems import DicomwebError, no_pixels
from dicom_node.api.dicomweb.state import InstancePlace, Place, State, base_url
from dicom_node.api.dicomweb.transcode import can_be_decoded, plain_frames
from storage.records.catalogue import CatalogueInstance

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], responses=RESPONSES)

MEDIA_TYPE_OF_SYNTAX: Final[Mapping[str, str]] = {
    JPEGBaseline8Bit: "image/jpeg",
    JPEGExtended12Bit: "image/jpeg",
    JPEGLossless: "image/jpeg",
    JPEGLosslessSV1: "image/jpeg",
    RLELossless: "image/dicom-rle",
    JPEGLSLossless: "image/jls",
    JPEGLSNearLossless: "image/jls",
    JPEG2000Lossless: "image/jp2",
    JPEG2000: "image/jp2",
    HTJ2KLossless: "image/jphc",
    HTJ2KLosslessRPCL: "image/jphc",
    HTJ2K: "image/jphc",
}
"""Transfer syntax → media type of its frames (PS3.18 Table 8.7.3-2)."""

FRAMES: Final = documented(MULTIPART, OCTET_STREAM, *sorted(set(MEDIA_TYPE_OF_SYNTAX.values())))
NUMBERS_MAX: Final = 10_000

FrameList = Annotated[str, Path(description="Frame numbers from 1 upwards, separated by commas.")]


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}",
    summary="Frames of an instance",
    responses=FRAMES,
)
def retrieve_frames(
    request: Request,
    place: InstancePlace,
    frames: FrameList,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """Uncompressed, or as they are stored."""
    numbers = frame_numbers(frames)
    instance = holdings.instance_at(place)
    state.seen.record(context, caller, place)
    return frames_response(request, instance, numbers)


def frame_numbers(text: str) -> tuple[int, ...]:
    """``1,2,5`` as numbers.

    Raises:
        DicomwebError: it is no list of numbers from 1 upwards (400).
    """
    parts = text.split(",")
    if len(parts) > NUMBERS_MAX or not all(
        each.isascii() and each.isdigit() and len(each) < 8 and int(each) for each in parts
    ):
        raise DicomwebError(400, "Frames are numbers from 1 upwards, separated by commas.")
    return tuple(int(each) for each in parts)


def offers(transfer_syntax_uid: str, *, alone: bool) -> list[Offer]:
    """How frames can be had, the best first; ``alone``: one frame needs no multipart."""
    found: list[Offer] = []
    for multipart in (True, False) if alone else (True,):
        media_type = MEDIA_TYPE_OF_SYNTAX.get(transfer_syntax_uid)
        if media_type is not None:
            found.append(Offer(media_type, multipart, transfer_syntax_uid, stored=True))
        if can_be_decoded(transfer_syntax_uid):
            plain = Offer(
                OCTET_STREAM, multipart, ExplicitVRLittleEndian, stored=media_type is None
            )
            found.append(plain)
        if media_type is not None:
            # PS3.18 has no such thing, but viewers ask for it and read the part's transfer syntax.
            as_stored = Offer(
                OCTET_STREAM, multipart, transfer_syntax_uid, stored=True, implied=False
            )
            found.append(as_stored)
    return found


def frames_response(
    request: Request, instance: CatalogueInstance, numbers: tuple[int, ...] | None
) -> Response:
    """The frames of these numbers; None: all."""
    with ExitStack() as stack:
        opened_instance = stack.enter_context(opened(instance.path))
        if opened_instance.pixels is None:
            raise no_pixels()
        syntax = opened_instance.transfer_syntax_uid
        numbers = numbers or tuple(range(1, opened_instance.frame_count + 1))
        offer = _chosen(request, offers(syntax, alone=len(numbers) == 1))
        tag = entity_tag([instance], "frames", numbers, offer)
        known = not_modified(request, tag)
        if known is not None:
            return known
        content_type = f"{offer.media_type}; transfer-syntax={offer.transfer_syntax}"
        frames = _frames(opened_instance, numbers, decode=offer.transfer_syntax != syntax)
        if not offer.multipart:
            headers = {"ETag": tag, "Vary": "Accept"}
            return Response(next(frames), media_type=content_type, headers=headers)
        parts = _parts(request, instance, numbers, content_type, frames)
        # The file stays open until the last frame is sent, or the answer is given up.
        return multipart_response(offer.media_type, parts, tag, stack.pop_all().close)


def _chosen(request: Request, found: list[Offer]) -> Offer:
    if all(each.media_type == "*/*" for each in ranges_of(request)):
        # Whoever does not care gets the default of PS3.18 8.7.3.3: what needs no decoder.
        found.sort(key=lambda offer: (not offer.multipart, offer.media_type != OCTET_STREAM))
    return chosen(request, found)


def _parts(
    request: Request,
    instance: CatalogueInstance,
    numbers: tuple[int, ...],
    content_type: str,
    frames: Iterator[bytes],
) -> list[Part]:
    """They share one walk through the file, so they must be read in order, as they are."""
    place = Place(instance.study_uid, instance.series_uid, instance.sop_instance_uid)
    url = f"{base_url(request)}{place.path}/frames"

    def one() -> list[bytes]:
        return [next(frames)]

    return [Part(content_type, f"{url}/{number}", one) for number in numbers]


def _frames(instance: OpenInstance, numbers: tuple[int, ...], *, decode: bool) -> Iterator[bytes]:
    """In the order asked; the file is read in ascending order where that is the same."""
    read: Callable[[OpenInstance, tuple[int, ...]], Iterator[bytes]] = (
        plain_frames if decode else OpenInstance.frames
    )
    for run in _ascending_runs(numbers):
        yield from read(instance, run)


def _ascending_runs(numbers: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    begin = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] <= numbers[at - 1]:
            yield numbers[begin:at]
            begin = at
