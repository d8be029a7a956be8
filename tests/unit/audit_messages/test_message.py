"""Audit messages: valid by the schema of PS3.15 A.5.1, and by what only its tables in A.5.3 say."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pydicom import dcmread

from dicom_node.audit_messages.events import EVENTS, Form
from dicom_node.audit_messages.message import PATIENT_FORMS, AuditSource, messages_of
from dicom_node.scu.query import Query, query_document
from storage.records import AuditEntry, AuditSubject

ROOT = Path(__file__).parents[3]
SCHEMA = etree.RelaxNG(file=str(ROOT / "tests/data/audit-message.rng"))
SOURCE = AuditSource("CSPINE", "ct-ai-1", "Trust")
SUBJECT = AuditSubject("1.2.1", "P1", "pacs")
ACTIONS = [*EVENTS, "something.new"]
ODD = "a\0b\x1b\ud800 <&\"'>\u2028é\n" + "x" * 5000


def entry(action: str, object_: str = "1.2.1.1", **changes: Any) -> AuditEntry:
    values: dict[str, Any] = {
        "seq": 7,
        "at_utc": datetime(2026, 3, 1, 8, 30, 5, 250_000, tzinfo=UTC),
        "actor": "ann",
        "address": "192.0.2.7",
        "action": action,
        "object": object_,
        "before": None,
        "after": None,
        "previous_hash": "0" * 64,
        "hash": "a" * 64,
    }
    return AuditEntry(**values | changes)


def parsed(message: bytes) -> Any:
    found = etree.fromstring(message)
    assert SCHEMA.validate(found), SCHEMA.error_log
    return found


def the_only(action: str, **changes: Any) -> Any:
    (message,) = messages_of(entry(action, **changes), SOURCE, [SUBJECT])
    return parsed(message)


def role_codes(message: Any) -> set[str]:
    return {each.get("csd-code") for each in message.iter("RoleIDCode")}


def objects(message: Any, kind: str) -> list[str]:
    return [
        each.get("ParticipantObjectID")
        for each in message.findall("ParticipantObjectIdentification")
        if each.find("ParticipantObjectIDTypeCode").get("csd-code") == kind
    ]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("subjects", [[], [SUBJECT], [SUBJECT, AuditSubject("1.2.2", "")]])
def test_every_action_becomes_valid_messages(action: str, subjects: list[AuditSubject]) -> None:
    for message in messages_of(entry(action), SOURCE, subjects):
        parsed(message)


@pytest.mark.parametrize("action", ACTIONS)
def test_no_text_makes_a_message_invalid_or_long(action: str) -> None:
    odd = entry(action, ODD, actor=ODD, address=ODD)
    subject = AuditSubject(ODD, ODD, ODD)
    for message in messages_of(odd, AuditSource(ODD, ODD, ODD), [subject]):
        parsed(message)
        assert len(message) < 32_768  # what a receiver must take (PS3.15 A.6)


def test_the_schema_refuses_what_the_standard_does_not_have() -> None:
    good = the_only("series.viewed")
    for path, attribute in (
        (".", None),
        ("EventIdentification", "EventOutcomeIndicator"),
        ("EventIdentification/EventID", "originalText"),
        ("ActiveParticipant", "UserIsRequestor"),
        ("AuditSourceIdentification", "AuditSourceID"),
        ("ParticipantObjectIdentification", "ParticipantObjectID"),
    ):
        broken = etree.fromstring(etree.tostring(good))
        element = broken.find(path)
        if attribute is None:
            element.set("Extra", "1")
        else:
            del element.attrib[attribute]
        assert not SCHEMA.validate(broken), path
    without_name = etree.fromstring(etree.tostring(good))
    object_ = without_name.find("ParticipantObjectIdentification")
    object_.remove(object_.find("ParticipantObjectName"))
    assert not SCHEMA.validate(without_name)


@pytest.mark.parametrize("action", ACTIONS)
def test_one_participant_at_most_is_the_requestor(action: str) -> None:
    found = [each.get("UserIsRequestor") for each in the_only(action).iter("ActiveParticipant")]
    assert found.count("true") == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_the_patient_is_named_where_the_standard_demands_it_and_nowhere_else(action: str) -> None:
    found = the_only(action)
    event = found.find("EventIdentification/EventID").get("csd-code")
    demanded = event in {"110102", "110103", "110104", "110105", "110106", "110107"}
    assert objects(found, "2") == (["P1"] if demanded else [])
    assert objects(found, "110180") == (["1.2.1"] if demanded else [])
    for each in found.iter("ParticipantObjectIdentification"):
        if each.get("ParticipantObjectTypeCode") == "1":
            assert each.findtext("ParticipantObjectName") == ""


def test_one_message_is_about_one_patient() -> None:
    subjects = [SUBJECT, AuditSubject("1.2.2", "P2"), AuditSubject("1.2.3", "P1")]
    stored = [parsed(each) for each in messages_of(entry("series.stored"), SOURCE, subjects)]
    assert [objects(each, "2") for each in stored] == [["P1"], ["P2"]]
    assert [objects(each, "110180") for each in stored] == [["1.2.1", "1.2.3"], ["1.2.2"]]
    (imported,) = messages_of(entry("series.uploaded"), SOURCE, subjects)  # A.5.3.5 allows many
    assert objects(parsed(imported), "2") == ["P1", "P2"]


@pytest.mark.parametrize(
    ("form", "demanded"),
    [
        (Form.APPLICATION, {"110150", "110151"}),
        (Form.SENDING, {"110152", "110153"}),
        (Form.FETCHED, {"110152", "110153"}),
        (Form.STORED, {"110152", "110153"}),
        (Form.RECEIVING, {"110152", "110153"}),
        (Form.QUERY, {"110152", "110153"}),
        (Form.IMPORT, {"110152", "110155"}),
        (Form.EXPORT, {"110153", "110154"}),
    ],
)
def test_the_roles_that_a_form_demands_are_there(form: Form, demanded: set[str]) -> None:
    actions = [action for action, event in EVENTS.items() if event.form is form]
    for action in actions:
        assert role_codes(the_only(action)) == demanded, action


def test_media_have_a_type() -> None:
    (media,) = the_only("series.uploaded").iter("MediaType")
    assert media.get("csd-code") == "110037"


@pytest.mark.parametrize("action", [a for a, e in EVENTS.items() if e.form is Form.SIGN_IN])
def test_a_sign_in_says_from_where(action: str) -> None:
    person = the_only(action).find("ActiveParticipant")
    assert (person.get("NetworkAccessPointID"), person.get("NetworkAccessPointTypeCode")) == (
        "192.0.2.7",
        "2",
    )
    local = the_only(action, address="command line").find("ActiveParticipant")
    assert (local.get("NetworkAccessPointID"), local.get("NetworkAccessPointTypeCode")) == (
        "ct-ai-1",
        "1",
    )


def test_an_alert_has_its_description_and_its_entry() -> None:
    (subject,) = the_only("peer.changed", object_="pacs").iter("ParticipantObjectIdentification")
    details = {
        each.get("type"): b64decode(each.get("value")).decode()
        for each in subject.iter("ParticipantObjectDetail")
    }
    assert details == {
        "Alert Description": "peer.changed: pacs",
        "AuditEntry": "7",
        "AuditEntryHash": "a" * 64,
    }


def test_a_failed_sign_in_is_a_minor_failure() -> None:
    found = the_only("session.refused").find("EventIdentification")
    assert found.get("EventOutcomeIndicator") == "4"
    assert found.get("EventDateTime") == "2026-03-01T08:30:05.250+00:00"
    assert found.find("EventTypeCode").get("csd-code") == "110122"


def test_before_and_after_do_not_leave_the_node() -> None:
    (message,) = messages_of(
        entry("user.changed", "bob", before={"role": "Reader^Secret"}, after={"x": "Secret"}),
        SOURCE,
        [],
    )
    assert b"Secret" not in message


def test_forms_with_patients_are_those_whose_table_has_one() -> None:
    assert {event.event.value for event in EVENTS.values() if event.form in PATIENT_FORMS} <= {
        "110102",
        "110103",
        "110104",
        "110105",
        "110106",
        "110107",
    }


def test_a_query_goes_as_it_went_to_the_pacs() -> None:
    query = Query(patient_name="Müller*", study_date_from=date(2026, 1, 1))
    found = the_only("pacs.searched", object_="pacs", after={"query": query_document(query)})
    node, peer, user = found.iter("ActiveParticipant")
    assert peer.get("UserID") == "pacs"
    assert (node.get("UserIsRequestor"), user.get("UserIsRequestor")) == ("false", "true")
    (model,) = objects(found, "110181")
    assert model == "1.2.840.10008.5.1.4.1.2.2.1"
    sent = b64decode(found.findtext(".//ParticipantObjectQuery"))
    identifier = dcmread(BytesIO(sent), force=True)
    assert identifier.PatientName == "Müller*"
    assert identifier.StudyDate == "20260101-"
    assert identifier.QueryRetrieveLevel == "STUDY"
    (syntax,) = found.iterfind(".//ParticipantObjectDetail[@type='TransferSyntax']")
    assert b64decode(syntax.get("value")) == b"1.2.840.10008.1.2"


def test_a_retrieval_names_its_peer_as_the_source() -> None:
    found = the_only("retrieval.ended", object_="1.2.1", after={"peer": "pacs"})
    source, node, _ = found.iter("ActiveParticipant")
    assert (source.get("UserID"), node.get("UserName")) == ("pacs", "cspine-node")
