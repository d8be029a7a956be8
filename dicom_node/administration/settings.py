"""Settings that change while the node runs: kept in the database, before file and environment.

Several nodes on one database share them. Everything else needs a restart, since it is built into
ports, processes and contexts when the node starts.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from dicom_node.config import (
    ENVIRONMENT_PREFIX,
    LIVE,
    MODELS,
    SECRET_KEYS,
    SHADOW_WEIGHTS,
    Settings,
    first_problem,
)
from dicom_node.errors import InputError
from storage import audit, shadow_readings
from storage import settings as stored_settings
from storage.database import Database
from storage.records import Actor

logger = logging.getLogger(__name__)

DATABASE: Final = "database"
"""Where a value comes from that was changed while the node ran."""

AT_START: Final = {"source": "start"}
"""Of a setting of which the database says nothing."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force."""

    key: str
    value: Any
    source: str
    """``default``, ``file``, ``environment`` or ``database``."""
    live: bool
    at_start: Any
    """What holds if the database says nothing."""


class LiveSettings:
    """The settings in force in a running node; :meth:`tick` is for one thread.

    ``at_start`` is what file and environment say, ``now`` what is in force.
    """

    def __init__(self, database: Database, base: Settings) -> None:
        self._database = database
        self.at_start = base
        self._stored = stored_settings.stored(database)
        self.now = overlaid(base, self._stored)
        self.on_change: Callable[[Settings], None] = lambda _: None

    def tick(self) -> None:
        """Look whether somebody changed them, and tell."""
        stored = stored_settings.stored(self._database)
        if stored == self._stored:
            return
        logger.info("settings changed: %s", json.dumps(stored, sort_keys=True))
        self._stored, self.now = stored, overlaid(self.at_start, stored)
        self.on_change(self.now)


def in_force(database: Database, base: Settings) -> Settings:
    """What holds now."""
    return overlaid(base, stored_settings.stored(database))


def overlaid(base: Settings, stored: Mapping[str, Any]) -> Settings:
    """``base`` with what the database says; what another version wrote and is not valid is left."""
    found = base
    for key, value in stored.items():
        try:
            found = _with(found, {key: value})
        except InputError as error:
            logger.error("a stored setting is left out: %s", error)
    return found


def described(database: Database, base: Settings) -> tuple[Setting, ...]:
    """All settings with where they come from, by section. The database's URL shows no password."""
    stored = stored_settings.stored(database)
    now = overlaid(base, stored).model_dump(mode="json")
    at_start = base.model_dump(mode="json")
    for document in (now, at_start):
        document["storage"]["database_url"] = database.url_without_password
    return tuple(
        Setting(
            key=f"{section}.{name}",
            value=value,
            source=_source(base, stored, section, name),
            live=f"{section}.{name}" in LIVE,
            at_start=at_start[section][name],
        )
        for section, values in now.items()
        for name, value in values.items()
    )


def change_settings(
    database: Database,
    base: Settings,
    values: Mapping[str, Any],
    reset: Collection[str] = (),
    *,
    allowed: Collection[str] = LIVE,
    by: Actor,
    now: datetime,
) -> None:
    """Store ``values``, and forget those of ``reset``; all of them or none. One entry each.

    Only of the keys ``allowed``.

    Raises:
        InputError: a key does not change while the node runs, or a value is impossible.
    """
    for key in (*values, *reset):
        if key not in allowed:
            raise InputError(f"{key}: it is no setting that changes while the node runs")
    if both := sorted(set(values) & set(reset)):
        raise InputError(f"{both[0]}: either a value or back to that of the file")
    _with(base, values)
    with ExitStack() as stack:
        for key in sorted({*values, *reset}):
            entry = audit.audited(database, by, "setting.changed", key, now=now)
            change = stack.enter_context(entry)
            change.before = _document(database, base, key)
            if key in values:
                stored_settings.put(database, key, values[key], now=now)
            else:
                stored_settings.drop(database, key)
            change.after = _document(database, base, key)
        if (
            SHADOW_WEIGHTS in {*values, *reset}
            and not in_force(database, base).inference.shadow_weights
        ):
            shadow_readings.forget_waiting(database)


def stored_document(database: Database, key: str) -> dict[str, Any]:
    """What the database says of a setting, in the form of :func:`usual_document`."""
    stored = stored_settings.stored(database)
    return {"value": stored[key], "source": DATABASE} if key in stored else AT_START


def usual_document(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry's document without the value of file and environment, which may change."""
    return document if document["source"] == DATABASE else AT_START


def _document(database: Database, base: Settings, key: str) -> dict[str, Any]:
    """For the audit trail: what is in force, and why."""
    section, _, name = key.partition(".")
    stored = stored_settings.stored(database)
    document = overlaid(base, stored).model_dump(mode="json")
    return {"value": document[section][name], "source": _source(base, stored, section, name)}


def _with(base: Settings, values: Mapping[str, Any]) -> Settings:
    """``base`` with other values, checked as the file is; InputError names the key."""
    document = base.model_dump(mode="json")
    for key in SECRET_KEYS:  # masked, so no longer valid; none of them is live
        section, _, name = key.partition(".")
        del document[section][name]
    for key, value in values.items():
        section, _, name = key.partition(".")
        if key not in LIVE | MODELS:
            raise InputError(f"{key}: it is no setting that changes while the node runs")
        document[section][name] = value
    try:
        checked = Settings.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        raise InputError(first_problem(error)) from error
    sections = {key.partition(".")[0] for key in values}
    return base.model_copy(update={each: getattr(checked, each) for each in sections})


def _source(base: Settings, stored: Mapping[str, Any], section: str, name: str) -> str:
    if f"{section}.{name}" in stored:
        return DATABASE
    if f"{ENVIRONMENT_PREFIX}{section}__{name}".upper() in os.environ:
        return "environment"
    return "file" if name in getattr(base, section).model_fields_set else "default"
