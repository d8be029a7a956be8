"""Which audit message an action of our trail becomes: one table (PS3.15 A.5.3, PS3.16 DCM)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value of PS3.15 A.5.1 (CodedValueType)."""

    value: str
    meaning: str
    scheme: str = "DCM"


class Form(Enum):
    """Who and what a message names."""

    APPLICATION = auto()  # A.5.3.1: the node started or stopped
    LOG_USED = auto()  # A.5.3.2: somebody read the trail
    SENDING = auto()  # A.5.3.3, A.5.3.7: from this node to another
    FETCHED = auto()  # A.5.3.7: from this node to who asked
    STORED = auto()  # A.5.3.7: from who asked to this node
    RECEIVING = auto()  # A.5.3.3, A.5.3.7: from another node to this one
    QUERY = auto()  # A.5.3.10
    EXPORT = auto()  # A.5.3.4
    IMPORT = auto()  # A.5.3.5
    ACCESS = auto()  # A.5.3.6, A.5.3.8: studies of one patient
    ALERT = auto()  # A.5.3.11: what concerns the security of the node
    SIGN_IN = auto()  # A.5.3.12


@dataclass(frozen=True, slots=True)
class Event:
    """What is said of one kind of action.

    Attributes:
        event: EventID.
        kind: EventTypeCode.
        action: EventActionCode: Create, Read, Update, Delete, Execute.
        outcome: EventOutcomeIndicator: 0 success, 4 minor, 8 serious, 12 major failure.
    """

    form: Form
    event: Code
    action: str
    kind: Code | None = None
    outcome: int = 0


APPLICATION_ACTIVITY: Final = Code("110100", "Application Activity")
AUDIT_LOG_USED: Final = Code("110101", "Audit Log Used")
BEGIN_TRANSFERRING: Final = Code("110102", "Begin Transferring DICOM Instances")
INSTANCES_ACCESSED: Final = Code("110103", "DICOM Instances Accessed")
INSTANCES_TRANSFERRED: Final = Code("110104", "DICOM Instances Transferred")
STUDY_DELETED: Final = Code("110105", "DICOM Study Deleted")
EXPORT: Final = Code("110106", "Export")
IMPORT: Final = Code("110107", "Import")
QUERY: Final = Code("110112", "Query")
SECURITY_ALERT: Final = Code("110113", "Security Alert")
USER_AUTHENTICATION: Final = Code("110114", "User Authentication")

APPLICATION_START: Final = Code("110120", "Application Start")
APPLICATION_STOP: Final = Code("110121", "Application Stop")
LOGIN: Final = Code("110122", "Login")
LOGOUT: Final = Code("110123", "Logout")
NETWORK_CONFIGURATION: Final = Code("110128", "Network Configuration")
SOFTWARE_CONFIGURATION: Final = Code("110131", "Software Configuration")
RESTRICTED_FUNCTION: Final = Code("110132", "Use of Restricted Function")
USER_ATTRIBUTES: Final = Code("110137", "User Security Attributes Changed")

ROLE_APPLICATION: Final = Code("110150", "Application")
ROLE_LAUNCHER: Final = Code("110151", "Application Launcher")
ROLE_DESTINATION: Final = Code("110152", "Destination Role ID")
ROLE_SOURCE: Final = Code("110153", "Source Role ID")
ROLE_DESTINATION_MEDIA: Final = Code("110154", "Destination Media")
ROLE_SOURCE_MEDIA: Final = Code("110155", "Source Media")
MEDIA_URI: Final = Code("110037", "URI")

STUDY_INSTANCE_UID: Final = Code("110180", "Study Instance UID")
SOP_CLASS_UID: Final = Code("110181", "SOP Class UID")
PATIENT_NUMBER: Final = Code("2", "Patient Number", "RFC-3881")
URI: Final = Code("12", "URI", "RFC-3881")

_READ: Final = Event(Form.ACCESS, INSTANCES_ACCESSED, "R")
_CHANGE: Final = Event(Form.ACCESS, INSTANCES_ACCESSED, "U")
_SEND: Final = Event(Form.SENDING, BEGIN_TRANSFERRING, "E")
_USER: Final = Event(Form.ALERT, SECURITY_ALERT, "E", USER_ATTRIBUTES)
_NETWORK: Final = Event(Form.ALERT, SECURITY_ALERT, "E", NETWORK_CONFIGURATION)
_SOFTWARE: Final = Event(Form.ALERT, SECURITY_ALERT, "E", SOFTWARE_CONFIGURATION)
_LOGOUT: Final = Event(Form.SIGN_IN, USER_AUTHENTICATION, "E", LOGOUT)

EVENTS: Final[Mapping[str, Event]] = {
    "node.started": Event(Form.APPLICATION, APPLICATION_ACTIVITY, "E", APPLICATION_START),
    "node.stopped": Event(Form.APPLICATION, APPLICATION_ACTIVITY, "E", APPLICATION_STOP),
    "session.opened": Event(Form.SIGN_IN, USER_AUTHENTICATION, "E", LOGIN),
    "session.refused": Event(Form.SIGN_IN, USER_AUTHENTICATION, "E", LOGIN, outcome=4),
    "session.closed": _LOGOUT,
    "session.revoked": _LOGOUT,
    "audit.exported": Event(Form.LOG_USED, AUDIT_LOG_USED, "R"),
    "series.viewed": _READ,
    "series.taken": _CHANGE,
    "series.released": _CHANGE,
    "series.retried": _CHANGE,
    "series.parked": _CHANGE,
    "series.deleted": Event(Form.ACCESS, INSTANCES_ACCESSED, "D"),
    "verdict.given": Event(Form.ACCESS, INSTANCES_ACCESSED, "C"),
    # We cannot know whether the receiver holds copies already: then it is R (A.5.3.7).
    "images.retrieved": Event(Form.FETCHED, INSTANCES_TRANSFERRED, "R"),
    "series.stored": Event(Form.STORED, INSTANCES_TRANSFERRED, "C"),
    "pacs.searched": Event(Form.QUERY, QUERY, "E"),
    "retrieval.asked": Event(Form.RECEIVING, BEGIN_TRANSFERRING, "E"),
    "retrieval.cancelled": Event(Form.RECEIVING, BEGIN_TRANSFERRING, "E", outcome=4),
    "retrieval.ended": Event(Form.RECEIVING, INSTANCES_TRANSFERRED, "C"),
    "series.exported": Event(Form.EXPORT, EXPORT, "R"),
    "results.exported": Event(Form.EXPORT, EXPORT, "R"),  # with pseudonyms: no patient is named
    "series.uploaded": Event(Form.IMPORT, IMPORT, "C"),
    "delivery.resent": _SEND,
    "delivery.resumed": _SEND,
    "user.first": _USER,
    "user.added": _USER,
    "user.changed": _USER,
    "user.disabled": _USER,
    "user.enabled": _USER,
    "user.password": _USER,
    "peer.added": _NETWORK,
    "peer.changed": _NETWORK,
    "peer.removed": _NETWORK,
    "route.saved": _SOFTWARE,
    "route.removed": _SOFTWARE,
    "route.moved": _SOFTWARE,
    "setting.changed": _SOFTWARE,
    "model.activated": _SOFTWARE,
    "model.shadowed": _SOFTWARE,
    "delivery.parked": _SOFTWARE,
    "change.undone": _SOFTWARE,
}
"""Action → message. Every action of the program has a row: a test walks them."""

UNKNOWN: Final = Event(Form.ALERT, SECURITY_ALERT, "E", RESTRICTED_FUNCTION)
"""For an entry that another version of the program wrote: it is sent all the same."""
