"""The console's side of the HTTP API. Free of Qt; safe to call from several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from pyqt_console.addresses import checked_url
from pyqt_console.certificates import tls_context
from pyqt_console.errors import (
    AnswerError,
    ConsoleError,
    OfflineError,
    ServerError,
    SignedOutError,
    UntrustedError,
    class_of,
)
from pyqt_console.i18n import tr, tr_n
from pyqt_console.node_words import problem
from pyqt_console.query import WorklistQuery
from pyqt_console.records import Counts, GivenVerdict, Page, SeriesDetail, SeriesRow, Session

T = TypeVar("T")

CONNECT_S: Final = 5.0
ANSWER_S: Final = 30.0
HEARTBEAT_S: Final = 45.0
"""The node sends a sign of life every 15 s."""
CLOSE_S: Final = 10.0
VERDICT_S: Final = 120.0
"""A report is made, checked and written meanwhile."""
UPLOAD_S: Final = 300.0
PAGE_ROWS: Final = 200


class NodeClient:
    """Speaks to one node. Every method raises an error of ``pyqt_console.errors``."""

    def __init__(
        self, url: str, *, ca_file: Path | None = None, pinned: bytes | None = None
    ) -> None:
        """``ca_file``: the certificate to trust where no public authority signed the node's.

        ``pinned``: the only certificate (DER) that this node may show.

        Raises:
            AddressError: the address or the certificate cannot be used.
        """
        self.url = checked_url(url)
        self._token: str | None = None
        self._quiet = threading.Condition()
        self._under_way = 0
        self._closed = False
        self._context = tls_context(ca_file, pinned)
        self._http = self._new_http()

    def close(self) -> None:
        """No further requests; those under way end first, so that this may take a moment."""
        with self._quiet:
            self._closed = True
            self._quiet.wait_for(lambda: self._under_way == 0, CLOSE_S)
        self._http.close()

    # -- session ---------------------------------------------------------------------------

    def sign_in(self, name: str, password: str) -> Session:
        """Open a session; further requests are made in it."""
        body = {"name": name, "password": password}
        return self.opened(self.ask("POST", "/api/v1/session", json=body))

    def opened(self, found: Mapping[str, Any]) -> Session:
        """The session of the node's answer; further requests are made in it."""
        session = parsed(lambda: Session.from_json(found, str(found["token"])))
        self._token = session.token
        return session

    def resume(self, token: str) -> Session:
        """Go on with a session that was opened before.

        Raises:
            SignedOutError: it has ended.
        """
        self._token = token
        try:
            found = self.ask("GET", "/api/v1/session")
        except SignedOutError:
            self._token = None
            raise
        return parsed(lambda: Session.from_json(found, token))

    def sign_out(self) -> None:
        """End the session; one that has ended already is fine."""
        try:
            self.ask("DELETE", "/api/v1/session")
        except SignedOutError:
            pass
        finally:
            self._token = None

    def change_password(self, current: str, new: str) -> None:
        """Every session of the user ends, this one too."""
        self.ask("POST", "/api/v1/session/password", json={"current": current, "new": new})
        self._token = None

    # -- worklist --------------------------------------------------------------------------

    def worklist(
        self, query: WorklistQuery, cursor: str | None = None, series_uids: Sequence[str] = ()
    ) -> Page:
        """A page of readings; ``series_uids``: only these, as far as they are in the list."""
        parameters: list[tuple[str, str | int]] = [*query.parameters(date.today())]  # noqa: DTZ011
        parameters += [("limit", PAGE_ROWS), *(("series_uid", each) for each in series_uids)]
        if cursor is not None:
            parameters.append(("cursor", cursor))
        found = self.ask("GET", "/api/v1/series", params=parameters)
        return parsed(
            lambda: Page(
                tuple(SeriesRow.from_json(each) for each in found["items"]), found["next_cursor"]
            )
        )

    def counts(self) -> Counts:
        """How many readings are behind each tab."""
        found = self.ask("GET", "/api/v1/worklist/counts")
        return parsed(lambda: Counts.from_json(found))

    def detail(self, series_uid: str) -> SeriesDetail:
        """Everything about one reading. That it was looked at is audited."""
        found = self.ask("GET", f"/api/v1/series/{series_uid}")
        return parsed(lambda: SeriesDetail.from_json(found))

    def take(self, series_uid: str, *, take_over: bool = False) -> None:
        """Take a series for reading. ConflictError where another reader has it."""
        self.ask("POST", f"/api/v1/series/{series_uid}/assignment", json={"take_over": take_over})

    def release(self, series_uid: str) -> None:
        """Give it back."""
        self.ask("DELETE", f"/api/v1/series/{series_uid}/assignment")

    def retry(self, series_uid: str) -> None:
        """Try again what failed or was not analysed."""
        self.ask("POST", f"/api/v1/series/{series_uid}/retry")

    def give_verdict(
        self,
        series_uid: str,
        document: Mapping[str, Any],
        *,
        generation: int,
        known_verdicts: int,
    ) -> GivenVerdict:
        """Sign a verdict (``docs/verdicts.md``). Safe to repeat after a lost answer.

        Raises:
            ConflictError: another verdict came first (``detail["verdict"]``), or late slices did.
        """
        body = {
            "generation": generation,
            "known_verdicts": known_verdicts,
            "verdict": dict(document),
        }
        path = f"/api/v1/series/{series_uid}/verdicts"
        found = self.ask("POST", path, json=body, timeout=VERDICT_S)
        return parsed(lambda: GivenVerdict.from_json(found))

    # -- files and events ------------------------------------------------------------------

    def upload(self, files: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
        """(name, open file) each, in one request; the node's outcome of every file."""
        parts = [("files", (name, opened, "application/octet-stream")) for name, opened in files]
        found: Mapping[str, Any] = self.ask(
            "POST", "/api/v1/uploads", files=parts, timeout=UPLOAD_S
        )
        return found

    def event_stream(self, last_event_id: int | None) -> AbstractContextManager[httpx.Response]:
        """The open stream of live changes; ``pyqt_console.events`` reads it."""
        more = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        return self.stream("/api/v1/events", HEARTBEAT_S, more)

    @contextmanager
    def stream(
        self, path: str, pause_s: float, more: Mapping[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """An answer that is read as it comes; ``pause_s``: at most, between two pieces of it."""
        headers = {**self._headers(), **(more or {})}
        timeout = httpx.Timeout(pause_s, connect=CONNECT_S)
        with (
            self._asking(),
            self._http.stream("GET", path, headers=headers, timeout=timeout) as answer,
        ):
            if answer.status_code >= 300:
                answer.read()
                raise _problem(answer)
            yield answer

    def http_for_images(self) -> httpx.Client:
        """A client of its own in this session, for DICOMweb; whoever asked closes it."""
        made = self._new_http()
        made.headers.update(self._headers())
        return made

    def _new_http(self) -> httpx.Client:
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        # No proxy and no netrc of the environment: the token goes to the node and to nobody else.
        return httpx.Client(
            base_url=self.url, timeout=timeout, verify=self._context, trust_env=False
        )

    def _headers(self) -> dict[str, str]:
        token = self._token
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._quiet:
            if self._closed:
                raise OfflineError(tr("The connection was closed."))
            self._under_way += 1
        try:
            with _translated(self.url):
                yield
        finally:
            with self._quiet:
                self._under_way -= 1
                self._quiet.notify_all()

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """One request in this session, and its JSON. ``more`` goes to httpx."""
        with self._asking():
            answer = self._http.request(method, path, headers=self._headers(), **more)
        if answer.status_code >= 300:
            raise _problem(answer)
        return parsed(answer.json) if answer.content else None


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Errors of the network as ours."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise OfflineError(
            tr("The node at {url} does not answer in time.").format(url=url)
        ) from error
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            message = tr("The certificate of {url} is not trusted.")
            raise UntrustedError(message.format(url=url)) from error
        raise OfflineError(tr("The node at {url} cannot be reached.").format(url=url)) from error
    except (httpx.TransportError, httpx.StreamError) as error:
        raise OfflineError(tr("The connection to {url} broke.").format(url=url)) from error


def _wait(answer: httpx.Response) -> str:
    """How long somebody must wait who was wrong too often; empty: that is not so."""
    after = answer.headers.get("Retry-After", "")
    if answer.status_code != 429 or not after.isdecimal():
        return ""
    seconds = int(after)
    if seconds < 90:
        return tr_n(
            "Too many attempts. Try again in %n second.",
            "Too many attempts. Try again in %n seconds.",
            seconds,
        )
    return tr_n(
        "Too many attempts. Try again in %n minute.",
        "Too many attempts. Try again in %n minutes.",
        -(-seconds // 60),
    )


def _problem(answer: httpx.Response) -> AnswerError:
    """The failure that an answer tells, also where it is not of the one shape."""
    try:
        error = answer.json()["error"]
        code = str(error["code"])
        message = _wait(answer) or problem(code, str(error["message"]))
        id_, detail = str(error["id"]), error["detail"]
    except (ValueError, KeyError, TypeError):
        code, id_, detail = "", answer.headers.get("x-request-id", ""), None
        message = tr("The node answered {status}, without a reason.").format(
            status=answer.status_code
        )
    return class_of(answer.status_code, code)(message, code=code, id_=id_, detail=detail)


def parsed(read: Callable[[], T]) -> T:
    """What ``read`` makes of an answer; ServerError where the answer is not as we know it."""
    try:
        return read()
    except ConsoleError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = tr(
            "The node answered in a way that this console does not know: is it of another version?"
        )
        raise ServerError(message, code="unreadable") from error
