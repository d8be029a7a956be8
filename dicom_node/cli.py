"""The command ``cspine-node``: how each command is typed, and what its exit status means.

0 done, 1 the job failed (one line on stderr), 2 wrong usage or configuration. A command imports
its own room when it is called, so that ``peer list`` need not wait for the model's libraries.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

from dicom_node.commands.common import ConfigOption, settings_for_command
from dicom_node.config import load_settings
from dicom_node.errors import ConfigError, CspineError
from inference.errors import InferenceError
from inference.threads import wait_passively
from storage.errors import StorageError

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130

ROOMS: Final[Mapping[str, str]] = {
    "peer": "The DICOM nodes that this one knows.",
    "pacs": "What a PACS has, and having it sent here to be analysed.",
    "route": "The rules that say which results go where.",
    "series": "What was received, and how far it came.",
    "results": "What was found, as one table for research.",
    "model": "The models that this node knows.",
    "settings": "What is in force, and what changes live.",
    "user": "The people and programs that may sign in.",
    "audit": "Who did what, and whether the trail holds.",
    "alert": "Alerts by webhook and mail.",
    "delivery": "Results on their way to the peers.",
}
"""Group of commands → what it is for; the module of that name in ``commands`` has its commands."""

OutputOption = Annotated[Path, typer.Option("--output", help="Folder for the results.")]


def main() -> None:
    """Entry point of the console script."""
    wait_passively()
    try:
        build_app()()
    except ConfigError as error:
        sys.exit(_complain(str(error), EXIT_USAGE))
    except (CspineError, StorageError, InferenceError) as error:
        sys.exit(_complain(str(error), EXIT_FAILED))
    except KeyboardInterrupt:
        sys.exit(_complain("interrupted", EXIT_INTERRUPTED))


class _Rooms(TyperGroup):
    """Imports the commands of a group when one of them is typed: nobody waits for the others."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the real group in the place of its name and its help."""
        if args and args[0] in ROOMS:
            name = args[0]
            room: typer.Typer = import_module(f"dicom_node.commands.{name}").build_app()
            room.info.help = ROOMS[name]
            self.commands[name] = get_group(room)
            self.commands[name].name = name
        return super().resolve_command(ctx, args)


def build_app() -> typer.Typer:
    """All commands."""
    app = typer.Typer(
        name="cspine-node",
        cls=_Rooms,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="A DICOM node that finds cervical spine fractures in CT. Research use only: not for "
        "diagnosis.",
    )
    app.callback()(_options)
    for command in (serve, demo, analyze, phantom, doctor):
        app.command()(command)
    for name, text in ROOMS.items():
        app.add_typer(typer.Typer(no_args_is_help=True), name=name, help=text)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cspine-node {version('cspine-node')}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options before any command."""


def serve(config: ConfigOption = None) -> None:
    """Run the node until SIGTERM or SIGINT."""
    from dicom_node.commands.serve import serve as run

    run(load_settings(config))


def demo(
    output: OutputOption = Path("demo-output"),
    console: Annotated[
        bool,
        typer.Option(
            "--console", help="Open the console on a node that is sent phantoms of several kinds."
        ),
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Do the whole main job once, on loopback: a fractured phantom goes in, its SR comes back."""
    from dicom_node.commands.demo import demo as run

    if console:
        from dicom_node.commands.demo_console import demo_console

        with tempfile.TemporaryDirectory(prefix="cspine-console-") as scratch:
            demo_console(settings_for_command(config), Path(scratch))
        return
    with tempfile.TemporaryDirectory(prefix="cspine-demo-") as scratch:
        run(settings_for_command(config), Path(scratch), output)


def analyze(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="DICOM files or folders.")],
    output: OutputOption,
    series: Annotated[
        str | None, typer.Option(help="Series Instance UID, where there are several.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Analyse one series from files, without a network: result.json, report.dcm, key-image.png."""
    from dicom_node.commands.analyze import analyze as run

    run(paths, output, settings_for_command(config), series)


def phantom(
    directory: Annotated[Path, typer.Argument(help="An empty or new folder.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another patient.")] = 100_000,
    fracture: Annotated[
        list[str] | None,
        typer.Option(
            help="LEVEL or LEVEL:TYPE, repeatable; 'none' for an intact spine. Default: as the "
            "seed decides."
        ),
    ] = None,
    slices: Annotated[int, typer.Option(min=8, max=2000, help="Number of slices.")] = 96,
    transfer_syntax: Annotated[
        str,
        typer.Option(
            help="explicit, implicit, deflated, rle, jpeg-lossless, jpeg-ls or jpeg-2000."
        ),
    ] = "explicit",
    config: ConfigOption = None,
) -> None:
    """Write a synthetic CT series as DICOM files."""
    from dicom_node.commands.phantom import phantom as run

    settings_for_command(config)
    run(
        directory,
        seed=seed,
        fractures=fracture,
        slices=slices,
        transfer_syntax=transfer_syntax,
    )


def doctor(
    verify: Annotated[
        bool, typer.Option("--verify", help="Also read every result file: is it as written?")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Test the installation, each step named."""
    from dicom_node.commands.doctor import doctor as run

    run(settings_for_command(config), verify=verify)


def _complain(text: str, status: int) -> int:
    typer.echo(f"cspine-node: {text}", err=True)
    return status
