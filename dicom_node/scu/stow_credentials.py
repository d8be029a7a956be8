"""What we show to DICOMweb services: a file of secrets, by the name of the peer.

A TOML file with one table a peer: ``bearer_token``, or ``user`` and ``password``; and ``ca_file``
where the service's certificate is not signed by a public authority. It is read anew for every
session, so that a secret can be changed while the node runs. Nothing of it is stored elsewhere.
"""

from __future__ import annotations

import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import requests
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from dicom_node.errors import ConfigError


@dataclass(frozen=True, slots=True)
class StowCredentials:
    """What one service gets to see, and whose certificates it may show us."""

    bearer_token: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    def apply_to(self, session: requests.Session) -> None:
        """Use them in every request of ``session``."""
        if self.bearer_token is not None:
            session.headers["Authorization"] = f"Bearer {self.bearer_token}"
        elif self.user is not None:
            session.auth = (self.user, self.password or "")
        if self.ca_file is not None:
            session.verify = str(self.ca_file)


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bearer_token: str | None = None
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _one_way_only(self) -> Self:
        if self.bearer_token is not None and self.user is not None:
            raise ValueError("either bearer_token, or user and password")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self


_FILE = TypeAdapter(dict[str, _Entry])


def read_credentials(path: Path) -> dict[str, StowCredentials]:
    """The credentials by the name of the peer.

    Raises:
        ConfigError: the file cannot be read, others may read it, or a key is wrong; the message
            holds no value.
    """
    where = f"delivery.stow_credentials: {path}"
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            raise ConfigError(f"{where} is open to everybody: chmod o= {path}")
        entries = _FILE.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigError(f"{where}: it is no TOML file") from None
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {key}: {message}") from None
    return {name: StowCredentials(**entry.model_dump()) for name, entry in entries.items()}
