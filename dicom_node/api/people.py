"""What a user is called; shared with the commands."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

UserName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", min_length=1, max_length=64)
]
"""Small letters, digits, dot, dash, underscore."""
PersonText = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\\]*$")]
"""At most VR LO (PS3.5 6.2)."""
