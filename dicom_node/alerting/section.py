"""``[alerts]``: whom the node calls, and for what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from dicom_node.config_base import PositiveSeconds, Section, is_loopback


class AlertsSection(Section):
    """``[alerts]``; without a webhook and without a mail server alerts are logged and measured."""

    webhook_url: SecretStr | None = None
    """Whoever knows it can write there, so it is never shown."""
    webhook_ca: Path | None = None
    """Verifies the webhook's certificate, where no public authority does."""
    smtp_host: str | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca: Path | None = None
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    mail_from: str | None = None
    mail_to: tuple[str, ...] = ()
    disk_margin_mib: Annotated[int, Field(ge=0)] = 4096
    """So much above the reserve is little."""
    queue_stuck_s: PositiveSeconds = 1800
    destination_down_s: PositiveSeconds = 900
    audit_stuck_s: PositiveSeconds = 3600
    worker_failures: Annotated[int, Field(ge=1, le=1000)] = 3
    worker_window_s: PositiveSeconds = 900
    certificate_days: Annotated[int, Field(ge=1)] = 30
    database_silent_s: PositiveSeconds = 120

    @field_validator("webhook_url")
    @classmethod
    def _safe_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it is no http or https URL")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("beyond loopback alerts go by https only")
        return url

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            raise ValueError("smtp_user and smtp_password_file belong together")
        if self.smtp_user is not None and self.smtp_security == "none":
            raise ValueError("a password goes by TLS only: smtp_security starttls or tls")
        if self.smtp_host is not None and not (self.mail_from and self.mail_to):
            raise ValueError("smtp_host needs mail_from and mail_to")
        return self
