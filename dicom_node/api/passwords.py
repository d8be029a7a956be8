"""Passwords: argon2id, a dummy for users that do not exist, a bound on work at a time."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dicom_node.errors import InputError

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 256
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
        """For ``users.password_hash``."""
        with self._turns:
            return self._hasher.hash(password)

    def verify(self, stored_hash: str | None, password: str) -> bool:
        """Whether it is the password. ``None`` (no such user) takes as long, and is never it."""
        with self._turns:
            if self._dummy is None:
                self._dummy = self._hasher.hash("a password that nobody has")
            try:
                self._hasher.verify(stored_hash or self._dummy, password)
            except (VerificationError, InvalidHashError):
                return False
        return stored_hash is not None
