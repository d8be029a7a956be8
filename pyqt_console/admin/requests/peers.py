"""``/api/v1/peers`` and ``/api/v1/refused-callers`` (``docs/api.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote

from pyqt_console.client import NodeClient, parsed
from pyqt_console.errors import ConflictError
from pyqt_console.i18n import tr

ECHO_S: Final = 120.0
"""Each step may take its time, and all of them are one request."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another system: who sends, who gets results, who is asked."""

    name: str
    aet: str = ""
    host: str = ""
    port: int = 0
    may_send: bool = False
    gets_results: bool = False
    tls: bool = False
    commitment: bool = False
    shadow: bool = False
    protocol: str = "dicom"
    url: str | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Peer:
        """Of the API's document."""
        return cls(**{name: given[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class EchoStep:
    """One step on the way to a peer; ``code``: which AE title was rejected, if one was."""

    step: str
    ok: bool
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class RefusedCaller:
    """Who was turned away; ``suggestion`` is the peer that would let it in."""

    calling_aet: str
    called_aet: str
    host: str
    reason: str
    count: int
    first_utc: datetime
    last_utc: datetime
    suggestion: Peer

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> RefusedCaller:
        """Of the API's document."""
        return cls(
            calling_aet=given["calling_aet"],
            called_aet=given["called_aet"],
            host=given["host"],
            reason=given["reason"],
            count=int(given["count"]),
            first_utc=datetime.fromisoformat(given["first_utc"]),
            last_utc=datetime.fromisoformat(given["last_utc"]),
            suggestion=Peer(**given["suggestion"]),
        )


@dataclass(frozen=True, slots=True)
class OwnEntity:
    """What the other side must be told of this node."""

    ae_title: str
    host: str
    dicom_port: int
    bind: str
    """The address at which that port is open."""

    @property
    def is_reached(self) -> bool:
        """Whether another machine can reach it at all."""
        try:
            return not ip_address(self.bind).is_loopback
        except ValueError:
            return self.bind != "localhost"


def list_peers(client: NodeClient) -> tuple[Peer, ...]:
    """By name."""
    found = client.ask("GET", "/api/v1/peers")
    return parsed(lambda: tuple(Peer.from_json(each) for each in found))


def own_entity(client: NodeClient) -> OwnEntity:
    """Of this node."""
    found = client.ask("GET", "/api/v1/system")
    return parsed(
        lambda: OwnEntity(
            found["ae_title"], found["host"], int(found["dicom_port"]), found["dicom_bind"]
        )
    )


def add_peer(client: NodeClient, peer: Peer) -> Peer:
    """InvalidError names the field; ConflictError where the name is taken."""
    found = client.ask("POST", "/api/v1/peers", json=asdict(peer))
    return parsed(lambda: Peer.from_json(found))


def change_peer(client: NodeClient, before: Peer, peer: Peer) -> Peer:
    """All of its settings are replaced.

    Raises:
        ConflictError: it is not as ``before`` any more.
    """
    if before not in list_peers(client):
        raise ConflictError(
            tr("{name} was changed by someone else meanwhile. Close this, and look at it again.")
            .format(name=before.name)
        )  # fmt: skip
    body = {name: value for name, value in asdict(peer).items() if name != "name"}
    found = client.ask("PUT", _path(peer.name), json=body)
    return parsed(lambda: Peer.from_json(found))


def remove_peer(client: NodeClient, name: str) -> None:
    """ConflictError where a rule names it."""
    client.ask("DELETE", _path(name))


def echo(client: NodeClient, name: str) -> tuple[EchoStep, ...]:
    """C-ECHO by step; the last step is the one that failed, if one did."""
    found = client.ask("POST", f"{_path(name)}/echo", timeout=ECHO_S)
    return parsed(
        lambda: tuple(
            EchoStep(each["step"], each["ok"], each["text"], each["code"])
            for each in found["steps"]
        )
    )


def list_refused(client: NodeClient) -> tuple[RefusedCaller, ...]:
    """The latest first."""
    found = client.ask("GET", "/api/v1/refused-callers")
    return parsed(lambda: tuple(RefusedCaller.from_json(each) for each in found))


def _path(name: str) -> str:
    return f"/api/v1/peers/{quote(name, safe='')}"
