"""One sign-in from its beginning to a person: state, nonce and PKCE, each good for once."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from dicom_node.config_base import is_loopback
from dicom_node.config_security import OidcSection
from dicom_node.errors import InputError, ProviderFailedError, RefusedIdentityError
from dicom_node.oidc.id_token import Expected, checked_claims, key_id_of, usable_keys
from dicom_node.oidc.person import Person, person_of
from dicom_node.oidc.provider import Provider

LIFE_S: Final = 600
"""How long a person may take at the provider."""
WAITING_MAX: Final = 1000
WAITING_OF_ADDRESS_MAX: Final = 20
"""The oldest of the same address is forgotten: one caller cannot push out another's."""
AT_A_TIME: Final = 4
"""Requests that wait for the provider: a slow one must not hold all threads."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the person's browser must go, and what the answer will bear."""

    authorization_url: str
    state: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    nonce: str
    code_verifier: str
    redirect_uri: str
    address: str
    until_s: float


class OidcSignIn:
    """Begins and ends sign-ins. What waits is in memory: after a restart one begins anew."""

    def __init__(self, oidc: OidcSection, clock: Callable[[], float] = time.monotonic) -> None:
        self._oidc, self._clock = oidc, clock
        self._provider = Provider(oidc, clock)
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._turns = threading.BoundedSemaphore(AT_A_TIME)

    def begin(self, redirect_uri: str, address: str) -> Beginning:
        """An authorization request (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636).

        Raises:
            InputError: the provider must not send anybody to ``redirect_uri``.
            ProviderFailedError: it cannot be reached.
        """
        if redirect_uri not in self._oidc.redirect_uris and not _is_own_machine(redirect_uri):
            raise InputError("redirect_uri is neither in oidc.redirect_uris nor on loopback")
        with self._turn():
            endpoint = self._provider.endpoints().authorization
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self._remember(
            state,
            _Waiting(nonce, verifier, redirect_uri, address, self._clock() + LIFE_S),
        )
        query = {
            "response_type": "code",
            "client_id": self._oidc.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._oidc.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        separator = "&" if urlsplit(endpoint).query else "?"
        return Beginning(f"{endpoint}{separator}{urlencode(query)}", state)

    def end(self, state: str, code: str) -> Person:
        """Whom the provider vouches for. The state is spent, whatever comes of it.

        Raises:
            RefusedIdentityError: the state is unknown, old or spent, or the token does not hold.
            ProviderFailedError: the provider cannot be reached.
        """
        with self._lock:
            waiting = self._waiting.pop(state, None)
        if waiting is None or waiting.until_s < self._clock():
            raise RefusedIdentityError("state", "This sign-in is unknown, too old, or spent.")
        with self._turn():
            token = self._provider.exchange(
                code, redirect_uri=waiting.redirect_uri, code_verifier=waiting.code_verifier
            )
            claims = self._claims(token, waiting.nonce)
        return person_of(
            claims,
            name_claim=self._oidc.name_claim,
            role_claim=self._oidc.role_claim,
            roles=self._oidc.roles,
        )

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        key_id = key_id_of(token)
        keys = usable_keys(self._provider.keys(), token, key_id)
        if not keys:
            keys = usable_keys(self._provider.keys(again=True), token, key_id)
        if len(keys) != 1:  # none, or it does not say which
            raise RefusedIdentityError("key", "The provider's token is signed by an unknown key.")
        expected = Expected(str(self._oidc.issuer), self._oidc.client_id, nonce)
        return checked_claims(token, keys[0], expected)

    def _remember(self, state: str, waiting: _Waiting) -> None:
        with self._lock:
            now = self._clock()
            for each in [key for key, value in self._waiting.items() if value.until_s < now]:
                del self._waiting[each]
            same = [k for k, value in self._waiting.items() if value.address == waiting.address]
            for each in same[: len(same) - WAITING_OF_ADDRESS_MAX + 1]:
                del self._waiting[each]
            self._waiting[state] = waiting
            while len(self._waiting) > WAITING_MAX:
                self._waiting.popitem(last=False)

    def _turn(self) -> _Turn:
        return _Turn(self._turns)


class _Turn:
    def __init__(self, turns: threading.BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(blocking=False):
            raise ProviderFailedError("too many wait for the provider: try again in a moment")

    def __exit__(self, *_: object) -> None:
        self._turns.release()


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _is_own_machine(uri: str) -> bool:
    """A program that listens on the person's own machine (RFC 8252 7.3)."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and not parts.query and not parts.fragment
    return (
        plain
        and "@" not in parts.netloc
        and bool(port)
        and host is not None
        and (host != "localhost" and is_loopback(host))
    )
