"""Everything this package raises on purpose: the environment failed, or the caller has a bug.

StorageError
├── DatabaseUnavailableError     cannot be opened, is locked, is full
├── DatabaseTooNewError          written by a newer version of the program
├── DataDirBusyError             another node runs on the same data directory
├── DiskFullError                no room (ENOSPC, EDQUOT)
├── InvalidUidError              not a UID: must never become a path
├── NotFoundError                no such row
├── AlreadyExistsError           a row of that name is there
└── IllegalTransitionError       a state change that the table does not allow (a bug)
"""

from __future__ import annotations


class StorageError(Exception):
    """Root of the tree. ``str(error)`` is one line that a person can act on."""


class DatabaseUnavailableError(StorageError):
    """The database cannot be opened, is locked for too long, or is full."""


class DatabaseTooNewError(StorageError):
    """The database was written by a newer version of the program."""


class DataDirBusyError(StorageError):
    """Another node runs on the same data directory."""


class DiskFullError(StorageError):
    """No room left for the data."""


class InvalidUidError(StorageError):
    """The text is not a DICOM UID and must never become a path."""


class NotFoundError(StorageError):
    """No such row."""


class AlreadyExistsError(StorageError):
    """A row of that name is already there."""


class IllegalTransitionError(StorageError):
    """A change of state that the table does not allow: a bug in the caller."""
