"""``cspine-node peer``: the DICOM nodes that this one knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Final, TypeAlias

import typer
from rich.console import Console

from dicom_node.administration.peers import add_peer, change_peer, remove_peer
from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    local_actor,
    opened_database,
    print_json,
    print_table,
    settings_for_command,
)
from dicom_node.errors import InputError, PeerUnreachableError
from dicom_node.routing.peers import checked_peer, require_not_us
from storage import peers
from storage.records import Peer, PeerProtocol

MAY_SEND: Final = "It may send series here."
GETS_RESULTS: Final = "It receives results."
TLS: Final = "Associations with it are secured by TLS, both ways."
COMMITMENT: Final = "It is asked for storage commitment of what it took."
SHADOW: Final = "What it sends is analysed and kept, and nothing of it is sent to anybody."

AetOption: TypeAlias = Annotated[str | None, typer.Option(help="Its AE title.")]
HostOption: TypeAlias = Annotated[str | None, typer.Option(help="Its host name or address.")]
PortOption: TypeAlias = Annotated[
    int | None, typer.Option(min=1, max=65535, help="The port on which it listens.")
]
StowOption: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Results go there by STOW-RS; --host and --port are its own."),
]
ROLES: Final[Mapping[str, str]] = {
    "may_send": "may send",
    "gets_results": "gets results",
    "tls": "TLS",
    "commitment": "commitment",
    "shadow": "shadow",
}
"""Attribute → what it is called."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """What the options say of a peer; None: nothing."""

    aet: str | None
    host: str | None
    port: int | None
    may_send: bool | None
    gets_results: bool | None
    tls: bool | None
    commitment: bool | None
    shadow: bool | None
    stow: str | None
    dicom: bool = False

    def applied_to(self, peer: Peer) -> Peer:
        """The changed peer, checked; InputError names what does not go together."""
        said = {
            name: value
            for name, value in asdict(self).items()
            if value is not None and name not in {"stow", "dicom"}
        }
        if self.stow is not None and self.dicom:
            raise InputError("--stow and --dicom: one of them")
        if self.stow is not None:
            said |= {"protocol": PeerProtocol.STOW, "url": self.stow}
        elif self.dicom:
            said |= {"protocol": PeerProtocol.DICOM, "url": None}
        peer = replace(peer, **said)
        if peer.protocol is PeerProtocol.STOW and (self.host is not None or self.port is not None):
            raise InputError("--host and --port: those of a STOW-RS peer are in its URL")
        return checked_peer(peer)


def _usable(make: Callable[[], Peer]) -> Peer:
    try:
        return make()
    except InputError as error:
        raise typer.BadParameter(str(error)) from error


def _roles(peer: Peer) -> dict[str, bool]:
    return {words: bool(getattr(peer, name)) for name, words in ROLES.items()}


def _in_words(peer: Peer) -> str:
    roles = ", ".join(words for words, on in _roles(peer).items() if on) or "no role yet"
    where = f"at {peer.url or f'{peer.host}:{peer.port}'}"
    return f"{peer.name}: {f'{peer.aet} ' if peer.aet else ''}{where} ({roles})"


def build_app() -> typer.Typer:
    """The sub-commands of ``peer``."""
    app = typer.Typer(no_args_is_help=True)
    for command in (add, edit, list_peers, remove, echo, refused):
        app.command(command.__name__.partition("_")[0])(command)
    return app


def add(  # noqa: PLR0913 - one parameter an option
    name: Annotated[str, typer.Argument(help="Your own short name for the peer.")],
    *,
    aet: AetOption = None,
    host: HostOption = None,
    port: PortOption = None,
    may_send: Annotated[bool, typer.Option("--may-send", help=MAY_SEND)] = False,
    gets_results: Annotated[bool, typer.Option("--gets-results", help=GETS_RESULTS)] = False,
    tls: Annotated[bool, typer.Option("--tls", help=TLS)] = False,
    commitment: Annotated[bool, typer.Option("--commitment", help=COMMITMENT)] = False,
    shadow: Annotated[bool, typer.Option("--shadow", help=SHADOW)] = False,
    stow: StowOption = None,
    config: ConfigOption = None,
) -> None:
    """Add a peer; a running node admits it at once."""
    blank = Peer(name, "", "", 0)
    said = _Changes(aet, host, port, may_send, gets_results, tls, commitment, shadow, stow)
    peer = _usable(lambda: said.applied_to(blank))
    settings = settings_for_command(config)
    require_not_us(peer, settings)
    with opened_database(config) as database:
        add_peer(database, peer, by=local_actor(), now=database.now())
    typer.echo(f"added {_in_words(peer)}")


def edit(  # noqa: PLR0913 - one parameter an option
    name: str,
    *,
    aet: AetOption = None,
    host: HostOption = None,
    port: PortOption = None,
    may_send: Annotated[bool | None, typer.Option(help=MAY_SEND)] = None,
    gets_results: Annotated[bool | None, typer.Option(help=GETS_RESULTS)] = None,
    tls: Annotated[bool | None, typer.Option(help=TLS)] = None,
    commitment: Annotated[bool | None, typer.Option(help=COMMITMENT)] = None,
    shadow: Annotated[bool | None, typer.Option(help=SHADOW)] = None,
    stow: StowOption = None,
    dicom: Annotated[bool, typer.Option("--dicom", help="By C-STORE, no longer STOW-RS.")] = False,
    config: ConfigOption = None,
) -> None:
    """Change a peer in place; what is not said stays. A running node sees it at once."""
    said = _Changes(aet, host, port, may_send, gets_results, tls, commitment, shadow, stow, dicom)
    settings = settings_for_command(config)
    with opened_database(config) as database:
        old = peers.get_peer(database, name)
        peer = said.applied_to(old)
        require_not_us(peer, settings)
        change_peer(database, old, peer, by=local_actor(), now=database.now())
    typer.echo(f"changed {_in_words(peer)}")


def list_peers(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show all peers."""
    with opened_database(config) as database:
        known = peers.list_peers(database)
    if as_json:
        print_json([asdict(peer) for peer in known])
        return
    rows = [
        (
            peer.name,
            peer.aet or "–",
            peer.url or f"{peer.host}:{peer.port}",
            *("yes" if on else "–" for on in _roles(peer).values()),
        )
        for peer in known
    ]
    headings = ("name", "AE title", "address", *ROLES.values())
    print_table(headings, rows, empty="No peers yet: cspine-node peer add NAME --aet …")


def remove(name: str, config: ConfigOption = None) -> None:
    """Forget a peer that no routing rule names; deliveries that wait for it are parked."""
    with opened_database(config) as database:
        remove_peer(database, name, by=local_actor(), now=database.now())
    typer.echo(f"removed {name}")


def echo(name: str, config: ConfigOption = None) -> None:
    """Test a peer step by step and say which step failed."""
    from dicom_node.identity import identity_of  # noqa: PLC0415  (pynetdicom)
    from dicom_node.scu.echo import echo as echo_steps  # noqa: PLC0415

    settings = settings_for_command(config)
    with opened_database(config) as database:
        peer = peers.get_peer(database, name)
    if peer.protocol is PeerProtocol.STOW:
        raise InputError(f"{name} is reached by STOW-RS, which knows no C-ECHO")
    console = Console(soft_wrap=True)
    steps = echo_steps(peer, identity_of(settings))
    for step in steps:
        mark = "[green]ok[/]    " if step.ok else "[red]failed[/]"
        console.print(f"{mark} {step.step}: {step.text}", highlight=False)
    if not all(step.ok for step in steps):
        raise PeerUnreachableError(f"{name}: {steps[-1].step} failed: {steps[-1].text}")


def refused(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show the callers that were turned away, newest first."""
    with opened_database(config) as database:
        callers = peers.list_refused(database)
    if as_json:
        print_json([asdict(caller) for caller in callers])
        return
    rows = [
        (
            caller.calling_aet,
            caller.called_aet,
            caller.host,
            str(caller.count),
            caller.last_utc.isoformat(timespec="seconds"),
            caller.reason,
        )
        for caller in callers
    ]
    headings = ("calling", "called", "host", "times", "last", "reason")
    print_table(headings, rows, empty="Nobody was turned away.")
