"""``/api/v1/peers``, ``/api/v1/refused-callers``: who sends, who gets results, who was refused."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from dicom_node.administration import peers as administration
from dicom_node.api.auth import CallerDep
from dicom_node.api.context import Context
from dicom_node.api.errors import ERROR_RESPONSES, ApiError
from dicom_node.api.session import RequestBody
from dicom_node.routing.peers import checked_peer, require_not_us
from dicom_node.scu.echo import echo
from storage import peers
from storage.records import Peer, PeerProtocol, RefusedCaller

router = APIRouter(prefix="/api/v1", tags=["peers"], responses=ERROR_RESPONSES)

Text = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
PeerName = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x20/\x7f]+$")
]
PeerNameInPath = Annotated[str, Path(max_length=64, description="Your own short name for it.")]
DICOM_PORT: Final = 104


class PeerSettings(RequestBody):
    """What a peer is, but for its name."""

    aet: Text = ""
    host: Text = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    may_send: bool = False
    gets_results: bool = False
    tls: bool = False
    commitment: bool = False
    shadow: bool = False
    protocol: PeerProtocol = PeerProtocol.DICOM
    url: Annotated[str, StringConstraints(max_length=2000)] | None = None
    """Of a STOW-RS service; host and port follow from it."""

    def peer(self, name: str) -> Peer:
        """Checked; InputError names what does not go together."""
        return checked_peer(Peer(name, **self.model_dump(exclude={"name"})))


class NewPeer(PeerSettings):
    """A peer to be."""

    name: PeerName


class PeerView(PeerSettings):
    """A peer, as the API shows one."""

    name: str

    @classmethod
    def of(cls, peer: Peer) -> PeerView:
        """As the API shows it."""
        return cls.model_validate(asdict(peer))


class EchoStepView(BaseModel):
    """One step on the way to a peer."""

    step: str
    ok: bool
    text: str
    code: str
    """``calling_aet``, ``called_aet``: the AE title that the peer rejected; else empty."""


class EchoResult(BaseModel):
    """How far the way to a peer works: the last step is the one that failed, if one did."""

    ok: bool
    steps: list[EchoStepView]


class RefusedCallerView(BaseModel):
    """A caller that was turned away, and the peer that would let it in."""

    calling_aet: str
    called_aet: str
    host: str
    reason: str
    count: int
    first_utc: datetime
    last_utc: datetime
    suggestion: dict[str, Any]
    """A body for ``POST /api/v1/peers``: it lets the caller send, no more."""

    @classmethod
    def of(cls, caller: RefusedCaller) -> RefusedCallerView:
        """As the API shows it."""
        name = "".join(c if c.isalnum() else "-" for c in caller.calling_aet.lower()).strip("-")
        suggestion = {
            "name": name or "sender",
            "aet": caller.calling_aet,
            "host": caller.host,
            "port": DICOM_PORT,
            "may_send": True,
        }
        return cls(**asdict(caller), suggestion=suggestion)


@router.get("/peers", summary="All peers")
def list_peers(context: Context) -> list[PeerView]:
    """By name."""
    return [PeerView.of(each) for each in peers.list_peers(context.database)]


@router.post("/peers", status_code=201, summary="Add a peer")
def add_peer(body: NewPeer, caller: CallerDep, context: Context) -> PeerView:
    """It is admitted at once."""
    peer = body.peer(body.name)
    require_not_us(peer, context.settings)
    administration.add_peer(context.database, peer, by=caller.actor, now=context.now())
    return PeerView.of(peer)


@router.put("/peers/{name}", summary="Change a peer")
def change_peer(
    name: PeerNameInPath, body: PeerSettings, caller: CallerDep, context: Context
) -> PeerView:
    """All of its settings are replaced. It counts at once."""
    database = context.database
    before, new = peers.get_peer(database, name), body.peer(name)
    require_not_us(new, context.settings)  # it asks the DNS, so before the transaction
    administration.change_peer(database, before, new, by=caller.actor, now=context.now())
    return PeerView.of(new)


@router.delete("/peers/{name}", status_code=204, summary="Forget a peer")
def remove_peer(name: PeerNameInPath, caller: CallerDep, context: Context) -> Response:
    """One that no routing rule names; deliveries that wait for it are parked."""
    administration.remove_peer(context.database, name, by=caller.actor, now=context.now())
    return Response(status_code=204)


@router.post("/peers/{name}/echo", summary="Test the way to a peer, step by step")
def echo_peer(name: PeerNameInPath, context: Context) -> EchoResult:
    """C-ECHO; the last step is the one that failed."""
    peer = peers.get_peer(context.database, name)
    if peer.protocol is PeerProtocol.STOW:
        raise ApiError(422, "invalid", f"{name} is reached by STOW-RS, which knows no C-ECHO.")
    steps = echo(peer, context.scu)
    views = [EchoStepView.model_validate(each, from_attributes=True) for each in steps]
    return EchoResult(ok=all(each.ok for each in steps), steps=views)


@router.get("/refused-callers", summary="Who was turned away")
def list_refused(
    context: Context, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[RefusedCallerView]:
    """The latest first, each with the peer that would let it in."""
    return [RefusedCallerView.of(each) for each in peers.list_refused(context.database, limit)]
