"""The sections of the configuration that say who gets in, and to whom that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from dicom_node.config_base import Section, is_loopback
from storage.records import Role


def is_safe_url(url: str) -> bool:
    """Whether nobody between can read or change what is said there: https, or this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.fragment or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


class OidcSection(Section):
    """``[oidc]``: signing in at an OpenID Connect provider."""

    issuer: str | None = None
    """None: nobody signs in that way."""
    client_id: str = ""
    client_secret_file: Path | None = None
    """None: a public client, which proves itself by PKCE alone."""
    ca: Path | None = None
    """Verifies the provider; None: by the system's authorities."""
    redirect_uris: tuple[str, ...] = ()
    """Where the provider may send a browser, besides to a program on the reader's own machine."""
    scopes: str = "openid profile"
    name_claim: str = "preferred_username"
    role_claim: str = "roles"
    """Dots lead into objects."""
    roles: dict[str, Role] = Field(default_factory=dict)
    """A value of the claim → the role here. Who has none of them is not let in."""
    organization: str = ""
    """Of new users."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer is None:
            return self
        if not is_safe_url(self.issuer):
            raise ValueError("issuer must be an https URL")
        if not self.client_id:
            raise ValueError("client_id is needed")
        if not self.roles:
            raise ValueError("roles is needed: without it nobody could sign in")
        if not all(is_safe_url(each) for each in self.redirect_uris):
            raise ValueError("redirect_uris must be https URLs")
        return self


class AuditSection(Section):
    """``[audit]``: where the audit trail goes, besides the database."""

    syslog_host: str | None = None
    """None: nowhere."""
    syslog_port: Annotated[int, Field(ge=1, le=65535)] = 6514
    syslog_transport: Literal["tls", "tcp", "udp"] = "tls"
    syslog_ca: Path | None = None
    """Verifies the receiver's certificate."""
    syslog_cert: Path | None = None
    syslog_key: Path | None = None
    site: str = ""
    """AuditEnterpriseSiteID (PS3.15 A.5.2)."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.syslog_cert is None) != (self.syslog_key is None):
            raise ValueError("syslog_cert and syslog_key belong together")
        if self.syslog_host is None:
            return self
        if self.syslog_transport == "tls" and self.syslog_ca is None:
            raise ValueError("syslog_ca is needed: without it the receiver cannot be verified")
        if self.syslog_transport != "tls" and not is_loopback(self.syslog_host):
            raise ValueError("beyond loopback the audit trail goes by TLS only")
        return self
