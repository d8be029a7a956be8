"""When is a series complete?

C-STORE has no end-of-series signal, so the first rule is quiet: nothing new for ``quiet_s``.
The timer is a column of the series (``quiet_until_utc``), so it survives a restart. What was
judged complete is pinned by a fingerprint: a slice that comes later changes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def fingerprint(sop_instance_uids: Iterable[str]) -> str:
    """SHA-256 over the sorted, distinct SOP Instance UIDs: which instances make up the series."""
    return hashlib.sha256("\n".join(sorted(set(sop_instance_uids))).encode("ascii")).hexdigest()
