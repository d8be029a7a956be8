"""Settings of the node: a TOML file, overridden by the environment, frozen once read.

``CSPINE_<SECTION>__<KEY>`` in the environment overrides ``key`` in ``[section]``. An unknown
key, a wrong type or an impossible value raises :class:`ConfigError` that names the key.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    model_validator,
)

from dicom_node.alerting.section import AlertsSection
from dicom_node.config_base import PositiveSeconds, Section, ServerPort, is_loopback
from dicom_node.config_security import AuditSection, OidcSection
from dicom_node.errors import ConfigError

DEFAULT_CONFIG_PATH: Final = Path("/etc/cspine-node/cspine-node.toml")
ENVIRONMENT_PREFIX: Final = "CSPINE_"
CONFIG_VARIABLE: Final = "CSPINE_CONFIG"
"""Names the configuration file itself, so it is no setting."""
SECRET_KEYS: Final = frozenset({"alerts.webhook_url"})
"""What stands there is not repeated in a message."""


def checked_ae_title(text: str) -> str:
    """An AE title of PS3.5 6.2 (VR AE) without its insignificant spaces; ValueError otherwise."""
    title = text.strip(" ")
    if not 1 <= len(title) <= 16:
        raise ValueError("an AE title has 1 to 16 characters")
    if not (title.isascii() and title.isprintable()) or "\\" in title:
        raise ValueError("an AE title has printable ASCII characters only, and no backslash")
    return title


AeTitle = Annotated[str, AfterValidator(checked_ae_title)]


class DicomSection(Section):
    """``[dicom]``: what the node is on the DICOM network."""

    ae_title: AeTitle = "CSPINE"
    bind: str = "127.0.0.1"
    port: ServerPort = 11112
    maximum_associations: Annotated[int, Field(ge=1, le=1000)] = 25
    maximum_associations_per_host: Annotated[int, Field(ge=1, le=1000)] | None = None
    """None: four fifths of them."""
    maximum_waiting: Annotated[int, Field(ge=1, le=1000)] = 100
    """Connections that have not said who they are, or were refused and are not closed yet."""
    maximum_waiting_per_host: Annotated[int, Field(ge=1, le=1000)] = 25
    request_timeout_s: PositiveSeconds = 30
    """From accepting a connection until its association request has come."""
    tls_port: ServerPort | None = None
    """A second port, for callers with TLS; None: there is none."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    """Verifies the certificates of peers, whoever called whom."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if self.tls_cert is not None and self.tls_ca is None:
            raise ValueError("tls_cert needs tls_ca: without it no peer can be verified")
        if self.tls_port is not None and self.tls_cert is None:
            raise ValueError("tls_port needs tls_cert, tls_key and tls_ca")
        if self.tls_port is not None and self.tls_port == self.port != 0:
            raise ValueError("tls_port and port are the same")
        return self


class StorageSection(Section):
    """``[storage]``: where everything durable lives."""

    data_dir: Path = Path("/var/lib/cspine-node")
    database_url: str | None = None
    """None: SQLite inside ``data_dir``."""
    reserve_mib: Annotated[int, Field(ge=0)] = 1024
    """Below this much free disk space instances are refused (0xA700), so that what was
    acknowledged can still be analysed and reported."""
    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """Series that ended and were delivered longer ago are deleted; None: nothing is."""


class SeriesSection(Section):
    """``[series]``: when a series is complete."""

    quiet_s: PositiveSeconds = 30


class InferenceSection(Section):
    """``[inference]``: the model and the process that runs it."""

    weights: Path | None = None
    """None: the demonstration checkpoint that ships with the program."""
    shadow_weights: Path | None = None
    """A second model, which reads beside the first one without being sent; None: there is none."""
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    executor: Literal["local"] = "local"
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """A series on which the process died this often is parked as ``failed``."""
    deadline_s: PositiveSeconds = 900
    """A job that takes longer is taken to hang."""


class DeliverySection(Section):
    """``[delivery]``: back-off of results that a peer did not take; secrets of DICOMweb peers."""

    first_retry_s: PositiveSeconds = 30
    longest_retry_s: PositiveSeconds = 600
    commitment_answer_s: PositiveSeconds = 3600
    """A request for storage commitment that is not answered this long is made again."""
    commitment_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    """After so many without an answer, or answers that did not commit, a delivery is parked."""
    stow_credentials: Path | None = None


class ApiSection(Section):
    """``[api]``: the HTTP door."""

    enabled: bool = True
    bind: str = "127.0.0.1"
    port: ServerPort = 8080
    hosts: tuple[str, ...] = ()
    """Further names under which callers may ask for this node."""
    tls: bool = False
    """HTTPS; without ``tls_cert`` by a certificate that the node makes for itself."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    metrics_token_file: Path | None = None
    """A token that opens /metrics, and nothing else."""
    session_idle_s: PositiveSeconds = 3600
    session_longest_s: PositiveSeconds = 43_200

    @property
    def has_tls(self) -> bool:
        """Whether it speaks HTTPS."""
        return self.tls or self.tls_cert is not None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if self.enabled and not self.has_tls and not is_loopback(self.bind):
            raise ValueError(
                "beyond loopback the API speaks HTTPS only: set tls = true, or tls_cert and tls_key"
            )
        return self


class LogSection(Section):
    """``[log]``."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(Section):
    """The whole configuration."""

    dicom: DicomSection = DicomSection()
    storage: StorageSection = StorageSection()
    series: SeriesSection = SeriesSection()
    inference: InferenceSection = InferenceSection()
    delivery: DeliverySection = DeliverySection()
    api: ApiSection = ApiSection()
    oidc: OidcSection = OidcSection()
    audit: AuditSection = AuditSection()
    alerts: AlertsSection = AlertsSection()
    log: LogSection = LogSection()


WEIGHTS: Final = "inference.weights"
SHADOW_WEIGHTS: Final = "inference.shadow_weights"
MODELS: Final = frozenset({WEIGHTS, SHADOW_WEIGHTS})
"""These change while the node runs too, but only to a model that the node knows."""
LIVE: Final = frozenset(
    {
        "delivery.commitment_answer_s",
        "delivery.commitment_attempts",
        "delivery.first_retry_s",
        "delivery.longest_retry_s",
        "log.level",
        "series.quiet_s",
        "storage.keep_days",
    }
)
"""The settings that change while the node runs, within a second or two."""


def load_settings(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read ``path`` (default: ``DEFAULT_CONFIG_PATH`` if it is there) and the environment.

    Raises:
        ConfigError: the file cannot be read, or a key is unknown, mistyped or impossible.
    """
    document = _read_toml(path)
    try:
        # By way of JSON, since pydantic is strict there (no true for 1, no "104" for 104) and
        # still takes a path written as text. The environment has only text.
        Settings.model_validate_json(json.dumps(document, default=str), strict=True)
        return Settings.model_validate(_merged(document, _from_environment(environment)))
    except ValidationError as error:
        raise ConfigError(first_problem(error)) from error


def _read_toml(path: Path | None) -> dict[str, Any]:
    if path is None:
        if not DEFAULT_CONFIG_PATH.exists():
            return {}
        path = DEFAULT_CONFIG_PATH
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    for variable, value in environment.items():
        if variable == CONFIG_VARIABLE or not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        section, separator, key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if not separator:
            raise ConfigError(f"{variable}: settings are named {ENVIRONMENT_PREFIX}SECTION__KEY")
        sections.setdefault(section, {})[key] = value
    return sections


def _merged(document: dict[str, Any], override: dict[str, dict[str, str]]) -> dict[str, Any]:
    merged = dict(document)
    for section, keys in override.items():
        merged[section] = {**merged.get(section, {}), **keys}
    return merged


def first_problem(error: ValidationError, *, whole: str = "configuration") -> str:
    """One line that names the key; ``whole`` is named where it is none in particular."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    if not key:
        return f"{whole}: {problem['msg'].removeprefix('Value error, ')}"
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    message = problem["msg"].removeprefix("Value error, ")
    shown = "" if key in SECRET_KEYS else f" (it is {problem['input']!r})"
    return f"{key}: {message[:1].lower()}{message[1:]}{shown}"
