"""What can go wrong between the console and a node; every text is a sentence for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class ConsoleError(Exception):
    """The root of the tree."""


class OfflineError(ConsoleError):
    """The node cannot be reached, or went away while it answered. Trying again may help."""


class UntrustedError(OfflineError):
    """The node's certificate is not one that is trusted: nothing was sent."""


class AddressError(ConsoleError):
    """The node's address cannot be used."""


class UnreadableError(ConsoleError):
    """A local file cannot be read or written."""


class BugError(ConsoleError):
    """We have a bug; its traceback is in the log."""


class AnswerError(ConsoleError):
    """The node answered with a failure.

    Attributes:
        code: for programs (``docs/api.md``).
        id: stands in the node's log, too.
        detail: what belongs to the code.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        id_: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.id = id_
        self.detail: Mapping[str, Any] = detail or {}


class SignedOutError(AnswerError):
    """The session has ended."""


class RefusedError(AnswerError):
    """This user may not, not yet, or gave a wrong password."""


class ConflictError(AnswerError):
    """Something else came first; ``detail`` brings it."""


class InvalidError(AnswerError):
    """The node does not take what was sent, or does not know what was asked for."""


class ServerError(AnswerError):
    """The node failed. ``id`` helps whoever looks after it."""


CLASS_OF_STATUS: Final[Mapping[int, type[AnswerError]]] = {
    401: SignedOutError,
    403: RefusedError,
    409: ConflictError,
    429: RefusedError,
}
"""Others: below 500 the request is at fault, from there the node."""

CLASS_OF_CODE: Final[Mapping[str, type[AnswerError]]] = {
    "wrong_credentials": RefusedError,
}
"""Goes before the status."""


def class_of(status: int, code: str) -> type[AnswerError]:
    """Which failure an answer of 300 and above is."""
    known = CLASS_OF_CODE.get(code) or CLASS_OF_STATUS.get(status)
    if known is not None:
        return known
    return ServerError if status >= 500 or status < 400 else InvalidError
