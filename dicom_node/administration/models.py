"""The models that this node knows, and which of them reads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dicom_node.administration.settings import change_settings, in_force
from dicom_node.config import LIVE, WEIGHTS, Settings
from dicom_node.errors import ContradictionError, InputError
from inference.model_files import ModelFile, model_files_in, read_model_file, shipped_weights
from storage import audit
from storage.database import Database
from storage.files import DataDir
from storage.records import Actor

logger = logging.getLogger(__name__)

DIGEST_DIGITS_MIN: Final = 8
"""A digest may be shortened to so many digits."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model file, and what it is to this node."""

    file: ModelFile
    shipped: bool
    active: bool
    """Chosen to read; the inference process follows when its job has ended."""


def known_models(database: Database, base: Settings, data_dir: DataDir) -> tuple[KnownModel, ...]:
    """The shipped model, those in the folder ``models``, and the one that the file names."""
    shipped = shipped_weights()
    active = in_force(database, base).inference.weights or shipped
    paths = {
        each.resolve(): None
        for each in (shipped, *_named(base.inference.weights), *model_files_in(folder_of(data_dir)))
    }
    return tuple(
        KnownModel(file, file.path == shipped.resolve(), file.path == active.resolve())
        for file in _read(paths)
    )


def folder_of(data_dir: DataDir) -> Path:
    """Where models are put."""
    return data_dir.root / "models"


def activate_model(
    database: Database, base: Settings, data_dir: DataDir, wanted: str, *, by: Actor, now: datetime
) -> KnownModel:
    """Let the model of that digest (or file name) read from now on.

    Raises:
        InputError: there is none, or more than one.
        ContradictionError: it cannot be used.
    """
    model = _chosen(known_models(database, base, data_dir), wanted)
    if model.file.problem is not None:
        raise ContradictionError(f"{model.file.path.name}: {model.file.problem}")
    with audit.audited(database, by, "model.activated", model.file.path.name, now=now) as change:
        change.after = document_of(model.file)
        value = None if model.shipped else str(model.file.path)
        allowed = LIVE | {WEIGHTS}
        change_settings(database, base, {WEIGHTS: value}, allowed=allowed, by=by, now=now)
    return model


def document_of(file: ModelFile) -> dict[str, Any]:
    """For the audit trail."""
    facts = {key: file.record.get(key) for key in ("name", "version", "architecture")}
    return {**facts, "sha256": file.sha256}


def _named(path: Path | None) -> tuple[Path, ...]:
    return () if path is None else (path,)


def _read(paths: dict[Path, None]) -> Iterator[ModelFile]:
    for path in paths:
        try:
            yield read_model_file(path)
        except OSError as error:
            logger.warning("the model file %s cannot be read: %s", path.name, error.strerror)


def _chosen(known: tuple[KnownModel, ...], wanted: str) -> KnownModel:
    digest = len(wanted) >= DIGEST_DIGITS_MIN
    found = [
        each
        for each in known
        if each.file.path.name == wanted or (digest and each.file.sha256.startswith(wanted))
    ]
    if not found:
        raise InputError(f"no model {wanted!r} is known: put its file into the folder models")
    if len({each.file.sha256 for each in found}) > 1:
        raise InputError(f"more than one model is called {wanted!r}: name its digest")
    return found[0]
