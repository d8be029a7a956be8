"""What every request passes first: Host, size and pace of the body, headers, the last catch."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dicom_node.api.errors import ApiError, error_response
from dicom_node.bugs import log_bug
from dicom_node.logs import log_context

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How much a caller may send, and how slowly."""

    size_bytes: int
    whole_s: float
    """For all of the body."""
    pause_s: float
    """Between two pieces of it."""


DOCUMENT: Final = BodyLimit(2**20, whole_s=30, pause_s=15)
"""A JSON document."""

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer that does not say otherwise. There are patients in what we answer."""
STRICT_TRANSPORT: Final = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class ShieldSettings:
    """What the shield lets pass.

    Attributes:
        hosts: names that may stand in Host (addresses always may): a page of a stranger whose
            name was rebound to this machine has another one.
        body_limits: path prefix → limit; elsewhere ``DOCUMENT``.
    """

    hosts: frozenset[str]
    body_limits: Mapping[str, BodyLimit]


class Shield:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, settings: ShieldSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(scope, send, request_id)
        begun = time.perf_counter()
        with log_context(request=request_id):
            try:
                await self._pass_on(scope, receive, answer)
            except ClientDisconnect:
                logger.info("the caller went away in the middle of its request")
                await answer.fail()  # nobody reads it; the count of answers does
            except Exception as error:  # noqa: BLE001 - the edge: a bug is answered and logged
                log_bug("while answering a request", error)
                await answer.fail()
            logger.log(
                logging.INFO if answer.status >= 500 else logging.DEBUG,
                "%s %s: %d in %.0f ms",
                scope["method"],
                getattr(scope.get("route"), "path", "(no endpoint)"),  # never what was asked for
                answer.status,
                1000 * (time.perf_counter() - begun),
            )

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        limit = self._limit_of(scope["path"])
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if not self._knows_host([value for name, value in headers if name == b"host"]):
            message = "This node is not known by that name (see api.hosts)."
            await error_response(scope, 400, message, code="unknown_host")(scope, receive, answer)
        elif _announced_bytes(headers) > limit.size_bytes:
            message = f"At most {limit.size_bytes} bytes are taken here."
            await error_response(scope, 413, message)(scope, receive, answer)
        else:
            await self._app(scope, _LimitedBody(receive, limit), answer)

    def _limit_of(self, path: str) -> BodyLimit:
        for prefix, limit in self._settings.body_limits.items():
            if path.startswith(prefix):
                return limit
        return DOCUMENT

    def _knows_host(self, values: list[bytes]) -> bool:
        if len(values) != 1:
            return False
        name = host_name(values[0].decode("latin-1"))
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._settings.hosts
        return True


def host_name(host: str) -> str:
    """The name or address of a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _announced_bytes(headers: list[tuple[bytes, bytes]]) -> int:
    """Content-Length; the server has already refused one that is no number, or comes twice."""
    return max((int(value) for name, value in headers if name == b"content-length"), default=0)


class _LimitedBody:
    """``receive`` that gives up on a body that is too large or too slow."""

    def __init__(self, receive: Receive, limit: BodyLimit) -> None:
        self._receive, self._limit = receive, limit
        self._size = 0
        self._begun = time.monotonic()
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:  # what comes now is the end of the connection, whenever it comes
            return await self._receive()
        left_s = self._begun + self._limit.whole_s - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(left_s, self._limit.pause_s))):
                message = await self._receive()
        except TimeoutError:
            raise ApiError(408, "too_slow", "The body came too slowly.") from None
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._size > self._limit.size_bytes:
                text = f"At most {self._limit.size_bytes} bytes are taken here."
                raise ApiError(413, "too_large", text)
        return message


class _Answer:
    """``send`` that adds the headers and remembers the status."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope, self._send, self._request_id = scope, send, request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", []), *self._headers(message)]
        await self._send(message)

    async def fail(self) -> None:
        """An answer for what nobody foresaw, if none has begun."""
        if self.status == 0:
            message = "The node has a bug. Its log has more under this id."
            await error_response(self._scope, 500, message)(self._scope, _nothing, self)

    def _headers(self, message: Message) -> list[tuple[bytes, bytes]]:
        there = {name.lower() for name, _ in message.get("headers", [])}
        wanted = dict(SECURITY_HEADERS) | {"X-Request-Id": self._request_id}
        if self._scope["scheme"] == "https":
            wanted["Strict-Transport-Security"] = STRICT_TRANSPORT
        return [
            (name.lower().encode("ascii"), value.encode("ascii"))
            for name, value in wanted.items()
            if name.lower().encode("ascii") not in there
        ]


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
