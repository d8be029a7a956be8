"""Passwords: argon2id, a dummy for users that do not exist, a bound on work at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dicom_node.errors import EnvironmentFailedError, InputError

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 256
WAIT_S: Final = 5.0
"""How long one waits for its turn; a flood of sign-ins must not hold all threads."""
AT_A_TIME: Final = 2
"""Each takes 64 MiB and a core for a moment: strangers must not take all of them."""


def checked_password(name: str, password: str) -> str:
    """``password``, if it is long enough and not the name.

    Raises:
        InputError: it is not.
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise InputError(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters")
    if name.casefold() in password.casefold() and len(password) < len(name) + LENGTH_MIN:
        raise InputError("a password must not be made of the user's name")
    if len(set(password)) < 4:
        raise InputError("a password has at least four different characters")
    return password


class Passwords:
    """Hashes and verifies; usable from many threads at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()  # RFC 9106's low-memory choice, argon2id
        self._turns = threading.BoundedSemaphore(AT_A_TIME)
        self._dummy: str | None = None

    def hash(self, password: str) -> str:
        """For ``users.password_hash``.

        Raises:
            EnvironmentFailedError: too many are at it.
        """
        with self._turn():
            return self._hasher.hash(password)

    def verify(self, stored_hash: str | None, password: str) -> bool:
        """Whether it is the password. ``None`` (no such user) takes as long, and is never it.

        Raises:
            EnvironmentFailedError: too many are at it.
        """
        with self._turn():
            if self._dummy is None:
                self._dummy = self._hasher.hash("a password that nobody has")
            try:
                self._hasher.verify(stored_hash or self._dummy, password)
            except (VerificationError, InvalidHashError):
                return False
        return stored_hash is not None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_S):
            raise EnvironmentFailedError("too many sign in at once: try again in a moment")
        try:
            yield
        finally:
            self._turns.release()
