"""WADO-RS of metadata and bulk data (PS3.18 10.4.1.1.2, 10.4.1.1.5)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_node.api.auth import Caller, CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.dicomweb.answers import (
    JSON_OFFER,
    RESPONSES,
    Part,
    chosen,
    documented,
    entity_tag,
    json_array,
    multipart_response,
    not_modified,
)
from dicom_node.api.dicomweb.frames import frames_response
from dicom_node.api.dicomweb.holdings import Holdings, HoldingsDep
from dicom_node.api.dicomweb.instance_file import OpenInstance, opened
from dicom_node.api.dicomweb.json_model import BINARY_VRS, Json, attribute, dataset_json
from dicom_node.api.dicomweb.negotiation import DICOM_JSON, MULTIPART, OCTET_STREAM, Offer
from dicom_node.api.dicomweb.problems import DicomwebError
from dicom_node.api.dicomweb.state import (
    DicomwebState,
    InstancePlace,
    Place,
    SeriesPlace,
    State,
    StudyPlace,
    base_url,
)
from inference.attributes import PARSE_ERRORS
from storage.records.catalogue import CatalogueInstance

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], responses=RESPONSES)

JSON: Final = documented(DICOM_JSON)
BULK: Final = documented(MULTIPART, OCTET_STREAM)
PIXEL_DATA: Final = "7FE00010"
ELEMENT_PATH: Final = re.compile(r"[0-9A-F]{8}(\.\d{1,6}\.[0-9A-F]{8}){0,15}")


@router.get("/studies/{study_uid}/metadata", summary="Metadata of a study", responses=JSON)
def study_metadata(
    request: Request,
    place: StudyPlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """All attributes of all instances; long binary values by their address."""
    return _metadata(request, place, holdings, caller, context, state)


@router.get(
    "/studies/{study_uid}/series/{series_uid}/metadata",
    summary="Metadata of a series",
    responses=JSON,
)
def series_metadata(
    request: Request,
    place: SeriesPlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """All attributes of the instances of a series."""
    return _metadata(request, place, holdings, caller, context, state)


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/metadata",
    summary="Metadata of an instance",
    responses=JSON,
)
def instance_metadata(
    request: Request,
    place: InstancePlace,
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """All attributes of one instance."""
    return _metadata(request, place, holdings, caller, context, state)


@router.get(
    "/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/bulkdata/{element}",
    summary="A long binary value",
    responses=BULK,
)
def bulk_data(
    request: Request,
    place: InstancePlace,
    element: Annotated[str, Path(description="Tag; in sequences TAG.INDEX.TAG")],
    holdings: HoldingsDep,
    caller: CallerDep,
    context: Context,
    state: State,
) -> Response:
    """What metadata names by BulkDataURI. Pixel data comes frame by frame."""
    instance = holdings.instance_at(place)
    state.seen.record(context, caller, place)
    if element == PIXEL_DATA:
        return frames_response(request, instance, None)
    return _bulk_response(request, place, instance, element)


def _metadata(
    request: Request,
    place: Place,
    holdings: Holdings,
    caller: Caller,
    context: ApiContext,
    state: DicomwebState,
) -> Response:
    instances = holdings.at(place)
    chosen(request, [JSON_OFFER])
    base = base_url(request)
    tag = entity_tag(instances, "metadata", base)
    state.seen.record(context, caller, place)
    return not_modified(request, tag) or json_array(_documents(instances, base), tag)


def _documents(instances: tuple[CatalogueInstance, ...], base: str) -> Iterator[Json]:
    for each in instances:
        url = base + Place(each.study_uid, each.series_uid, each.sop_instance_uid).path
        try:
            with opened(each.path) as instance:
                yield _document(instance, f"{url}/bulkdata")
        except DicomwebError:
            # It stays in sight, and the others can be seen.
            logger.error("the file of instance %s cannot be read", each.sop_instance_uid)
            yield _identity(each)


def _identity(instance: CatalogueInstance) -> Json:
    return (
        attribute("SOPClassUID", instance.sop_class_uid)
        | attribute("SOPInstanceUID", instance.sop_instance_uid)
        | attribute("StudyInstanceUID", instance.study_uid)
        | attribute("SeriesInstanceUID", instance.series_uid)
    )


def _document(instance: OpenInstance, url: str) -> Json:
    document = dataset_json(instance.ds, lambda path: f"{url}/{path}")
    # PS3.18 10.4.1.1.2 note; viewers choose their decoder by it.
    document |= attribute("AvailableTransferSyntaxUID", instance.transfer_syntax_uid)
    if instance.pixels is not None:
        document[PIXEL_DATA] = {"vr": instance.pixels.vr, "BulkDataURI": f"{url}/{PIXEL_DATA}"}
    return dict(sorted(document.items()))


def _bulk_response(
    request: Request, place: Place, instance: CatalogueInstance, element: str
) -> Response:
    if ELEMENT_PATH.fullmatch(element) is None:
        raise DicomwebError(400, "An element is named by its tag, in sequences TAG.INDEX.TAG.")
    offer = chosen(
        request, [Offer(OCTET_STREAM, multipart=True), Offer(OCTET_STREAM, multipart=False)]
    )
    tag = entity_tag([instance], "bulkdata", element, offer.multipart)
    known = not_modified(request, tag)
    if known is not None:
        return known
    with opened(instance.path) as opened_instance:
        value = _value_at(opened_instance.ds, element.split("."))
    if not offer.multipart:
        return Response(value, media_type=OCTET_STREAM, headers={"ETag": tag, "Vary": "Accept"})
    url = f"{base_url(request)}{place.path}/bulkdata/{element}"
    part = Part(OCTET_STREAM, url, lambda: [value], len(value))
    return multipart_response(OCTET_STREAM, [part], tag)


def _value_at(ds: Dataset, path: list[str]) -> bytes:
    nothing = DicomwebError(404, "The instance has no such binary value.")
    try:
        for tag, index in zip(path[:-1:2], path[1::2], strict=True):
            ds = ds[Tag(tag)].value[int(index)]
        element = ds[Tag(path[-1])]
        if element.VR not in BINARY_VRS:
            raise nothing
        return bytes(element.value or b"")
    except PARSE_ERRORS:
        raise nothing from None
