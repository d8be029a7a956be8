"""WADO-RS of whole instances (PS3.18 10.4): a study, a series or one instance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fastapi import APIRouter, Request, Response
from pydicom.uid import ExplicitVRLittleEndian

from dicom_node.api.auth import Caller, CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.dicomweb.answers import (
    RESPONSES,
    Part,
    Stream,
    begun,
    chosen,
    coalesced,
    documented,
    entity_tag,
    file_chunks,
    file_length,
    multipart_response,
    not_modified,
)
from dicom_node.api.dicomweb.holdings import Holdings, HoldingsDep
from dicom_node.api.dicomweb.instance_file import opened
from dicom_node.api.dicomweb.negotiation import DICOM, MULTIPART, Offer
from dicom_node.api.dicomweb.state import (
    DicomwebState,
    InstancePlace,
    Place,
    SeriesPlace,
    State,
    StudyPlace,
    base_url,
)
from dicom_node.api.dicomweb.transcode import can_be_decoded, explicit_little_endian
from storage.records.catalogue import CatalogueInstance

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], responses=RESPONSES)

MANY: Final = documented(MULTIPART)
ONE: Final = documented(MULTIPART, DICOM)


@router.get("/studies/{study_uid}", summary="Retrieve a study", responses=MANY)
def retrieve_study(
    request: Request,
    place: StudyPlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """WADO-RS: all instances, results too."""
    return _retrieved(request, place, holdings, caller, context, state)


@router.get("/studies/{study_uid}/series/{series_uid}", summary="Retrieve a series", responses=MANY)
def retrieve_series(
    request: Request,
    place: SeriesPlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """WADO-RS: the instances of one series."""
    return _retrieved(request, place, holdings, caller, context, state)


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}",
    summary="Retrieve an instance",
    responses=ONE,
)
def retrieve_instance(
    request: Request,
    place: InstancePlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """WADO-RS: one instance, as multipart or (Accept: application/dicom) alone."""
    return _retrieved(request, place, holdings, caller, context, state)


def _retrieved(
    request: Request,
    place: Place,
    holdings: Holdings,
    caller: Caller,
    context: ApiContext,
    state: DicomwebState,
) -> Response:
    instances = holdings.at(place)
    offer = chosen(request, offers(instances, alone=place.instance_uid is not None))
    tag = entity_tag(instances, offer)
    state.seen.record(context, caller, place)
    known = not_modified(request, tag)
    if known is not None:
        return known
    parts = [_part(each, offer, base_url(request)) for each in instances]
    if offer.multipart:
        return multipart_response(DICOM, parts, tag)
    (part,) = parts
    headers = {"ETag": tag, "Vary": "Accept", "Content-Location": part.location}
    if part.length is not None:
        headers["Content-Length"] = str(part.length)
    return Stream(begun(coalesced(part.chunks())), media_type=part.content_type, headers=headers)


def offers(instances: Sequence[CatalogueInstance], *, alone: bool) -> list[Offer]:
    """How these instances can be had: Explicit VR Little Endian first, then as they are stored.

    A range without transfer syntax means Explicit VR Little Endian (PS3.18 8.7.3.5.2).
    """
    stored = {each.transfer_syntax_uid or "" for each in instances}
    plain = stored == {ExplicitVRLittleEndian}
    found: list[Offer] = []
    for multipart in (True, False) if alone else (True,):
        if all(can_be_decoded(each) for each in stored):
            found.append(Offer(DICOM, multipart, ExplicitVRLittleEndian, stored=plain))
        if not plain:
            syntax = stored.copy().pop() if len(stored) == 1 else ""
            found.append(Offer(DICOM, multipart, syntax, stored=True, implied=False))
    return found


def _part(instance: CatalogueInstance, offer: Offer, base: str) -> Part:
    assert instance.series_uid is not None
    place = Place(instance.study_uid, instance.series_uid, instance.sop_instance_uid)
    path, stored = instance.path, instance.transfer_syntax_uid
    as_stored = offer.stored or stored == offer.transfer_syntax
    syntax = stored if as_stored else offer.transfer_syntax
    length = file_length(path)  # also tells, before anything is sent, that the file is there

    def transcoded() -> Iterator[bytes]:
        with opened(path) as opened_instance:
            yield from explicit_little_endian(opened_instance)

    return Part(
        f"{DICOM}; transfer-syntax={syntax}",
        base + place.path,
        (lambda: file_chunks(path)) if as_stored else transcoded,
        length if as_stored else None,
    )
