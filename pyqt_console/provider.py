"""Signing in at the hospital's OpenID Connect provider, by the system's browser.

The browser comes back to a port of this machine (RFC 8252, 7.3) that is open for one answer. The
node keeps the secrets (PKCE, nonce); here the state is compared, so that nobody else's answer is
taken. Free of Qt.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pyqt_console.client import NodeClient, parsed
from pyqt_console.errors import RefusedError, ServerError
from pyqt_console.i18n import tr
from pyqt_console.records import Session

PATH: Final = "/signed-in"
LOOK_S: Final = 0.2
ANSWER_S: Final = 5.0
"""For one request of the browser."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sent through the browser."""

    code: str
    error: str


def is_offered(client: NodeClient) -> bool:
    """Whether the node knows a provider."""
    found = client.ask("GET", "/api/v1/session/oidc")
    return parsed(lambda: bool(found["enabled"]))


def sign_in_at_provider(
    client: NodeClient, open_browser: Callable[[str], None], cancelled: threading.Event
) -> Session:
    """Blocks until somebody has signed in there, gave up, or the node's time for it is over.

    Raises:
        RefusedError: the provider or the node lets nobody in, or it was given up.
        ConsoleError: as of any request.
    """
    with _Listener() as listener:
        uri = f"http://127.0.0.1:{listener.server_port}{PATH}"
        found = client.ask("POST", "/api/v1/session/oidc/start", json={"redirect_uri": uri})
        url, state, life_s = parsed(
            lambda: (
                str(found["authorization_url"]),
                str(found["state"]),
                float(found["expires_s"]),
            )
        )
        if urlsplit(url).scheme not in {"https", "http"} or not state:
            raise ServerError(tr("The node names no web page to sign in at."), code="unreadable")
        open_browser(url)
        answer = listener.wait(state, life_s, cancelled)
    if answer.error:
        raise RefusedError(
            tr("The provider lets nobody in: {why}.").format(why=answer.error), code="provider"
        )
    body = {"state": state, "code": answer.code}
    return client.opened(client.ask("POST", "/api/v1/session/oidc/callback", json=body))


class _Listener(HTTPServer):
    """One port of loopback, for one answer with the right state."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.timeout = LOOK_S
        self.state = ""
        self.answer: Answer | None = None

    def wait(self, state: str, life_s: float, cancelled: threading.Event) -> Answer:
        """The answer that bears the state."""
        self.state = state
        end_s = time.monotonic() + life_s
        while self.answer is None:
            if cancelled.is_set() or time.monotonic() >= end_s:
                raise RefusedError(tr("Nobody signed in at the provider."), code="provider")
            self.handle_request()
        return self.answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is nothing to us; its words may hold the code."""


class _Handler(BaseHTTPRequestHandler):
    timeout = ANSWER_S
    server: _Listener

    def do_GET(self) -> None:
        """The browser comes back."""
        parts = urlsplit(self.path)
        fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
        state, expected = fields.get("state", ""), self.server.state
        if parts.path != PATH or not hmac.compare_digest(state.encode(), expected.encode()):
            self._say(400, tr("This answer does not belong to this sign-in."))
            return
        self.server.answer = Answer(fields.get("code", ""), fields.get("error", ""))
        self._say(200, tr("Go back to the console. This page can be closed."))

    def _say(self, status: int, words: str) -> None:
        body = words.encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
        """The address holds the code: it is logged nowhere."""
