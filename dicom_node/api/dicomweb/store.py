"""STOW-RS (PS3.18 10.5): each instance goes the way that one of a C-STORE goes."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from dicom_node.api.auth import Caller, CallerDep
from dicom_node.api.context import ApiContext, Context
from dicom_node.api.dicomweb.answers import JSON_OFFER, RESPONSES, chosen, documented
from dicom_node.api.dicomweb.body import BodyPart, BodyReader, boundary_of, is_dicom
from dicom_node.api.dicomweb.json_model import Json, attribute, encoded
from dicom_node.api.dicomweb.negotiation import DICOM_JSON
from dicom_node.api.dicomweb.problems import DicomwebError
from dicom_node.api.dicomweb.state import Place, State, StudyPlace, base_url
from dicom_node.scp.answers import SUCCESS, Answer
from dicom_node.scp.contexts import STORAGE_CLASSES, TRANSFER_SYNTAXES
from dicom_node.scp.elements import HeaderError
from dicom_node.scp.header import Header, read_header
from dicom_node.scp.part10 import read_file_meta
from dicom_node.scp.store import Receiver, StoreRequest, is_uid
from storage import audit

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], responses=RESPONSES)

SOURCE_AET: Final = "STOW"
"""What the index and rules call the sender; who it was is in the audit trail."""
INSTANCE_BYTES_MAX: Final = 512 * 2**20
INSTANCES_MAX: Final = 20_000
STORED: Final = {
    **documented(DICOM_JSON),
    202: {"description": "Some were stored.", "content": {DICOM_JSON: {}}},
    409: {"description": "None was stored.", "content": {DICOM_JSON: {}}},
    415: {"description": "Not a multipart of DICOM files."},
}

# PS3.18 Table I.2-2; beside them those of a C-STORE.
CLASS_NOT_SUPPORTED: Final = Answer(0x0122, "the node takes no instances of this SOP class")
SYNTAX_NOT_SUPPORTED: Final = Answer(0xC122, "the transfer syntax is not taken")
OTHER_STUDY: Final = Answer(0xC006, "the instance is of another study than the address")
NO_DICOM_FILE: Final = Answer(0xC000, "the part is no DICOM file")
TOO_LARGE: Final = Answer(0xA700, "the instance is too large")
OUT_OF_RESOURCES: Final = range(0xA700, 0xA800)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one part; without UIDs where it has none that can be used."""

    answer: Answer
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    study_uid: str = ""
    series_uid: str = ""


@dataclass(slots=True)
class _Stored:
    """What became of the parts so far."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def done(self) -> list[Outcome]:
        return [each for each in self.outcomes if each.answer is SUCCESS]

    @property
    def status(self) -> int:
        """PS3.18 Table 10.5.3-1."""
        failed = [each for each in self.outcomes if each.answer is not SUCCESS]
        if not failed:
            return 200
        if self.done:
            return 202
        if all(each.answer.status in OUT_OF_RESOURCES for each in failed):
            return 503
        return 409


@router.post("/studies", summary="Store instances", responses=STORED)
async def store(request: Request, caller: CallerDep, context: Context, state: State) -> Response:
    """STOW-RS: multipart/related of DICOM files. Each is durable before this answers."""
    with state.stores.one_more():
        return await _store(request, caller, context, None)


@router.post("/studies/{study_uid}", summary="Store instances of a study", responses=STORED)
async def store_in_study(
    request: Request, place: StudyPlace, caller: CallerDep, context: Context, state: State
) -> Response:
    """The same; instances of other studies are refused."""
    with state.stores.one_more():
        return await _store(request, caller, context, place.study_uid)


async def _store(
    request: Request, caller: Caller, context: ApiContext, study_uid: str | None
) -> Response:
    chosen(request, [JSON_OFFER])
    boundary = boundary_of(request.headers.get("content-type", ""))
    reader = BodyReader(boundary, part_bytes_max=INSTANCE_BYTES_MAX)
    take = partial(_take, _receiver(context), context, caller, study_uid)
    stored = _Stored()
    try:
        async for piece in request.stream():
            for part in reader.feed(piece):
                if len(stored.outcomes) >= INSTANCES_MAX:
                    raise DicomwebError(413, f"At most {INSTANCES_MAX} instances are taken.")
                stored.outcomes.append(await run_sync(take, part))
        if not reader.is_whole:
            raise DicomwebError(400, "The multipart ends too early.")
        if not stored.outcomes:
            raise DicomwebError(400, "The multipart holds no instance.")
    finally:
        # What is stored stays, even where the sender broke off: then this is all that tells.
        if stored.done:
            await run_sync(_audit, context, caller, stored)
    document = _document(stored.outcomes, base_url(request))
    return Response(encoded(document), stored.status, media_type=DICOM_JSON)


def _receiver(context: ApiContext) -> Receiver:
    return Receiver(
        context.database,
        context.data_dir,
        quiet_s=context.in_force().series.quiet_s,
        reserve_bytes=context.settings.storage.reserve_mib * 2**20,
        instruments=context.instruments,
    )


def _take(
    receiver: Receiver, context: ApiContext, caller: Caller, study_uid: str | None, part: BodyPart
) -> Outcome:
    if part.content is None:
        return Outcome(TOO_LARGE)
    if part.content_type and not is_dicom(part.content_type):
        return Outcome(NO_DICOM_FILE)
    stream = io.BytesIO(part.content)
    try:
        syntax = read_file_meta(stream).transfer_syntax_uid
        data_set = part.content[stream.tell() :]
        header = read_header(data_set, syntax)
    except HeaderError:
        return Outcome(NO_DICOM_FILE)
    answer = _refusal(header, syntax, study_uid)
    if answer is None:
        request = StoreRequest(
            sop_class_uid=header.sop_class_uid,
            sop_instance_uid=header.sop_instance_uid,
            context_class_uid=header.sop_class_uid,
            transfer_syntax_uid=syntax,
            calling_aet=SOURCE_AET,
            called_aet=context.settings.dicom.ae_title,
            host=caller.address,
            data_set=data_set,
        )
        answer = receiver.answer(request)
    if not (is_uid(header.sop_class_uid) and is_uid(header.sop_instance_uid)):
        return Outcome(answer)
    return Outcome(
        answer,
        header.sop_class_uid,
        header.sop_instance_uid,
        header.study_uid,
        header.series_uid,
    )


def _refusal(header: Header, transfer_syntax_uid: str, study_uid: str | None) -> Answer | None:
    """What negotiating an association would have refused, and the address."""
    if header.sop_class_uid not in STORAGE_CLASSES:
        return CLASS_NOT_SUPPORTED
    if transfer_syntax_uid not in TRANSFER_SYNTAXES:
        return SYNTAX_NOT_SUPPORTED
    if study_uid not in (None, header.study_uid):
        return OTHER_STUDY
    return None


def _audit(context: ApiContext, caller: Caller, stored: _Stored) -> None:
    after = {
        "stored": len(stored.done),
        "refused": len(stored.outcomes) - len(stored.done),
        "series_uids": sorted({each.series_uid for each in stored.done}),
    }
    audit.record(
        context.database, caller.actor, "series.stored", "stow", after=after, now=context.now()
    )


def _document(outcomes: Sequence[Outcome], base: str) -> Json:
    """PS3.18 Table I.2-1."""
    document: Json = {}
    studies = {each.study_uid for each in outcomes if each.answer is SUCCESS}
    if len(studies) == 1:
        document |= attribute("RetrieveURL", base + Place(*studies).path)
    referenced, failed, others = [], [], []
    for each in outcomes:
        item: dict[str, Any] = {}
        if each.answer is not SUCCESS:
            item |= attribute("FailureReason", each.answer.status)
        if not each.sop_instance_uid:
            others.append(item)
            continue
        item |= attribute("ReferencedSOPClassUID", each.sop_class_uid)
        item |= attribute("ReferencedSOPInstanceUID", each.sop_instance_uid)
        if each.answer is SUCCESS:
            place = Place(each.study_uid, each.series_uid, each.sop_instance_uid)
            item |= attribute("RetrieveURL", base + place.path)
            referenced.append(item)
        else:
            failed.append(item)
    for keyword, items in (
        ("ReferencedSOPSequence", referenced),
        ("FailedSOPSequence", failed),
        ("OtherFailuresSequence", others),
    ):
        if items:
            document |= attribute(keyword, *items)
    return document
