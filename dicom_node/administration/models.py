"""The models that this node knows: which of them reads, and which reads as its shadow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dicom_node.administration.settings import change_settings, in_force
from dicom_node.config import MODELS, SHADOW_WEIGHTS, WEIGHTS, Settings
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
    shadow: bool
    """Chosen to read beside the active one, without being sent."""


def known_models(database: Database, base: Settings, data_dir: DataDir) -> tuple[KnownModel, ...]:
    """The shipped model, those in the folder ``models``, and those that the file names."""
    shipped, named = shipped_weights().resolve(), base.inference
    chosen = in_force(database, base).inference
    active = shipped if chosen.weights is None else chosen.weights.resolve()
    shadow = None if chosen.shadow_weights is None else chosen.shadow_weights.resolve()
    of_file = (path for path in (named.weights, named.shadow_weights) if path is not None)
    paths = {
        each.resolve(): None for each in (shipped, *of_file, *model_files_in(folder_of(data_dir)))
    }
    return tuple(
        KnownModel(
            file,
            shipped=file.path == shipped,
            active=file.path == active,
            shadow=file.path == shadow != active,
        )
        for file in _read(paths)
    )


def folder_of(data_dir: DataDir) -> Path:
    """Where models are put."""
    return data_dir.root / "models"


def activate_model(
    database: Database, base: Settings, data_dir: DataDir, wanted: str, *, by: Actor, now: datetime
) -> KnownModel:
    """Let the model of that digest (or file name) read from now on; it is nobody's shadow then.

    Raises:
        InputError: there is none, or more than one.
        ContradictionError: it cannot be used.
    """
    model = _usable(known_models(database, base, data_dir), wanted)
    values = {WEIGHTS: None if model.shipped else str(model.file.path)}
    if model.shadow:
        values[SHADOW_WEIGHTS] = None
    with audit.audited(database, by, "model.activated", model.file.path.name, now=now) as change:
        change.after = document_of(model.file)
        change_settings(database, base, values, allowed=MODELS, by=by, now=now)
    return model


def set_shadow(
    database: Database, base: Settings, data_dir: DataDir, wanted: str, *, by: Actor, now: datetime
) -> KnownModel:
    """Let the model of that digest (or file name) read beside the active one, without being sent.

    Raises:
        InputError: there is none, or more than one.
        ContradictionError: it cannot be used, or is the active one.
    """
    model = _usable(known_models(database, base, data_dir), wanted)
    name = model.file.path.name
    if model.active:
        raise ContradictionError(f"{name} is the active model: another one can be its shadow")
    with audit.audited(database, by, "model.shadowed", name, now=now) as change:
        change.after = document_of(model.file)
        values = {SHADOW_WEIGHTS: str(model.file.path)}
        change_settings(database, base, values, allowed=MODELS, by=by, now=now)
    return model


def end_shadow(database: Database, base: Settings, *, by: Actor, now: datetime) -> None:
    """No shadow model any more; what it has not read yet is forgotten, what it said stays."""
    if in_force(database, base).inference.shadow_weights is not None:
        change_settings(database, base, {SHADOW_WEIGHTS: None}, allowed=MODELS, by=by, now=now)


def document_of(file: ModelFile) -> dict[str, Any]:
    """For the audit trail."""
    facts = {key: file.record.get(key) for key in ("name", "version", "architecture")}
    return {**facts, "sha256": file.sha256}


def _read(paths: dict[Path, None]) -> Iterator[ModelFile]:
    for path in paths:
        try:
            yield read_model_file(path)
        except OSError as error:
            logger.warning("the model file %s cannot be read: %s", path.name, error.strerror)


def _usable(known: tuple[KnownModel, ...], wanted: str) -> KnownModel:
    model = _chosen(known, wanted)
    if model.file.problem is not None:
        raise ContradictionError(f"{model.file.path.name}: {model.file.problem}")
    return model


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
