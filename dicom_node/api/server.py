"""The HTTP server: uvicorn in a thread of the node."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from dicom_node.api.app import build_api
from dicom_node.api.certificate import certificate_of
from dicom_node.api.context import ApiContext
from dicom_node.bugs import log_bug
from dicom_node.errors import EnvironmentFailedError
from storage import users

logger = logging.getLogger(__name__)

START_S: Final = 30.0
STOP_GRACE_S: Final = 3
"""How long answers that are being written may take when the node stops."""
HEADERS_S: Final = 15.0
"""How long a caller may take until its request's headers are whole."""
IDLE_S: Final = 30
CONNECTIONS_MAX: Final = 256
HEADERS_MAX: Final = 32 * 1024


class ImpatientProtocol(H11Protocol):
    """A caller that connects and does not ask, or asks byte by byte, is sent away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whatever is done to loggers elsewhere: what is asked for may hold a patient's name.
        self.access_log = False

    def connection_made(self, transport: Any) -> None:
        """Give it time for its first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADERS_S, self._give_up)

    def on_response_complete(self) -> None:
        """Give it time for its next one: the idle time, and that of the headers."""
        super().on_response_complete()
        self._deadline.cancel()
        self._deadline = self.loop.call_later(IDLE_S + HEADERS_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        answering = bool(self.cycle) and not self.cycle.response_complete
        if not answering and not self.transport.is_closing():
            self.transport.close()


class ApiServer:
    """Serves the API from ``start`` to ``stop``."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port in use (the system's choice where the configured one is 0)."""
        assert self._socket is not None, "the API is not started"
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it listens."""
        api = self._context.settings.api
        scheme = "https" if api.has_tls else "http"
        host = f"[{api.bind}]" if ":" in api.bind else api.bind
        return f"{scheme}://{host}:{self.port}"

    def start(self) -> None:
        """Listen; the first time, log how to make the first administrator.

        Raises:
            EnvironmentFailedError: the port is taken, or the certificate cannot be used.
        """
        certificate = certificate_of(self._context.settings.api, self._context.data_dir.root)
        config = uvicorn.Config(
            build_api(self._context),
            http=ImpatientProtocol,
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=STOP_GRACE_S,
            h11_max_incomplete_event_size=HEADERS_MAX,
            ssl_certfile=certificate.certificate if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        try:
            config.load()
        except (ssl.SSLError, OSError) as error:
            raise EnvironmentFailedError(
                f"the API's certificate cannot be used: {error}"
            ) from error
        self._socket = _bound_socket(
            self._context.settings.api.bind, self._context.settings.api.port
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="api", daemon=True)
        self._thread.start()
        self._wait_until_started()
        logger.info("API listens on %s", self.url)
        if certificate:
            logger.info("API certificate, SHA-256: %s", certificate.fingerprint())
        if not users.is_anybody_there(self._context.database):
            logger.warning(
                "no user yet: cspine-node user add NAME --role admin, or POST /api/v1/setup with "
                "the one-time set-up token %s",
                self._context.setup.issue(),
            )

    def stop(self) -> None:
        """No new requests; those at work get a moment. Safe to call twice."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_GRACE_S + 10)
        if self._socket is not None:
            self._socket.close()

    def _serve(self) -> None:
        assert self._server is not None
        assert self._socket is not None
        try:
            self._server.run(sockets=[self._socket])
        except Exception as error:  # noqa: BLE001 - the edge of a thread
            log_bug("in the API's thread", error)

    def _wait_until_started(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        pause = threading.Event()
        waited_s = 0.0
        while not self._server.started:
            if not self._thread.is_alive() or waited_s > START_S:
                raise EnvironmentFailedError("the API did not start; see the log")
            pause.wait(0.01)
            waited_s += 0.01


def _bound_socket(bind: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    # The protocol is named, since asyncio turns Nagle's delay off only where it is.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((bind, port))
    except OSError as error:
        bound.close()
        raise EnvironmentFailedError(f"API at {bind}:{port}: {error.strerror}") from error
    return bound
