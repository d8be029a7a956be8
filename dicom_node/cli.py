"""The command ``cspine-node``: how each command is typed, and what its exit status means.

0 done, 1 the job failed (one line on stderr), 2 wrong usage or configuration. A command imports
its own room when it is called, so that ``peer list`` need not wait for the model's libraries.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from dicom_node.commands.alert import build_alert_app
from dicom_node.commands.audit import build_audit_app
from dicom_node.commands.common import ConfigOption, settings_for_command
from dicom_node.commands.delivery import build_delivery_app
from dicom_node.commands.model import build_model_app
from dicom_node.commands.pacs import build_pacs_app
from dicom_node.commands.peer import build_peer_app
from dicom_node.commands.results import build_results_app
from dicom_node.commands.route import build_route_app
from dicom_node.commands.series import build_series_app
from dicom_node.commands.settings import build_settings_app
from dicom_node.commands.user import build_user_app
from dicom_node.config import load_settings
from dicom_node.errors import ConfigError, CspineError
from inference.errors import InferenceError
from inference.threads import wait_passively
from storage.errors import StorageError

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130

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


def build_app() -> typer.Typer:
    """All commands."""
    app = typer.Typer(
        name="cspine-node",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="A DICOM node that finds cervical spine fractures in CT. Research use only: not for "
        "diagnosis.",
    )
    app.callback()(_options)
    for command in (serve, demo, analyze, phantom, doctor):
        app.command()(command)
    app.add_typer(build_peer_app(), name="peer")
    app.add_typer(build_pacs_app(), name="pacs")
    app.add_typer(build_route_app(), name="route")
    app.add_typer(build_series_app(), name="series")
    app.add_typer(build_results_app(), name="results")
    app.add_typer(build_model_app(), name="model")
    app.add_typer(build_settings_app(), name="settings")
    app.add_typer(build_user_app(), name="user")
    app.add_typer(build_audit_app(), name="audit")
    app.add_typer(build_alert_app(), name="alert")
    app.add_typer(build_delivery_app(), name="delivery")
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


def doctor(config: ConfigOption = None) -> None:
    """Test the installation, each step named."""
    from dicom_node.commands.doctor import doctor as run

    run(settings_for_command(config))


def _complain(text: str, status: int) -> int:
    typer.echo(f"cspine-node: {text}", err=True)
    return status
