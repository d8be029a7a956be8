"""The configuration: what is refused, and that the key is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_node.config import Settings, load_settings
from dicom_node.errors import ConfigError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path / "c.toml", ""), {})
    assert settings == Settings()
    assert (settings.dicom.ae_title, settings.dicom.bind, settings.dicom.port) == (
        "CSPINE",
        "127.0.0.1",
        11112,
    )


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[dicom]\nae_title = "FILE"\nport = 104\n')
    environment = {"CSPINE_DICOM__AE_TITLE": "1234", "CSPINE_SERIES__QUIET_S": "2.5", "HOME": "/"}
    settings = load_settings(file, environment)
    assert (settings.dicom.ae_title, settings.dicom.port) == ("1234", 104)
    assert settings.series.quiet_s == 2.5


def test_insignificant_spaces_of_an_ae_title_go(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[dicom]\nae_title = " CT AI  "\n')
    assert load_settings(file, {}).dicom.ae_title == "CT AI"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[dicom]\nprot = 1", "dicom.prot: unknown key"),
        ("[dicm]\nport = 1", "dicm: unknown key"),
        ("[dicom]\nport = 70000", "dicom.port"),
        ('[dicom]\nport = "104"', "dicom.port"),
        ("[dicom]\nport = true", "dicom.port"),
        ('[dicom]\nae_title = ""', "dicom.ae_title"),
        ('[dicom]\nae_title = "SEVENTEEN_LETTERS"', "dicom.ae_title"),
        ('[dicom]\nae_title = "BACK\\\\SLASH"', "dicom.ae_title"),
        ('[dicom]\nae_title = "SCHÄDEL"', "dicom.ae_title"),
        ("[series]\nquiet_s = 0", "series.quiet_s"),
        ("[series]\nquiet_s = inf", "series.quiet_s"),
        ('[inference]\ndevice = "gpu"', "inference.device"),
        ('[inference]\nexecutor = "cloud"', "inference.executor"),
        ("[inference]\nmax_attempts = 0", "inference.max_attempts"),
        ("[storage]\ndata_dir = 7", "storage.data_dir"),
        ("dicom = 3", "dicom"),
        ('[oidc]\nissuer = "http://login.example.org"', "oidc: issuer must be an https URL"),
        ('[oidc]\nissuer = "https://a:b@login.example.org"', "oidc: issuer must be an https URL"),
        ('[oidc]\nissuer = "https://login.example.org"', "oidc: client_id is needed"),
        (
            '[oidc]\nissuer = "https://login.example.org"\nclient_id = "c"',
            "oidc: roles is needed",
        ),
        ('[oidc]\nroles = { it = "root" }', "oidc.roles.it"),
        ('[audit]\nsyslog_host = "log.example.org"', "audit: syslog_ca is needed"),
        (
            '[audit]\nsyslog_host = "192.0.2.1"\nsyslog_transport = "udp"',
            "audit: beyond loopback the audit trail goes by TLS only",
        ),
        ('[audit]\nsyslog_cert = "c.pem"', "audit: syslog_cert and syslog_key belong together"),
    ],
)
def test_a_bad_file_names_its_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        load_settings(write(tmp_path / "c.toml", text), {})


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("CSPINE_DICOM__PORT", "many", "dicom.port"),
        ("CSPINE_DICOM__PROT", "1", "dicom.prot: unknown key"),
        ("CSPINE_NOSUCH__KEY", "1", "nosuch: unknown key"),
        ("CSPINE_PORT", "1", "CSPINE_PORT"),
    ],
)
def test_a_bad_variable_names_its_key(
    variable: str, value: str, named: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=named.replace(".", r"\.")):
        load_settings(write(tmp_path / "c.toml", ""), {variable: value})


@pytest.mark.parametrize("content", [b"[dicom\n", b"\xff\xfe", None])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "c.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"c\.toml"):
        load_settings(file, {})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().dicom.port = 1


def test_the_example_configuration_is_valid() -> None:
    example = Path(__file__).parents[3] / "deploy" / "cspine-node.toml"
    assert load_settings(example, {}).log.format == "json"
