"""Alerts leave by a real web server and a real mail server, with and without TLS."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dicom_node.alerting.channels import Mail, Sender, Webhook, channels_of
from dicom_node.alerting.episodes import Alert
from dicom_node.alerting.section import AlertsSection
from dicom_node.config import Settings
from dicom_node.errors import AlertNotSentError
from tests.alert_receivers import mail_server, webhook
from tests.certificates import Authority
from tests.dcmtk import free_port

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALERT = Alert("destination_down/pacs/x/raised", "destination_down", "pacs", "raised", "critical",
              "pacs takes no results.", AT, AT)  # fmt: skip
SENDER = Sender("CSPINE", "ct-ai-1")


def mail_of(port: int, **changes: Any) -> Mail:
    section = AlertsSection(
        **{
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "none",
            "mail_from": "node@example.org",
            "mail_to": ("ann@example.org", "bob@example.org"),
            **changes,
        }
    )
    (channel,) = channels_of(Settings(alerts=section)).values()
    assert isinstance(channel, Mail)
    return channel


def test_a_webhook_gets_a_document() -> None:
    with webhook() as hook:
        Webhook(hook.url, SENDER).send(ALERT)
    assert hook.documents == [
        {
            "id": ALERT.id,
            "alert": "destination_down",
            "subject": "pacs",
            "state": "raised",
            "severity": "critical",
            "text": "CSPINE on ct-ai-1: critical: pacs takes no results.",
            "since_utc": "2026-03-01T12:00:00+00:00",
            "at_utc": "2026-03-01T12:00:00+00:00",
            "node": {"ae_title": "CSPINE", "host": "ct-ai-1"},
            "research_use_only": True,
        }
    ]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success_is_a_failure(status: int) -> None:
    with webhook(status) as hook, pytest.raises(AlertNotSentError, match=str(status)) as error:
        Webhook(hook.url, SENDER).send(ALERT)
    assert len(hook.tried) == 1, "no redirection is followed"
    assert "s3cr3t" not in str(error.value)


def test_nobody_at_the_webhook_is_a_failure_that_names_no_secret() -> None:
    url = f"http://127.0.0.1:{free_port()}/s3cr3t"
    with pytest.raises(AlertNotSentError) as error:
        Webhook(url, SENDER).send(ALERT)
    assert "s3cr3t" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_webhook_is_verified(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with webhook(tls=authority.issue("hook")) as hook:
        Webhook(hook.url, SENDER, authority.pem.certificate).send(ALERT)
        with pytest.raises(AlertNotSentError, match="SSLError"):
            Webhook(hook.url, SENDER).send(ALERT)
    assert len(hook.documents) == 1


def test_a_mail_for_everybody() -> None:
    with mail_server() as box:
        mail_of(box.port).send(ALERT)
    (mail,) = box.mails
    assert box.receivers == [["ann@example.org", "bob@example.org"]]
    assert mail["Subject"] == "[CSPINE] critical: pacs takes no results."
    assert mail["From"] == "node@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert body.startswith("pacs takes no results.")
    assert "Since: 2026-03-01 12:00:00 UTC" in body
    assert "research use only" in body


def test_the_same_alert_has_the_same_message_id() -> None:
    with mail_server() as box:
        for _ in range(2):
            mail_of(box.port).send(ALERT)
    assert len({mail["Message-ID"] for mail in box.mails}) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_by_tls_and_signs_in(tmp_path: Path, security: str) -> None:
    authority, password = Authority(tmp_path), tmp_path / "password"
    password.write_text("correct horse\n", encoding="utf-8")
    password.chmod(0o600)
    pem = authority.issue("mail")
    with mail_server(tls=pem, at_once=security == "tls") as box:
        settings = {
            "smtp_security": security,
            "smtp_user": "node",
            "smtp_password_file": password,
        }
        mail_of(box.port, smtp_ca=authority.pem.certificate, **settings).send(ALERT)
        with pytest.raises(AlertNotSentError, match="SSL"):
            mail_of(box.port, **settings).send(ALERT)
    assert box.secured == [True]
    assert box.signed_in == ["node:correct horse"]


def test_a_server_without_starttls_gets_nothing() -> None:
    with mail_server() as box, pytest.raises(AlertNotSentError, match="NotSupported"):
        mail_of(box.port, smtp_security="starttls").send(ALERT)
    assert box.mails == []


def test_one_receiver_that_is_refused_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    with mail_server(refuses=["ann@example.org"]) as box:
        mail_of(box.port).send(ALERT)
    assert box.receivers == [["bob@example.org"]]
    assert "refuses 1 receivers" in caplog.text


def test_all_receivers_that_are_refused_are_a_failure() -> None:
    refused = ["ann@example.org", "bob@example.org"]
    with mail_server(refuses=refused) as box, pytest.raises(AlertNotSentError, match="Refused"):
        mail_of(box.port).send(ALERT)
    assert box.mails == []
