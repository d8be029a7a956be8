"""Whether a verdict fits the reading it is about. Without I/O: the caller brings what is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dicom_node.errors import InvalidVerdictError
from dicom_node.verdicts.document import AddedFinding, Choice, Verdict
from dicom_node.verdicts.places import ends_of, key_slice_of
from inference.types import SliceHeader, SliceSource

_TOLERANCE_MM2: Final = 1e-3


def require_fitting(
    verdict: Verdict,
    result: Mapping[str, Any] | None,
    slices: Mapping[SliceSource, SliceHeader],
) -> None:
    """Check a verdict against the machine's result and the images.

    Args:
        verdict: the reader's.
        result: the result.json of the reading; None where it was not analysed.
        slices: at least the slices of the series that ``verdict`` names.

    Raises:
        InvalidVerdictError: it does not fit; names the field.
    """
    _require_every_finding_judged_once(verdict, result)
    for number, added in enumerate(verdict.added):
        _require_on_the_images(f"added.{number}", added, slices)
    _require_one_finding_a_level(verdict)
    _require_no_contradiction(verdict)


def _require_every_finding_judged_once(verdict: Verdict, result: Mapping[str, Any] | None) -> None:
    found = [] if result is None else [finding["level"] for finding in result["findings"]]
    judged = [each.level for each in verdict.findings]
    for number, level in enumerate(judged):
        if level not in found:
            raise InvalidVerdictError(
                f"findings.{number}.level", f"the machine has no finding at {level}"
            )
    if twice := _repeated(judged):
        raise InvalidVerdictError("findings", f"the finding at {twice} is judged twice")
    if missing := [level for level in found if level not in judged]:
        raise InvalidVerdictError("findings", f"the finding at {', '.join(missing)} is not judged")


def _require_on_the_images(
    field: str, added: AddedFinding, slices: Mapping[SliceSource, SliceHeader]
) -> None:
    key = _slice(f"{field}.key_slice", "_sop_uid", "_frame", key_slice_of(added), slices)
    _require_inside(field, added, key)
    names = (f"{field}.first_slice", f"{field}.last_slice")
    ends = [
        _slice(name, ".sop_uid", ".frame", each, slices)
        for name, each in zip(names, ends_of(added), strict=False)
    ]
    for end in ends:
        _require_inside(field, added, end)
    if ends and not _is_between(key, *ends):
        raise InvalidVerdictError(
            f"{field}.first_slice", "the key slice is not between first_slice and last_slice"
        )


def _slice(
    field: str,
    of_uid: str,
    of_frame: str,
    source: SliceSource,
    slices: Mapping[SliceSource, SliceHeader],
) -> SliceHeader:
    header = slices.get(source)
    if header is not None:
        return header
    if not any(each.sop_instance_uid == source.sop_instance_uid for each in slices):
        raise InvalidVerdictError(f"{field}{of_uid}", "no image of this series")
    raise InvalidVerdictError(
        f"{field}{of_frame}", "no frame of this image (none for single-frame images)"
    )


def _require_inside(field: str, added: AddedFinding, header: SliceHeader) -> None:
    x, y, width, height = added.box
    rows, columns = header.rows or 0, header.columns or 0
    if x + width > columns or y + height > rows:
        raise InvalidVerdictError(
            f"{field}.box", f"outside the image, which has {columns} × {rows} pixels"
        )


def _is_between(key: SliceHeader, first: SliceHeader, last: SliceHeader) -> bool:
    """Along the way from the first to the last; true where the images do not say where they lie."""
    if key.position_mm is None or first.position_mm is None or last.position_mm is None:
        return True
    way = [there - here for here, there in zip(first.position_mm, last.position_mm, strict=True)]
    done = [there - here for here, there in zip(first.position_mm, key.position_mm, strict=True)]
    along, whole = (sum(a * b for a, b in zip(way, each, strict=True)) for each in (done, way))
    return -_TOLERANCE_MM2 <= along <= whole + _TOLERANCE_MM2


def _require_one_finding_a_level(verdict: Verdict) -> None:
    accepted = [each for each in verdict.findings if each.verdict is Choice.ACCEPT]
    present = [each.changed_level or each.level for each in accepted]
    present += [each.level for each in verdict.added]
    if twice := _repeated(present):
        raise InvalidVerdictError(
            "added", f"{twice} would have two findings: outline the whole, tell in the comment"
        )


def _require_no_contradiction(verdict: Verdict) -> None:
    open_ = {
        each.changed_level or each.level
        for each in verdict.findings
        if each.verdict is not Choice.REJECT
    } | {each.level for each in verdict.added}
    if verdict.no_finding and open_:
        raise InvalidVerdictError("no_finding", f"contradicts what is said of {min(open_)}")
    for number, level in enumerate(verdict.absent_levels):
        if level in open_:
            raise InvalidVerdictError(
                f"absent_levels.{number}", f"contradicts what is said of {level}"
            )
    if twice := _repeated(verdict.absent_levels):
        raise InvalidVerdictError("absent_levels", f"{twice} is named twice")
    if not (verdict.findings or verdict.added or verdict.no_finding):
        raise InvalidVerdictError(
            "no_finding", "nothing is said: either findings, or no_finding must be true"
        )


def _repeated(levels: Iterable[str]) -> str | None:
    return next((level for level, count in Counter(levels).items() if count > 1), None)
