"""What this implementation calls itself in associations and in the files that it writes."""

from __future__ import annotations

from typing import Final

from pydicom.uid import generate_uid

IMPLEMENTATION_CLASS_UID: Final = "2.25.23490484918635182617528969131278585624"
"""Derived from a random UUID (PS3.5 B.2), so no registered root is needed. Never changes: it
names the implementation, not a version of it (PS3.7 D.3.3.2)."""

IMPLEMENTATION_VERSION_NAME: Final = "CSPINE_NODE_0.1"
"""VR SH, at most 16 characters (PS3.7 D.3.3.2.3)."""

MANUFACTURER: Final = "cspine-node"
MODEL_NAME: Final = "cspine-node"
"""Manufacturer and ManufacturerModelName of every result object. Never change: they are how the
listener knows that what comes back is ours."""

UUID_ROOT: Final = "2.25."
"""How every UID begins that this program makes (PS3.5 B.2)."""


def new_uid() -> str:
    """A UID that nobody has: from a random UUID (PS3.5 B.2)."""
    return str(generate_uid(prefix=None))
