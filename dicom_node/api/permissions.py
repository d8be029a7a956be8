"""Who may call what: one row for every endpoint. An endpoint without a row stops the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.records import Role


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call one endpoint."""

    roles: frozenset[Role] = frozenset()
    public: bool = False
    """Anybody, without a token."""
    before_password_change: bool = False
    """Also a user who must first change the password."""
    scrape_token: bool = False
    """Also whoever shows the token of ``api.metrics_token_file``, who is no user."""


PUBLIC: Final = Access(public=True)
SIGNED_IN: Final = Access(frozenset(Role), before_password_change=True)
"""Whoever has a session: its own affairs."""
ALL_ROLES: Final = Access(frozenset(Role))
PEOPLE: Final = Access(frozenset({Role.RADIOLOGIST, Role.ADMIN}))
RADIOLOGISTS: Final = Access(frozenset({Role.RADIOLOGIST}))
ADMINS: Final = Access(frozenset({Role.ADMIN}))
SCRAPERS: Final = Access(frozenset({Role.ADMIN, Role.SERVICE}), scrape_token=True)

INSTANCE: Final = "/dicomweb/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}"

PERMISSIONS: Final[Mapping[tuple[str, str], Access]] = {
    ("GET", "/openapi.json"): PUBLIC,
    ("POST", "/api/v1/setup"): PUBLIC,  # with the one-time token
    ("POST", "/api/v1/session"): PUBLIC,  # with name and password
    ("GET", "/api/v1/session/oidc"): PUBLIC,
    ("POST", "/api/v1/session/oidc/start"): PUBLIC,
    ("POST", "/api/v1/session/oidc/callback"): PUBLIC,  # with a code of the provider
    ("GET", "/api/v1/session"): SIGNED_IN,
    ("DELETE", "/api/v1/session"): SIGNED_IN,
    ("POST", "/api/v1/session/password"): SIGNED_IN,
    ("GET", "/api/v1/sessions"): SIGNED_IN,
    ("DELETE", "/api/v1/sessions/{session_id}"): SIGNED_IN,
    ("GET", "/api/v1/series"): ALL_ROLES,
    ("GET", "/api/v1/worklist/counts"): ALL_ROLES,
    ("GET", "/api/v1/series/{series_uid}"): ALL_ROLES,
    ("DELETE", "/api/v1/series/{series_uid}"): ADMINS,
    ("GET", "/api/v1/series/{series_uid}/deletion"): ADMINS,
    ("POST", "/api/v1/series/{series_uid}/assignment"): RADIOLOGISTS,
    ("DELETE", "/api/v1/series/{series_uid}/assignment"): PEOPLE,
    ("POST", "/api/v1/series/{series_uid}/verdicts"): RADIOLOGISTS,
    ("POST", "/api/v1/series/{series_uid}/retry"): PEOPLE,
    ("POST", "/api/v1/series/{series_uid}/park"): ADMINS,
    ("GET", "/api/v1/deliveries"): PEOPLE,
    ("POST", "/api/v1/deliveries/{delivery_id}/resume"): ADMINS,
    ("POST", "/api/v1/deliveries/{delivery_id}/resend"): ADMINS,
    ("GET", "/api/v1/destinations"): PEOPLE,
    ("POST", "/api/v1/destinations/{peer_name}/resume"): ADMINS,
    ("POST", "/api/v1/uploads"): ALL_ROLES,
    ("GET", "/api/v1/events"): ALL_ROLES,
    ("GET", "/api/v1/peers"): ALL_ROLES,
    ("POST", "/api/v1/peers"): ADMINS,
    ("PUT", "/api/v1/peers/{name}"): ADMINS,
    ("DELETE", "/api/v1/peers/{name}"): ADMINS,
    ("POST", "/api/v1/peers/{name}/echo"): ADMINS,
    ("POST", "/api/v1/peers/{name}/find"): PEOPLE,
    ("POST", "/api/v1/peers/{name}/retrieve"): PEOPLE,
    ("GET", "/api/v1/retrievals"): PEOPLE,
    ("POST", "/api/v1/retrievals/{retrieval_id}/cancel"): PEOPLE,
    ("GET", "/api/v1/refused-callers"): ADMINS,
    ("GET", "/api/v1/routes"): PEOPLE,
    ("PUT", "/api/v1/routes/{name}"): ADMINS,
    ("DELETE", "/api/v1/routes/{name}"): ADMINS,
    ("POST", "/api/v1/routes/{name}/position"): ADMINS,
    ("POST", "/api/v1/routes/rehearsal"): ADMINS,
    ("GET", "/api/v1/users"): ADMINS,
    ("POST", "/api/v1/users"): ADMINS,
    ("PATCH", "/api/v1/users/{name}"): ADMINS,
    ("POST", "/api/v1/users/{name}/password"): ADMINS,
    ("GET", "/api/v1/users/{name}/sessions"): ADMINS,
    ("DELETE", "/api/v1/users/{name}/sessions/{session_id}"): ADMINS,
    ("GET", "/api/v1/audit"): ADMINS,
    ("POST", "/api/v1/audit/{seq}/undo"): ADMINS,
    ("GET", "/api/v1/audit/verification"): ADMINS,
    ("GET", "/api/v1/audit/destinations"): ADMINS,
    ("GET", "/api/v1/audit/export"): ADMINS,
    ("GET", "/api/v1/system"): ALL_ROLES,
    ("GET", "/api/v1/models"): PEOPLE,
    ("POST", "/api/v1/models/{sha256}/activate"): ADMINS,
    ("GET", "/api/v1/models/shadow"): ADMINS,  # a reader must not be led by it
    ("POST", "/api/v1/models/{sha256}/shadow"): ADMINS,
    ("DELETE", "/api/v1/models/shadow"): ADMINS,
    ("GET", "/api/v1/settings"): ADMINS,
    ("PATCH", "/api/v1/settings"): ADMINS,
    ("GET", "/api/v1/retention/rehearsal"): ADMINS,
    ("GET", "/dicomweb/studies"): ALL_ROLES,
    ("GET", "/dicomweb/series"): ALL_ROLES,
    ("GET", "/dicomweb/instances"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}/metadata"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}/series"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}/instances"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}/series/{series_uid}"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}/series/{series_uid}/metadata"): ALL_ROLES,
    ("GET", "/dicomweb/studies/{study_uid}/series/{series_uid}/instances"): ALL_ROLES,
    ("POST", "/dicomweb/studies"): ALL_ROLES,
    ("POST", "/dicomweb/studies/{study_uid}"): ALL_ROLES,
    ("GET", INSTANCE): ALL_ROLES,
    ("GET", INSTANCE + "/metadata"): ALL_ROLES,
    ("GET", INSTANCE + "/bulkdata/{element}"): ALL_ROLES,
    ("GET", INSTANCE + "/rendered"): ALL_ROLES,
    ("GET", INSTANCE + "/frames/{frames}"): ALL_ROLES,
    ("GET", INSTANCE + "/frames/{frames}/rendered"): ALL_ROLES,
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): SCRAPERS,
}
"""(method, path template) → who may."""
