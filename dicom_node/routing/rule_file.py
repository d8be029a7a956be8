"""A rule in a file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from dicom_node.errors import InputError
from dicom_node.routing.rules import Rule, parse_rule


def read_rule(file: Path) -> Rule:
    """A rule from a file: TOML by its ending, else JSON.

    Raises:
        InputError: the file cannot be read, or its rule is not valid.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file}: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{file}: a rule is an object of keys and values")
    return parse_rule(document)
