"""``cspine-node alert test``: each channel says whether it works."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dicom_node.cli import build_app
from dicom_node.errors import EnvironmentFailedError, InputError
from tests.alert_receivers import mail_server, webhook
from tests.dcmtk import free_port


def run(tmp_path: Path, text: str) -> tuple[str, BaseException | None]:
    path = tmp_path / "cspine-node.toml"
    path.write_text(f"[alerts]\n{text}", encoding="utf-8")
    result = CliRunner().invoke(build_app(), ["alert", "test", "--config", str(path)])
    return result.stdout, result.exception


def test_each_channel_gets_one(tmp_path: Path) -> None:
    with webhook() as hook, mail_server() as box:
        settings = (
            f'webhook_url = "{hook.url}"\nsmtp_host = "127.0.0.1"\nsmtp_port = {box.port}\n'
            'smtp_security = "none"\nmail_from = "a@example.org"\nmail_to = ["b@example.org"]\n'
        )
        said, error = run(tmp_path, settings)
    assert error is None
    assert said.splitlines() == ["webhook: sent", "mail: sent"]
    assert hook.documents[0]["alert"] == "test"
    assert "nothing is wrong" in box.mails[0]["Subject"]


def test_what_fails_is_said_without_the_secret(tmp_path: Path) -> None:
    said, error = run(tmp_path, f'webhook_url = "http://127.0.0.1:{free_port()}/s3cr3t"')
    assert isinstance(error, EnvironmentFailedError)
    assert said == "webhook: the webhook: ConnectionError\n"


def test_without_a_channel_there_is_nothing_to_test(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no channel is configured"):
        raise run(tmp_path, "")[1] or AssertionError("it passed")
