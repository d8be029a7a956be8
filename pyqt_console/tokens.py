"""The session's token between two starts: in the system's keyring, else nowhere."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final, Protocol

import keyring
import keyring.errors

logger = logging.getLogger(__name__)

SERVICE: Final = "cspine-console"


class TokenStore(Protocol):
    """Keeps one token for each node."""

    def outlives(self) -> bool:
        """Whether what is kept outlives this program. May take a moment."""

    def load(self, url: str) -> str | None:
        """The token for the node, if there is one."""

    def save(self, url: str, token: str) -> bool:
        """Keep it. Returns whether it outlives this program."""

    def forget(self, url: str) -> None:
        """Keep it no longer; none is fine."""


class MemoryTokens:
    """Gone with the program."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}

    def outlives(self) -> bool:
        """No."""
        return False

    def load(self, url: str) -> str | None:
        """The token for the node, if there is one."""
        return self._tokens.get(url)

    def save(self, url: str, token: str) -> bool:
        """Keep it until the program ends."""
        self._tokens[url] = token
        return False

    def forget(self, url: str) -> None:
        """Keep it no longer."""
        self._tokens.pop(url, None)


class KeyringTokens:
    """In the system's keyring; where there is none, in memory only. Never in a file of ours."""

    def __init__(self) -> None:
        self._memory = MemoryTokens()

    def outlives(self) -> bool:
        """Whether the system has a keyring: without one the library's own stand-in refuses all."""
        try:
            keyring.get_password(SERVICE, "")
        except (keyring.errors.KeyringError, RuntimeError) as error:
            logger.info("no keyring: %s", type(error).__name__)
            return False
        return True

    def load(self, url: str) -> str | None:
        """The token for the node, if there is one."""
        try:
            return keyring.get_password(SERVICE, url) or self._memory.load(url)
        except (keyring.errors.KeyringError, RuntimeError) as error:
            logger.info("no keyring: %s", type(error).__name__)
            return self._memory.load(url)

    def save(self, url: str, token: str) -> bool:
        """Keep it. Returns whether it outlives this program."""
        try:
            keyring.set_password(SERVICE, url, token)
        except (keyring.errors.KeyringError, RuntimeError) as error:
            logger.info("no keyring: %s", type(error).__name__)
            return self._memory.save(url, token)
        return True

    def forget(self, url: str) -> None:
        """Keep it no longer; none is fine."""
        self._memory.forget(url)
        with suppress(keyring.errors.KeyringError, RuntimeError):  # there was none, or no keyring
            keyring.delete_password(SERVICE, url)
