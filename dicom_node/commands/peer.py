"""``cspine-node peer``: the DICOM nodes that this one knows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from dicom_node.commands.common import (
    ConfigOption,
    JsonOption,
    opened_database,
    print_json,
    print_table,
    settings_for_command,
)
from dicom_node.config import checked_ae_title
from dicom_node.errors import PeerUnreachableError
from dicom_node.scu.association import ScuIdentity
from dicom_node.scu.echo import echo as echo_steps
from storage import peers
from storage.records import Peer


def build_peer_app() -> typer.Typer:
    """The sub-commands of ``peer``."""
    app = typer.Typer(no_args_is_help=True, help="The DICOM nodes that this one knows.")
    for command in (add, list_peers, remove, echo, refused):
        app.command(command.__name__.partition("_")[0])(command)
    return app


def add(
    name: Annotated[str, typer.Argument(help="Your own short name for the peer.")],
    aet: Annotated[str, typer.Option(help="Its AE title.")],
    host: Annotated[str, typer.Option(help="Its host name or address.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on which it listens.")],
    may_send: Annotated[bool, typer.Option("--may-send", help="It may send series here.")] = False,
    gets_results: Annotated[
        bool, typer.Option("--gets-results", help="It receives the reports.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Add a peer; a running node admits it at once."""
    try:
        title = checked_ae_title(aet)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--aet") from error
    peer = Peer(name, title, host, port, may_send=may_send, gets_results=gets_results)
    with opened_database(config) as database:
        peers.add_peer(database, peer, now=database.now())
    roles = [text for on, text in ((may_send, "may send"), (gets_results, "gets results")) if on]
    typer.echo(f"added {name}: {title} at {host}:{port} ({', '.join(roles) or 'no role yet'})")


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
            peer.aet,
            f"{peer.host}:{peer.port}",
            "yes" if peer.may_send else "–",
            "yes" if peer.gets_results else "–",
        )
        for peer in known
    ]
    headings = ("name", "AE title", "address", "may send", "gets results")
    print_table(headings, rows, empty="No peers yet: cspine-node peer add NAME --aet …")


def remove(name: str, config: ConfigOption = None) -> None:
    """Forget a peer; deliveries that wait for it are parked."""
    with opened_database(config) as database:
        peers.remove_peer(database, name)
    typer.echo(f"removed {name}")


def echo(name: str, config: ConfigOption = None) -> None:
    """Test a peer step by step and say which step failed."""
    settings = settings_for_command(config)
    with opened_database(config) as database:
        peer = peers.get_peer(database, name)
    console = Console(soft_wrap=True)
    steps = echo_steps(peer, ScuIdentity(settings.dicom.ae_title))
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
