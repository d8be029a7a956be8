"""What the DICOMweb endpoints share: built with the API, one for each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Request

from dicom_node.api.auth import Caller
from dicom_node.api.context import ApiContext
from dicom_node.api.dicomweb.instance_file import opened
from dicom_node.api.dicomweb.problems import DicomwebError
from storage import audit
from storage.errors import InvalidUidError
from storage.files import validated_uid

IDENTITIES_MAX: Final = 8192
SEEN_MAX: Final = 10_000
STORES_MAX: Final = 4
"""STOW-RS requests at a time: each holds one instance in memory."""


@dataclass(frozen=True, slots=True)
class ResultIdentity:
    """What only the file of a result says of it."""

    series_uid: str
    modality: str
    transfer_syntax_uid: str


class SeenLog:
    """Who saw what is audited once a session and object: a viewer asks for hundreds of frames."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._seen: OrderedDict[tuple[int, str], None] = OrderedDict()

    def record(self, context: ApiContext, caller: Caller, place: Place) -> None:
        """An entry of the audit trail, if there is none of this session yet.

        Raises:
            StorageError: it could not be written; then nothing may be shown.
        """
        object_uid = place.series_uid or place.study_uid
        key = (caller.session.token.id, object_uid)
        if self._knows(key):
            return
        with self._writing:  # several requests begin at once: one of them writes
            if self._knows(key):
                return
            audit.record(
                context.database,
                caller.actor,
                "images.retrieved",
                object_uid,
                after={"study_uid": place.study_uid},
                now=context.now(),
            )
            with self._lock:
                self._seen[key] = None
                while len(self._seen) > SEEN_MAX:
                    self._seen.popitem(last=False)

    def _knows(self, key: tuple[int, str]) -> bool:
        with self._lock:
            return key in self._seen


class Stores:
    """Counts the STOW-RS requests that are at work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Room for one.

        Raises:
            DicomwebError: there is none (503).
        """
        with self._lock:
            if self._count >= STORES_MAX:
                raise DicomwebError(503, "Too many are storing at once. Try again.")
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1


class Identities:
    """Of results, remembered: their files never change."""

    def __init__(self) -> None:
        self._read = lru_cache(IDENTITIES_MAX)(_identity)

    def of(self, path: Path) -> ResultIdentity:
        """What the file says.

        Raises:
            DicomwebError: it is gone or damaged.
        """
        return self._read(path)


@dataclass(frozen=True, slots=True)
class DicomwebState:
    """Shared by all requests of one API."""

    identities: Identities = field(default_factory=Identities)
    seen: SeenLog = field(default_factory=SeenLog)
    stores: Stores = field(default_factory=Stores)


async def state_of(request: Request) -> DicomwebState:
    """That of the API that serves the request."""
    state: DicomwebState = request.app.state.dicomweb
    return state


State = Annotated[DicomwebState, Depends(state_of)]


@dataclass(frozen=True, slots=True)
class Place:
    """A study, a series of it, or an instance of that. Every UID is one (PS3.5 9.1)."""

    study_uid: str
    series_uid: str | None = None
    instance_uid: str | None = None

    @property
    def path(self) -> str:
        """Below ``/dicomweb``."""
        parts = ["/studies", self.study_uid]
        if self.series_uid is not None:
            parts += ["series", self.series_uid]
        if self.instance_uid is not None:
            parts += ["instances", self.instance_uid]
        return "/".join(parts)


async def at_study(study_uid: str) -> Place:
    """The place that an address names; 400 where that is no UID."""
    return Place(_uid(study_uid))


async def at_series(study_uid: str, series_uid: str) -> Place:
    """The same for a series."""
    return Place(_uid(study_uid), _uid(series_uid))


async def at_instance(study_uid: str, series_uid: str, instance_uid: str) -> Place:
    """The same for an instance."""
    return Place(_uid(study_uid), _uid(series_uid), _uid(instance_uid))


StudyPlace = Annotated[Place, Depends(at_study)]
SeriesPlace = Annotated[Place, Depends(at_series)]
InstancePlace = Annotated[Place, Depends(at_instance)]


def base_url(request: Request) -> str:
    """The service's own address, as the client wrote it."""
    return f"{request.base_url}dicomweb"


def _uid(text: str) -> str:
    try:
        return validated_uid(text)
    except InvalidUidError:
        raise DicomwebError(400, "This is no DICOM UID.") from None


def _identity(path: Path) -> ResultIdentity:
    with opened(path, header_only=True) as instance:
        return ResultIdentity(
            str(instance.ds.SeriesInstanceUID),
            str(instance.ds.get("Modality", "")),
            instance.transfer_syntax_uid,
        )
