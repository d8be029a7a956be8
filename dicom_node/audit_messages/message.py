"""One entry of the trail as DICOM audit messages: XML by the schema of PS3.15 A.5.1.

Patients: only the forms whose tables in A.5.3 demand it name the patient, by the id alone; the
element for the name, which the schema demands, is empty. What was searched for at a PACS goes as it
went there (A.5.3.10).
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import (  # nosec B405 # only written, never read
    Element,
    SubElement,
    tostring,
)

from pydicom.uid import ImplicitVRLittleEndian

from dicom_node.audit_messages.events import (
    EVENTS,
    MEDIA_URI,
    PATIENT_NUMBER,
    ROLE_APPLICATION,
    ROLE_DESTINATION,
    ROLE_DESTINATION_MEDIA,
    ROLE_LAUNCHER,
    ROLE_SOURCE,
    ROLE_SOURCE_MEDIA,
    SOP_CLASS_UID,
    STUDY_INSTANCE_UID,
    UNKNOWN,
    URI,
    Code,
    Event,
    Form,
)
from dicom_node.scu.query import STUDY_ROOT_FIND, encoded_query
from storage.records import AuditEntry, AuditSubject

TEXT_MAX: Final = 1024
"""Nothing that a caller can choose makes a message long."""
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>'
PATIENT_FORMS: Final = frozenset(
    {
        Form.ACCESS,
        Form.SENDING,
        Form.FETCHED,
        Form.STORED,
        Form.RECEIVING,
        Form.IMPORT,
        Form.EXPORT,
    }
)
MANY_PATIENTS: Final = frozenset({Form.IMPORT, Form.EXPORT})
"""The others are about one patient each: an entry about several becomes several messages."""
APPLICATION_SERVER: Final = "4"
"""AuditSourceTypeCode (A.5.1.2.1)."""


@dataclass(frozen=True, slots=True)
class AuditSource:
    """The node that reports.

    Attributes:
        host: its name on the network.
        site: AuditEnterpriseSiteID; empty: left out.
    """

    ae_title: str
    host: str
    site: str = ""


def messages_of(
    entry: AuditEntry, source: AuditSource, subjects: Sequence[AuditSubject]
) -> list[bytes]:
    """The messages of an entry, UTF-8.

    Args:
        entry: what happened.
        source: who reports it.
        subjects: the studies it is about; only used where the form of the message has them.
    """
    event = EVENTS.get(entry.action, UNKNOWN)
    if event.form not in PATIENT_FORMS:
        return [_message(event, entry, source, ())]
    if event.form in MANY_PATIENTS or not subjects:
        return [_message(event, entry, source, subjects)]
    patients = list(dict.fromkeys(each.patient_id for each in subjects))
    return [
        _message(event, entry, source, [each for each in subjects if each.patient_id == patient])
        for patient in patients
    ]


def _message(
    event: Event, entry: AuditEntry, source: AuditSource, subjects: Sequence[AuditSubject]
) -> bytes:
    root = Element("AuditMessage")
    identification = SubElement(
        root,
        "EventIdentification",
        EventActionCode=event.action,
        EventDateTime=entry.at_utc.isoformat(timespec="milliseconds"),
        EventOutcomeIndicator=str(event.outcome),
    )
    _code(identification, "EventID", event.event)
    if event.kind is not None:
        _code(identification, "EventTypeCode", event.kind)
    _participants(root, event.form, entry, source, subjects)
    reporter = SubElement(root, "AuditSourceIdentification")
    if source.site:
        reporter.set("AuditEnterpriseSiteID", _token(source.site))
    reporter.set("AuditSourceID", _token(f"{source.ae_title}@{source.host}"))
    SubElement(reporter, "AuditSourceTypeCode", {"csd-code": APPLICATION_SERVER})
    _objects(root, event.form, entry, subjects)
    body: bytes = tostring(root, encoding="utf-8")
    return DECLARATION + body


def _participants(
    root: Element,
    form: Form,
    entry: AuditEntry,
    source: AuditSource,
    subjects: Sequence[AuditSubject],
) -> None:
    address = entry.address if _is_address(entry.address) else source.host  # "local": a command
    user = _Participant(f"{entry.actor}@{source.host}", entry.actor, address, requests=True)
    node = _Participant(
        f"cspine-node@{source.host}", "cspine-node", source.host, ae_title=source.ae_title
    )
    if form is Form.APPLICATION:
        node.write(root, ROLE_APPLICATION)
        user.write(root, ROLE_LAUNCHER)
    elif form is Form.SENDING:
        peer = next((each.peer_name for each in subjects if each.peer_name), "unknown")
        node.write(root, ROLE_SOURCE)
        _Participant(peer, peer, "").write(root, ROLE_DESTINATION)
        user.write(root)
    elif form is Form.FETCHED:
        node.write(root, ROLE_SOURCE)
        user.write(root, ROLE_DESTINATION)
    elif form is Form.STORED:
        user.write(root, ROLE_SOURCE)
        node.write(root, ROLE_DESTINATION)
    elif form is Form.RECEIVING:
        peer = str((entry.after or {}).get("peer", "unknown"))
        _Participant(peer, peer, "").write(root, ROLE_SOURCE)
        node.write(root, ROLE_DESTINATION)
        user.write(root)
    elif form is Form.QUERY:
        node.write(root, ROLE_SOURCE)
        _Participant(entry.object, entry.object, "").write(root, ROLE_DESTINATION)
        user.write(root)
    elif form is Form.IMPORT:
        user.write(root, ROLE_DESTINATION)
        node.write(root, ROLE_DESTINATION)
        media = _Participant(f"cspine-node:{entry.object}", "", address)
        media.write(root, ROLE_SOURCE_MEDIA, media=MEDIA_URI)
    elif form is Form.EXPORT:
        user.write(root, ROLE_SOURCE)
        node.write(root, ROLE_SOURCE)
        folder = _Participant(f"cspine-node:{entry.object}", "", address)
        folder.write(root, ROLE_DESTINATION_MEDIA, media=MEDIA_URI)
    else:
        user.write(root)
        node.write(root)


@dataclass(frozen=True, slots=True)
class _Participant:
    user_id: str
    name: str
    address: str
    requests: bool = False
    ae_title: str = ""

    def write(self, root: Element, role: Code | None = None, *, media: Code | None = None) -> None:
        """ActiveParticipant."""
        found = SubElement(root, "ActiveParticipant", UserID=_text(self.user_id))
        if self.ae_title:
            found.set("AlternativeUserID", f"AETITLES={_text(self.ae_title)}")
        if self.name:
            found.set("UserName", _text(self.name))
        found.set("UserIsRequestor", "true" if self.requests else "false")
        if self.address:
            found.set("NetworkAccessPointID", _token(self.address))
            found.set("NetworkAccessPointTypeCode", "2" if _is_address(self.address) else "1")
        if role is not None:
            _code(found, "RoleIDCode", role)
        if media is not None:
            _code(SubElement(found, "MediaIdentifier"), "MediaType", media)


def _objects(
    root: Element, form: Form, entry: AuditEntry, subjects: Sequence[AuditSubject]
) -> None:
    if form is Form.LOG_USED:
        _object(root, URI, "cspine-node:audit", role="13", name="Security Audit Log")
    if form is Form.QUERY:
        query = (entry.after or {}).get("query", {})
        asked = _object(root, SOP_CLASS_UID, STUDY_ROOT_FIND, role="3", query=encoded_query(query))
        _detail(asked, "TransferSyntax", ImplicitVRLittleEndian)
    if form in PATIENT_FORMS:
        for study_uid in dict.fromkeys(each.study_uid for each in subjects):
            _object(root, STUDY_INSTANCE_UID, study_uid, role="3")
        for patient_id in dict.fromkeys(each.patient_id for each in subjects):
            _object(root, PATIENT_NUMBER, patient_id, kind="1", role="1")
    # Our own, in every message (in an alert it is its subject): the entry in the node's trail.
    ours = _object(
        root, URI, f"cspine-node:{entry.object}", role="13", name=f"audit entry {entry.seq}"
    )
    _detail(ours, "Alert Description", f"{entry.action}: {entry.object}")
    _detail(ours, "AuditEntry", str(entry.seq))
    _detail(ours, "AuditEntryHash", entry.hash)


def _object(
    root: Element,
    id_type: Code,
    id_: str,
    *,
    kind: str = "2",
    role: str,
    name: str = "",
    query: bytes | None = None,
) -> Element:
    found = SubElement(
        root,
        "ParticipantObjectIdentification",
        ParticipantObjectID=_token(id_),
        ParticipantObjectTypeCode=kind,
        ParticipantObjectTypeCodeRole=role,
    )
    _code(found, "ParticipantObjectIDTypeCode", id_type)
    if query is None:
        SubElement(found, "ParticipantObjectName").text = name
    else:
        SubElement(found, "ParticipantObjectQuery").text = b64encode(query).decode("ascii")
    return found


def _detail(object_: Element, kind: str, text: str) -> None:
    value = b64encode(_text(text).encode("utf-8")).decode("ascii")
    SubElement(object_, "ParticipantObjectDetail", type=kind, value=value)


def _code(parent: Element, name: str, code: Code) -> None:
    attributes = {
        "csd-code": code.value,
        "codeSystemName": code.scheme,
        "displayName": code.meaning,
        "originalText": code.meaning,
    }
    SubElement(parent, name, attributes)


def _text(text: str) -> str:
    """What XML 1.0 can say, and not too much of it."""
    clean = "".join(each if each.isprintable() else "?" for each in text[:TEXT_MAX])
    return clean.encode("utf-8", "replace").decode("utf-8")


def _token(text: str) -> str:
    """Without the spaces that a token does not keep (XML Schema Part 2, 3.3.2)."""
    return " ".join(_text(text).split())


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
