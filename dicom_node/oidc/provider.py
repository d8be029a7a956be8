"""The provider over HTTP: discovery, its keys, and the exchange of a code for a token."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from dicom_node.config_security import OidcSection, is_safe_url
from dicom_node.errors import ConfigError, ProviderFailedError, RefusedIdentityError

TIMEOUT_S: Final = 10
ANSWER_MAX: Final = 2**20
KEEP_S: Final = 3600
"""How long what the provider says of itself is believed."""
KEYS_AGAIN_S: Final = 30
"""A key that we do not know makes us look again, but not oftener than this."""
WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    authorization: str
    token: str
    keys: str
    secret_in_body: bool
    """It takes the client's secret in the body only."""


@dataclass(slots=True)
class _Kept:
    at_s: float
    value: Any


class Provider:
    """One provider; usable from many threads at once. ``clock`` is monotonic."""

    def __init__(self, oidc: OidcSection, clock: Callable[[], float] = time.monotonic) -> None:
        assert oidc.issuer is not None, "without an issuer there is no provider"
        self._oidc, self._issuer, self._clock = oidc, oidc.issuer, clock
        self._lock = threading.Lock()
        self._endpoints: _Kept | None = None
        self._keys: _Kept | None = None

    def endpoints(self) -> Endpoints:
        """Where to go.

        Raises:
            ProviderFailedError: it cannot be reached, or says it is another one.
        """
        with self._lock:
            kept = self._endpoints
        if kept is None or self._clock() - kept.at_s > KEEP_S:
            kept = _Kept(self._clock(), self._discover())
            with self._lock:
                self._endpoints = kept
        found: Endpoints = kept.value
        return found

    def keys(self, *, again: bool = False) -> list[Mapping[str, Any]]:
        """Its public keys; ``again``: newer ones, if we have not just looked.

        Raises:
            ProviderFailedError: it cannot be reached, or has none.
        """
        with self._lock:
            kept = self._keys
        age_s = KEEP_S + 1 if kept is None else self._clock() - kept.at_s
        if kept is None or age_s > (KEYS_AGAIN_S if again else KEEP_S):
            document = self._get(self.endpoints().keys)
            found = document.get("keys")
            if not isinstance(found, list):
                raise ProviderFailedError("the provider publishes no keys")
            kept = _Kept(self._clock(), [each for each in found if isinstance(each, dict)])
            with self._lock:
                self._keys = kept
        result: list[Mapping[str, Any]] = kept.value
        return result

    def exchange(self, code: str, *, redirect_uri: str, code_verifier: str) -> str:
        """The ID token for a code (RFC 6749 4.1.3, RFC 7636 4.5).

        Raises:
            RefusedIdentityError: the provider does not know the code, or it is spent.
            ProviderFailedError: it cannot be reached, or gives no token.
        """
        endpoints = self.endpoints()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._oidc.client_id,
            "code_verifier": code_verifier,
        }
        secret = self._secret()
        credentials = None
        if secret is not None and endpoints.secret_in_body:
            form["client_secret"] = secret
        elif secret is not None:
            credentials = (self._oidc.client_id, secret)
        status, document = self._ask(endpoints.token, data=form, auth=credentials)
        if status == 400 and document.get("error") == "invalid_grant":
            raise RefusedIdentityError("code", "The provider does not take this code (any more).")
        token = document.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise ProviderFailedError(f"the provider gave no token (status {status})")
        return token

    def _secret(self) -> str | None:
        path: Path | None = self._oidc.client_secret_file
        if path is None:
            return None
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"oidc.client_secret_file: {path}: cannot be read") from error

    def _discover(self) -> Endpoints:
        document = self._get(self._issuer.rstrip("/") + WELL_KNOWN)
        if document.get("issuer") != self._issuer:
            raise ProviderFailedError("the provider says that it is another issuer")
        authorization, token, keys = (
            str(document.get(key, ""))
            for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        if not (is_safe_url(authorization) and is_safe_url(token) and is_safe_url(keys)):
            raise ProviderFailedError("the provider names an address that is not https")
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = isinstance(methods, list) and "client_secret_basic" in methods
        return Endpoints(authorization, token, keys, secret_in_body=not basic)

    def _get(self, url: str) -> Mapping[str, Any]:
        status, document = self._ask(url)
        if status != 200:
            raise ProviderFailedError(f"the provider answers with status {status}")
        return document

    def _ask(
        self,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[int, Mapping[str, Any]]:
        """Status and JSON object; {} for what is none. Follows nothing elsewhere."""
        try:
            with requests.Session() as session:
                session.trust_env = False  # no .netrc, no proxy by the environment
                with session.request(
                    "GET" if data is None else "POST",
                    url,
                    data=data,
                    auth=auth,
                    headers={"Accept": "application/json"},
                    timeout=TIMEOUT_S,
                    verify=True if self._oidc.ca is None else str(self._oidc.ca),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    return answer.status_code, _document(answer)
        except (requests.RequestException, OSError) as error:
            kind = type(error).__name__
            raise ProviderFailedError(f"the provider cannot be reached ({kind})") from None


def _document(answer: requests.Response) -> Mapping[str, Any]:
    end = time.monotonic() + TIMEOUT_S
    body = b""
    for piece in answer.iter_content(65536):
        body += piece
        if len(body) > ANSWER_MAX or time.monotonic() > end:
            raise ProviderFailedError("the provider's answer is too large, or too slow")
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
