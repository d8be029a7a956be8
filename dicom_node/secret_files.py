"""Secrets that the configuration names by file, so that it can be shown and copied without them."""

from __future__ import annotations

import stat
from pathlib import Path

from dicom_node.errors import ConfigError


def read_secret(key: str, path: Path, *, least_length: int = 1) -> str:
    """What stands in the file that the setting ``key`` names, without the white space around it.

    Raises:
        ConfigError: it cannot be read, everybody may read it, or it is too short; names the key
            and nothing of the secret.
    """
    where = f"{key}: {path}"
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            raise ConfigError(f"{where} is open to everybody: chmod o= {path}")
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: it is no text") from None
    if len(secret) < least_length:
        raise ConfigError(f"{where}: it has less than {least_length} characters")
    return secret
