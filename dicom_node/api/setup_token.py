"""The one-time token that makes the first administrator."""

from __future__ import annotations

import hmac
import secrets
import threading


class SetupToken:
    """Made anew at each start; holds once, and only while there is no user."""

    def __init__(self) -> None:
        self._token: str | None = None
        self._lock = threading.Lock()

    def issue(self) -> str:
        """A token, to be shown once."""
        with self._lock:
            self._token = secrets.token_urlsafe(18)
            return self._token

    def matches(self, token: str) -> bool:
        """Whether it is the token."""
        with self._lock:
            known = self._token
        return known is not None and hmac.compare_digest(
            known.encode("ascii"), token.encode("utf-8", "replace")
        )

    def spend(self) -> None:
        """It holds no longer."""
        with self._lock:
            self._token = None
