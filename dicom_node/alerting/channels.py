"""How alerts leave the node: a webhook (JSON), and mail (SMTP). What is sent names no patient."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

import requests

from dicom_node.alerting.episodes import Alert
from dicom_node.alerting.section import AlertsSection
from dicom_node.config import Settings
from dicom_node.errors import AlertNotSentError, ConfigError
from dicom_node.secret_files import read_secret

logger = logging.getLogger(__name__)

CONNECT_S: Final = 10.0
ANSWER_S: Final = 20.0
DISCLAIMER: Final = "cspine-node, research use only."


@dataclass(frozen=True, slots=True)
class Sender:
    """Which node speaks."""

    ae_title: str
    host: str

    def __str__(self) -> str:
        return f"{self.ae_title} on {self.host}"


class Channel(Protocol):
    """One way out."""

    def send(self, alert: Alert, /) -> None:
        """Hand it over; returns when it was taken.

        Raises:
            AlertNotSentError: it was not taken, this time.
        """


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts a JSON document. ``ca`` verifies the other side where no public authority does."""

    url: str
    sender: Sender
    ca: Path | None = None

    def send(self, alert: Alert) -> None:
        """See :meth:`Channel.send`. Redirections are not followed."""
        try:
            with requests.post(
                self.url,
                json=document(alert, self.sender),
                headers={"Idempotency-Key": alert.id, "User-Agent": "cspine-node"},
                timeout=(CONNECT_S, ANSWER_S),
                allow_redirects=False,
                stream=True,  # nobody reads what it says
                verify=True if self.ca is None else str(self.ca),
            ) as answer:
                status = answer.status_code
        except (requests.RequestException, OSError) as error:
            # Not chained, and without its text: both hold the URL, which may hold a secret.
            raise AlertNotSentError(f"the webhook: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise AlertNotSentError(f"the webhook answers {status}")


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends a mail by a server; ``password`` is None where nobody signs in."""

    alerts: AlertsSection
    sender: Sender
    password: str | None = None

    def send(self, alert: Alert) -> None:
        """See :meth:`Channel.send`."""
        assert self.alerts.smtp_host is not None, "without a server there is no such channel"
        try:
            with self._connected(self.alerts.smtp_host) as server:
                if self.alerts.smtp_user is not None and self.password is not None:
                    server.login(self.alerts.smtp_user, self.password)
                refused = server.send_message(self.message(alert))
        except (smtplib.SMTPException, OSError) as error:
            raise AlertNotSentError(f"the mail server: {_words(error)}") from None
        if refused:  # some took it: it is not sent to them again
            logger.warning("the mail server refuses %d receivers of an alert", len(refused))

    def message(self, alert: Alert) -> EmailMessage:
        """The mail. The same alert has the same Message-ID, should it come twice."""
        mail = EmailMessage()
        mail["From"] = self.alerts.mail_from
        mail["To"] = ", ".join(self.alerts.mail_to)
        mail["Date"] = format_datetime(alert.at_utc)
        digest = sha256(f"{self.sender}/{alert.id}".encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{digest}@cspine-node.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        word = "resolved" if alert.state == "resolved" else alert.severity
        mail["Subject"] = _one_line(f"[{self.sender.ae_title}] {word}: {alert.text}")
        since = f"{alert.since_utc:%Y-%m-%d %H:%M:%S} UTC"
        mail.set_content(
            f"{alert.text}\n\nNode: {self.sender}\nAlert: {alert.condition} {alert.subject}\n"
            f"Since: {since}\n\n{DISCLAIMER}\n"
        )
        return mail

    def _connected(self, host: str) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=self.alerts.smtp_ca)
        port, security = self.alerts.smtp_port, self.alerts.smtp_security
        if security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=ANSWER_S, context=context)
        server = smtplib.SMTP(host, port, timeout=ANSWER_S)
        if security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def document(alert: Alert, sender: Sender) -> dict[str, Any]:
    """What a webhook gets; ``text`` is what chat services show."""
    word = "resolved" if alert.state == "resolved" else alert.severity
    return {
        "id": alert.id,
        "alert": alert.condition,
        "subject": alert.subject,
        "state": alert.state,
        "severity": alert.severity,
        "text": f"{sender}: {word}: {alert.text}",
        "since_utc": alert.since_utc.isoformat(),
        "at_utc": alert.at_utc.isoformat(),
        "node": {"ae_title": sender.ae_title, "host": sender.host},
        "research_use_only": True,
    }


def channels_of(settings: Settings) -> Mapping[str, Channel]:
    """The ways out that are configured, by name.

    Raises:
        ConfigError: a file that is named cannot be used; names the key.
    """
    alerts, found = settings.alerts, dict[str, Channel]()
    sender = Sender(settings.dicom.ae_title, socket.gethostname())
    for key, path in (("webhook_ca", alerts.webhook_ca), ("smtp_ca", alerts.smtp_ca)):
        _check_authority(f"alerts.{key}", path)
    if alerts.webhook_url is not None:
        url = alerts.webhook_url.get_secret_value()
        found["webhook"] = Webhook(url, sender, alerts.webhook_ca)
    if alerts.smtp_host is not None:
        path = alerts.smtp_password_file
        password = None if path is None else read_secret("alerts.smtp_password_file", path)
        found["mail"] = Mail(alerts, sender, password)
    return found


def _check_authority(key: str, path: Path | None) -> None:
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError, too
        raise ConfigError(f"{key}: {path}: no certificate in PEM can be read there") from error


def _words(error: Exception) -> str:
    """What the server's answer was, without its text: it may repeat what it was told."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())
