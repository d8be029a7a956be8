"""A sender that says what a well-behaved one never would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import CTImageStorage  # type: ignore[attr-defined]

from dicom_node.wire import application_entity
from tests.dcmtk import LOOPBACK


@contextmanager
def associated(
    port: int,
    contexts: Sequence[PresentationContext] | None = None,
    *,
    calling_aet: str = "STORESCU",
    called_aet: str = "CSPINE",
    host: str = LOOPBACK,
) -> Iterator[Association]:
    """An association with a node; released at the end if it is still there."""
    ae = application_entity(calling_aet)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 30
    assoc = ae.associate(
        host,
        port,
        contexts=list(contexts or [build_context(CTImageStorage, ExplicitVRLittleEndian)]),
        ae_title=called_aet,
    )
    try:
        yield assoc
    finally:
        assoc.release()


def store_request(
    sop_instance_uid: str, data_set: bytes, *, sop_class_uid: str = CTImageStorage
) -> C_STORE:
    """A C-STORE-RQ with whatever it is given."""
    request = C_STORE()
    request.MessageID = 7
    request.Priority = 0
    request.AffectedSOPClassUID = sop_class_uid
    request.AffectedSOPInstanceUID = sop_instance_uid
    request.DataSet = BytesIO(data_set)
    return request


def exchange(assoc: Association, request: Any, context_id: int = 1) -> Any:
    """Send any DIMSE request in any context; the response primitive, or None."""
    assert assoc.is_established
    assoc._reactor_checkpoint.clear()
    try:
        while not assoc._is_paused:
            pass
        assoc.dimse.send_msg(request, context_id)
        return assoc.dimse.get_msg(block=True)[1]
    finally:
        assoc._reactor_checkpoint.set()
