"""``cspine-node alert``: does a call for help arrive?"""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from dicom_node.alerting.channels import channels_of
from dicom_node.alerting.episodes import Alert
from dicom_node.commands.common import ConfigOption, settings_for_command
from dicom_node.errors import AlertNotSentError, EnvironmentFailedError, InputError


def build_app() -> typer.Typer:
    """The sub-commands of ``alert``."""
    app = typer.Typer(no_args_is_help=True)
    app.command("test")(send_test)
    app.callback()(_alone)
    return app


def _alone() -> None:
    """Alerts by webhook and mail."""


def send_test(config: ConfigOption = None) -> None:
    """Send a test by each channel of the configuration, and say what fails."""
    channels = channels_of(settings_for_command(config))
    if not channels:
        raise InputError("no channel is configured: set alerts.webhook_url or alerts.smtp_host")
    failed = []
    for name, channel in channels.items():
        try:
            channel.send(_alert())
            typer.echo(f"{name}: sent")
        except AlertNotSentError as error:
            typer.echo(f"{name}: {error}")
            failed.append(name)
    if failed:
        raise EnvironmentFailedError(f"not sent by {', '.join(failed)}")


def _alert() -> Alert:
    now = datetime.now(UTC)
    text = "This is a test: nothing is wrong."
    return Alert(f"test/{now.isoformat()}", "test", "", "raised", "warning", text, now, now)
