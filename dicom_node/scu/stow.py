"""STOW-RS as a client (PS3.18 10.5): instances to a DICOMweb service, and whether to try again."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError  # nosec B405 # nothing is parsed here

import requests
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset, FileDataset

from dicom_node.errors import PeerRefusedError, PeerUnreachableError
from dicom_node.scu.association import ScuTimeouts
from dicom_node.scu.store import Category, ObjectKind, SendOutcome, status_meaning
from dicom_node.wire import prepare_libraries
from storage.records import Peer

if TYPE_CHECKING:
    from dicom_node.scu.stow_credentials import StowCredentials

JSON: Final = "application/dicom+json"
LONGEST_RETRY_AFTER_S: Final = 3600.0
"""A service that asks for more patience is asked again after this much."""
WHOLE: Final = 2**31
"""Bytes of a request that is sent at once: not every service takes requests in chunks."""
DETAILED: Final = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT})
"""The answer says of each instance what became of it (PS3.18 Table 10.5.3-1)."""


@dataclass(frozen=True, slots=True)
class HttpMeaning:
    """What an HTTP status without more details says to the sender."""

    text: str
    retryable: bool


_MENDABLE: Final = True  # a password, a list or an address is wrong, on their side or ours

HTTP_STATUSES: Final[Mapping[int, HttpMeaning]] = {
    400: HttpMeaning("it does not understand the request", retryable=False),
    401: HttpMeaning("it wants other credentials", retryable=_MENDABLE),
    403: HttpMeaning("it does not allow us to store", retryable=_MENDABLE),
    404: HttpMeaning("there is no STOW-RS service at that address", retryable=_MENDABLE),
    405: HttpMeaning("nothing can be stored at that address", retryable=False),
    406: HttpMeaning("it does not answer in DICOM JSON", retryable=False),
    407: HttpMeaning("a proxy wants credentials", retryable=_MENDABLE),
    408: HttpMeaning("it waited too long for the request", retryable=True),
    409: HttpMeaning("it stored nothing and says not why", retryable=False),
    410: HttpMeaning("the service is gone for good", retryable=False),
    411: HttpMeaning("it wants the length of the request", retryable=False),
    413: HttpMeaning("the instance is too large for it", retryable=False),
    415: HttpMeaning("it does not take DICOM instances", retryable=False),
    422: HttpMeaning("it cannot process the instance", retryable=False),
    425: HttpMeaning("too early", retryable=True),
    429: HttpMeaning("too many requests", retryable=True),
    501: HttpMeaning("it does not support storing", retryable=False),
    505: HttpMeaning("it does not support our version of HTTP", retryable=False),
    507: HttpMeaning("it has no room left", retryable=True),
}
"""What is not here: 5xx may pass, 4xx will not, and whatever else decided nothing that we know."""


def http_meaning(status: int) -> HttpMeaning:
    """What an HTTP status says where the answer has no more details."""
    if status in HTTP_STATUSES:
        return HTTP_STATUSES[status]
    try:
        text = HTTPStatus(status).phrase.lower()
    except ValueError:
        text = "a status that HTTP does not have"
    return HttpMeaning(text, retryable=not 400 <= status <= 499)


class StowSession:
    """A connection to a DICOMweb service that carries one instance after another."""

    def __init__(self, peer: Peer, client: DICOMwebClient) -> None:
        self._peer = peer
        self._client = client
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """False once the service itself failed: then the next instance need not be tried."""
        return self._is_open

    def carries(self, kind: ObjectKind) -> bool:  # noqa: ARG002 - HTTP negotiates nothing before
        """Whether an object of this kind may be sent now."""
        return True

    def send(self, instance: FileDataset) -> SendOutcome:
        """Store one instance.

        Raises:
            PeerUnreachableError: nothing was decided; the same instance may be sent again.
            PeerRefusedError: the service will not take it, however often it is sent.
        """
        sop_instance_uid = str(instance.SOPInstanceUID)
        try:
            response = self._client.store_instances([instance])
            return self._outcome(response, sop_instance_uid, HTTPStatus.OK)
        except requests.HTTPError as error:
            if error.response is None:  # it is what raised the error
                raise self._undecided("HTTP failed") from None
            return self._failed(error.response, sop_instance_uid)
        except requests.RequestException as error:
            self._is_open = False
            # Not chained and not quoted: requests' words hold the address with its secrets.
            text = f"{self._peer.name}: {_transport_problem(error)}"
            kind = PeerRefusedError if isinstance(error, _PERMANENT) else PeerUnreachableError
            raise kind(text) from None
        except (AttributeError, KeyError, TypeError, ValueError, ParseError):
            # What it sent as its answer, which may quote anything.
            raise self._undecided("its answer cannot be read") from None

    def _failed(self, response: requests.Response, sop_instance_uid: str) -> SendOutcome:
        status = response.status_code
        if status in DETAILED and response.content:
            try:
                answer = Dataset.from_json(response.json())
                if "FailedSOPSequence" in answer or "ReferencedSOPSequence" in answer:
                    return self._outcome(answer, sop_instance_uid, status)
            except (AttributeError, KeyError, TypeError, ValueError):
                pass  # then the status alone has to do
        meaning = http_meaning(status)
        text = f"{self._peer.name} answered: {meaning.text} (HTTP {status})"
        if not meaning.retryable:
            raise PeerRefusedError(text)
        self._is_open = False
        wait_s = retry_after_s(response.headers.get("Retry-After"), datetime.now(UTC))
        raise PeerUnreachableError(text, retry_after_s=wait_s)

    def _outcome(self, answer: Dataset, sop_instance_uid: str, status: int) -> SendOutcome:
        """What the Store Instances Response Module (PS3.18 Annex I) says of our instance."""
        for item in answer.get("FailedSOPSequence") or ():
            if str(item.ReferencedSOPInstanceUID) == sop_instance_uid:
                return self._reason(int(item.FailureReason))
        for item in answer.get("ReferencedSOPSequence") or ():
            if str(item.ReferencedSOPInstanceUID) == sop_instance_uid:
                reason = item.get("WarningReason")
                return SendOutcome(0) if not reason else self._warning(int(reason))
        raise self._undecided(f"it does not say what became of the instance (HTTP {status})")

    def _reason(self, reason: int) -> SendOutcome:
        """The Failure Reason (0008,1197), which has the statuses of C-STORE."""
        meaning = status_meaning(reason)
        text = f"{self._peer.name} answered: {meaning.text} (failure reason 0x{reason:04X})"
        if meaning.category is Category.STORED_WITH_WARNING:  # it has it already
            return SendOutcome(reason, text)
        if meaning.category is Category.REFUSED:
            raise PeerRefusedError(text)
        raise PeerUnreachableError(text)

    def _warning(self, reason: int) -> SendOutcome:
        text = f"{status_meaning(reason).text} (warning reason 0x{reason:04X})"
        return SendOutcome(reason, text)

    def _undecided(self, text: str) -> PeerUnreachableError:
        return PeerUnreachableError(f"{self._peer.name}: {text}")


@contextmanager
def stow_session(
    peer: Peer, *, credentials: StowCredentials | None, timeouts: ScuTimeouts
) -> Iterator[StowSession]:
    """A session with the STOW-RS service at ``peer.url``; it connects with the first instance.

    Raises:
        PeerRefusedError: the peer has no usable address.
    """
    prepare_libraries()
    with requests.Session() as session:
        # No password from ~/.netrc, no proxy from the environment, and no redirection: what we
        # send goes to the configured address or nowhere.
        session.trust_env = False
        session.max_redirects = 0
        try:
            url = _checked_url(peer.url or "", with_secrets=credentials is not None)
            client = DICOMwebClient(
                url,
                session=session,
                headers={"Accept": JSON},
                callback=_tidy_content_type,
                chunk_size=WHOLE,
                timeout=(timeouts.connection_s, timeouts.dimse_s),
            )
        except ValueError as error:
            raise PeerRefusedError(f"{peer.name}: {error}") from None
        if credentials is not None:
            credentials.apply_to(session)
        client.set_http_retry_params(retry=False)  # the outbox tries again
        yield StowSession(peer, client)


def _checked_url(url: str, *, with_secrets: bool) -> str:
    """The service's root without its last slash; ValueError, without the URL, if it will not do."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("its address is no HTTP URL")
    if parts.username is not None:
        raise ValueError("its address holds a password: name it in delivery.stow_credentials")
    if with_secrets and parts.scheme != "https":
        raise ValueError("credentials go over https only")
    return url.rstrip("/")


def retry_after_s(text: str | None, now: datetime) -> float:
    """The seconds of a Retry-After header (RFC 9110 10.2.3), bounded; 0 if there is none."""
    if text is None:
        return 0.0
    if text.strip().isdecimal():
        wait_s = float(text)
    else:
        try:
            wait_s = (email.utils.parsedate_to_datetime(text) - now).total_seconds()
        except (TypeError, ValueError):
            return 0.0
    return min(max(wait_s, 0.0), LONGEST_RETRY_AFTER_S)


_PERMANENT: Final = (requests.exceptions.InvalidURL, requests.TooManyRedirects)
_PROBLEMS: Final[tuple[tuple[type[requests.RequestException], str], ...]] = (
    (requests.exceptions.SSLError, "its TLS certificate cannot be verified, or TLS failed"),
    (requests.exceptions.ProxyError, "the proxy failed"),
    (requests.ConnectTimeout, "no TCP connection in time"),
    (requests.ReadTimeout, "no response in time"),
    (requests.exceptions.InvalidURL, "its address is no HTTP URL"),
    (requests.exceptions.InvalidJSONError, "its answer cannot be read"),
    (requests.TooManyRedirects, "it sends us to another address: name that one"),
    (requests.ConnectionError, "no connection, or it ended before the response"),
)


def _transport_problem(error: requests.RequestException) -> str:
    return next((text for kind, text in _PROBLEMS if isinstance(error, kind)), "HTTP failed")


def _tidy_content_type(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
    """Leave the media type alone in the header, since dicomweb-client compares all of it.

    Otherwise it would take JSON with a character set for an empty answer.
    """
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    response.headers["Content-Type"] = media_type
    return response
