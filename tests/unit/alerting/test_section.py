"""``[alerts]``: what is refused, and that nothing secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_node.alerting.channels import channels_of
from dicom_node.config import Settings, load_settings
from dicom_node.errors import ConfigError

HOOK = "https://hooks.example.org/T0/s3cr3t"


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "cspine-node.toml"
    path.write_text(f"[alerts]\n{text}", encoding="utf-8")
    return load_settings(path, {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('webhook_url = "ftp://example.org"', "alerts.webhook_url: it is no http or https URL"),
        ('webhook_url = "http://example.org/s3cr3t"', "beyond loopback alerts go by https only"),
        ('smtp_host = "mail"', "smtp_host needs mail_from and mail_to"),
        ('smtp_user = "me"', "smtp_user and smtp_password_file belong together"),
        (
            'smtp_user = "me"\nsmtp_password_file = "/p"\nsmtp_security = "none"',
            "a password goes by TLS only",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    assert problem in str(error.value)
    assert "s3cr3t" not in str(error.value)


def test_the_url_is_never_shown(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f'webhook_url = "{HOOK}"')
    assert "s3cr3t" not in repr(settings)
    assert "s3cr3t" not in settings.model_dump_json()
    assert list(channels_of(settings)) == ["webhook"]


def test_without_settings_there_is_no_channel() -> None:
    assert channels_of(Settings()) == {}


def test_a_password_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("s3cr3t", encoding="utf-8")
    path.chmod(0o644)
    settings = loaded(
        tmp_path,
        'smtp_host = "mail"\nsmtp_user = "me"\nmail_from = "a@b"\nmail_to = ["c@d"]\n'
        f'smtp_password_file = "{path}"',
    )
    with pytest.raises(ConfigError, match=r"^alerts\.smtp_password_file: .*open to everybody"):
        channels_of(settings)


def test_an_authority_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate", encoding="utf-8")
    settings = loaded(tmp_path, f'webhook_ca = "{path}"')
    with pytest.raises(ConfigError, match=r"^alerts\.webhook_ca: "):
        channels_of(settings)
