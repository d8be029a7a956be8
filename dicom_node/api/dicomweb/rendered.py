"""WADO-RS of pictures (PS3.18 10.4.1.1.3): an instance or frames, windowed for a screen."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

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
)
from dicom_node.api.dicomweb.frames import FrameList, frame_numbers
from dicom_node.api.dicomweb.holdings import HoldingsDep
from dicom_node.api.dicomweb.instance_file import OpenInstance, opened
from dicom_node.api.dicomweb.negotiation import MULTIPART, Offer
from dicom_node.api.dicomweb.problems import DicomwebError, no_pixels
from dicom_node.api.dicomweb.render import (
    Rendering,
    encoded_image,
    parse_rendering,
    render_colour,
    render_grey,
)
from dicom_node.api.dicomweb.state import InstancePlace, State, base_url
from dicom_node.api.dicomweb.transcode import decoded_frames, plain_frames
from storage.records.catalogue import CatalogueInstance

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], responses=RESPONSES)

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
PICTURES: Final = documented(JPEG, PNG, MULTIPART)
PICTURES_MAX: Final = 100


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/rendered",
    summary="An instance as a picture",
    responses=PICTURES,
)
def render_instance(
    request: Request,
    place: InstancePlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """JPEG or PNG. One with several frames has no single picture: name a frame."""
    instance = holdings.instance_at(place)
    state.seen.record(context, caller, place)
    return _rendered(request, instance, None)


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/rendered",
    summary="Frames as pictures",
    responses=PICTURES,
)
def render_frames(
    request: Request,
    place: InstancePlace,
    frames: FrameList,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """One picture, or several as multipart."""
    numbers = frame_numbers(frames)
    instance = holdings.instance_at(place)
    state.seen.record(context, caller, place)
    return _rendered(request, instance, numbers)


def _rendered(
    request: Request, instance: CatalogueInstance, numbers: tuple[int, ...] | None
) -> Response:
    rendering = parse_rendering(request.query_params)
    with opened(instance.path) as opened_instance:
        if opened_instance.pixels is None:
            raise no_pixels()
        if numbers is None and opened_instance.frame_count > 1:
            raise DicomwebError(406, "The instance has several frames: ask for one of them.")
        numbers = numbers or (1,)
        if len(numbers) > PICTURES_MAX:
            raise DicomwebError(400, f"At most {PICTURES_MAX} frames are rendered at a time.")
        several = len(numbers) > 1
        offer = chosen(request, [Offer(each, several) for each in (JPEG, PNG)])
        tag = entity_tag([instance], "rendered", numbers, offer, rendering)
        known = not_modified(request, tag)
        if known is not None:
            return known
        pictures = [
            _picture(opened_instance, number, offer.media_type, rendering) for number in numbers
        ]
    if several:
        base = f"{base_url(request)}{request.url.path.removeprefix('/dicomweb')}"
        parts = [_part(offer.media_type, base, picture) for picture in pictures]
        return multipart_response(offer.media_type, parts, tag)
    headers = {"ETag": tag, "Vary": "Accept"}
    return Response(pictures[0], media_type=offer.media_type, headers=headers)


def _part(media_type: str, location: str, picture: bytes) -> Part:
    return Part(media_type, location, lambda: [picture], len(picture))


def _picture(instance: OpenInstance, number: int, media_type: str, rendering: Rendering) -> bytes:
    if instance.ds.get("SamplesPerPixel", 1) == 1:
        (samples,) = decoded_frames(instance, (number,))
        image = render_grey(samples, instance.ds, number, rendering)
    else:
        (frame,) = plain_frames(instance, (number,))
        image = render_colour(frame, instance.ds, rendering)
    return encoded_image(image, media_type, rendering.quality)
