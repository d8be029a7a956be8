"""Everything this package raises on purpose.

    CspineError
    ├── EnvironmentFailedError        the machine or its configuration: an operator can mend it
    │   ├── ConfigError               exit status 2, names the key
    │   ├── AlertNotSentError         a webhook or a mail server did not take an alert: try again
    │   └── WorkerFailedError         the inference process could not start, hung or died
    ├── PeerFailedError               another DICOM node
    │   ├── ProviderFailedError       the OpenID Connect provider is away, or is none
    │   ├── PeerUnreachableError      no connection, time-out, out of resources: try again
    │   └── PeerRefusedError          it said no, and will say no again
    ├── InputError                    what the user named does not exist or cannot be used
    │   ├── RefusedIdentityError      what the provider says of a person is not accepted
    │   ├── InvalidVerdictError       a reader's verdict does not fit the reading; names the field
    │   ├── ConflictError             another reader's verdict came first; it is carried along
    │   └── ContradictionError        something newer, or a rule of the house, stands against it
    └── InternalError                 we have a bug
        └── NonConformantReportError  a result object failed our own check; it is never sent

Foreign exceptions are translated where the foreign library is called. ``storage`` and
``inference`` know nothing of this tree: ``storage.errors.StorageError`` (the environment failed)
and ``inference.errors.InferenceError`` (weights or device) stand beside it, and ``cli`` maps all
of them to an exit status and one line on stderr.
"""

from __future__ import annotations

from storage.records import VerdictRecord


class CspineError(Exception):
    """Root of the tree. ``str(error)`` is one line that a person can act on."""


class EnvironmentFailedError(CspineError):
    """The machine, its disk, its ports or its configuration is at fault."""


class ConfigError(EnvironmentFailedError):
    """A setting is unknown, of the wrong type or impossible; the message names its key."""


class AlertNotSentError(EnvironmentFailedError):
    """A webhook or a mail server did not take an alert; the message holds no secret."""


class WorkerFailedError(EnvironmentFailedError):
    """The inference process did not start, hung, or died during a job."""


class PeerFailedError(CspineError):
    """Another DICOM node is at fault."""


class PeerUnreachableError(PeerFailedError):
    """Nothing was decided: no connection, a time-out, an abort, or A7xx. Try again later.

    ``retry_after_s``: not sooner, if the peer said so.
    """

    def __init__(self, text: str, *, retry_after_s: float = 0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class PeerRefusedError(PeerFailedError):
    """The peer answered no (A9xx, Cxxx, no presentation context): a retry gets the same answer."""


class ProviderFailedError(PeerFailedError):
    """The OpenID Connect provider cannot be reached, or answers what no provider answers."""


class InputError(CspineError):
    """The user named something that does not exist or cannot be used."""


class InvalidVerdictError(InputError):
    """A reader's verdict is malformed or does not fit the reading; ``field`` is what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class RefusedIdentityError(InputError):
    """A sign-in by the provider is not accepted; ``code`` is why, for the audit trail."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ConflictError(InputError):
    """Another reader's verdict, ``other``, came first: this one did not know of it."""

    def __init__(self, message: str, other: VerdictRecord | None) -> None:
        super().__init__(message)
        self.other = other


class ContradictionError(InputError):
    """Something newer, or a rule of the house, stands against a change; ``code`` says which."""

    def __init__(self, message: str, *, code: str = "conflict") -> None:
        super().__init__(message)
        self.code = code


class InternalError(CspineError):
    """We have a bug."""


class NonConformantReportError(InternalError):
    """A result object failed our own conformance check and must not leave the node."""
