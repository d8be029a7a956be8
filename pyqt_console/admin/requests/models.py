"""``/api/v1/models``: the models that the node knows (``docs/models.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyqt_console.client import NodeClient, parsed

PATH: Final = "/api/v1/models"
ACTIVATE_S: Final = 60.0
"""The node reads all its model files meanwhile."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model file.

    ``active`` is chosen to read, ``shadow`` to read beside it, ``running`` loaded at this moment.
    """

    file: str
    format: str
    sha256: str
    size_bytes: int
    shipped: bool
    active: bool
    shadow: bool
    running: bool
    problem: str | None
    card: Mapping[str, Any]

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Model:
        """Of the API's document."""
        return cls(
            file=given["file"],
            format=given["format"],
            sha256=given["sha256"],
            size_bytes=int(given["size_bytes"]),
            shipped=bool(given["shipped"]),
            active=bool(given["active"]),
            shadow=bool(given["shadow"]),
            running=bool(given["running"]),
            problem=given["problem"],
            card=dict(given["card"]),
        )

    @property
    def title(self) -> str:
        """Name and version, or the file where it does not say."""
        name, version = self.card.get("name"), self.card.get("version")
        return f"{name} {version}" if name and version else self.file


def list_models(client: NodeClient) -> tuple[Model, ...]:
    """The shipped one first."""
    return _models(client.ask("GET", PATH))


def activate(client: NodeClient, sha256: str) -> tuple[Model, ...]:
    """Let it read from the next series on; all models as they are then.

    Raises:
        ConflictError: it cannot be used.
    """
    return _models(client.ask("POST", f"{PATH}/{sha256}/activate", timeout=ACTIVATE_S))


def _models(found: Any) -> tuple[Model, ...]:
    return parsed(lambda: tuple(Model.from_json(each) for each in found))
