"""Words for slices and lengths in the sentences that a radiologist reads."""

from __future__ import annotations

from collections.abc import Sequence

from inference.attributes import is_uid
from inference.types import SliceHeader


def name(header: SliceHeader) -> str:
    """A slice by the number that viewers show, or by its UID where it has none.

    Nothing else of the file is quoted: free text may be a patient's.
    """
    if header.frame_number is not None:
        return f"frame {header.frame_number}"
    if header.instance_number is not None:
        return f"slice {header.instance_number}"
    if is_uid(header.sop_instance_uid):
        return f"slice {header.sop_instance_uid}"
    return "a slice without a number"


def names(some: Sequence[SliceHeader], every: Sequence[SliceHeader]) -> str:
    """The slices in ``some`` by name, at most three of them, or that it is all of ``every``."""
    if len(some) == len(every) and len(every) > 1:
        return f"all {len(every)} slices"
    first = [name(each) for each in some[:3]]
    if len(some) > 3:
        return f"{', '.join(first)} and {len(some) - 3} more"
    return " and ".join([", ".join(first[:-1]), first[-1]]) if len(first) > 1 else first[0]


def missing(above: SliceHeader, below: SliceHeader, count: int) -> str:
    """That ``count`` slices are missing between two: which ones, where the numbers tell."""
    ends = sorted(
        number
        for each in (above, below)
        if (number := each.frame_number or each.instance_number) is not None
    )
    if len(ends) != 2 or ends[1] - ends[0] != count + 1:
        return f"Slices are missing between {name(above)} and {name(below)}"
    if count == 1:
        return f"Slice {ends[0] + 1} is missing"
    return f"Slices {ends[0] + 1} to {ends[1] - 1} are missing"


def mm(value: float) -> str:
    """A length to the micrometre, without empty decimals and without the unit."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
