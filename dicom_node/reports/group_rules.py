"""Rules for the measurement groups: each level once, coded right, and numbers that agree.

No validator checks templates: dciodvfy and dsrdump pass a wrong concept and a lost tracking
identifier. Each rule yields what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydicom.dataset import Dataset

from dicom_node.reports import codes
from dicom_node.reports.content_tree import (
    CodeTriplet,
    children,
    coded,
    measurement_groups_of,
    numbers,
    texts,
    triplet,
    uids,
)
from dicom_node.reports.measurement_groups import CUT_OFF, OUTSIDE, UNRECOGNISED
from storage.errors import InvalidUidError
from storage.files import validated_uid

_SPINE: Final = triplet(codes.CERVICAL_SPINE.code)
_LEVELS: Final = tuple(triplet(term.code) for term in codes.VERTEBRA.values())
_PRESENT, _ABSENT, _UNDETERMINED = (
    triplet(term.code) for term in (codes.PRESENT, codes.ABSENT, codes.UNDETERMINED)
)
_MODEL: Final = (codes.ALGORITHM_NAME, codes.ALGORITHM_VERSION, codes.ALGORITHM_MANUFACTURER)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def one_group_a_site(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """C1…C7 in order, then the cervical spine; each group one site of CID 7603 or 4031."""
    sites = [coded(group, codes.FINDING_SITE) for group in measurement_groups_of(report)]
    if sites != [[site] for site in (*_LEVELS, _SPINE)]:
        yield "the groups are not those of C1 to C7 and the cervical spine"


def tracking(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Every group has a tracking identifier and a tracking UID of its own."""
    seen: set[str] = set()
    for number, group in enumerate(measurement_groups_of(report), 1):
        names, tracked = texts(group, codes.TRACKING_IDENTIFIER), uids(group, codes.TRACKING_UID)
        if len(names) != 1 or not names[0]:
            yield f"group {number} has no tracking identifier"
        if len(tracked) != 1 or not _is_uid(tracked[0]):
            yield f"group {number} has no tracking UID"
        elif tracked[0] in seen:
            yield f"group {number} repeats a tracking UID"
        seen.update(tracked)


def finding(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Every group is about a fracture."""
    for number, group in enumerate(measurement_groups_of(report), 1):
        for name, value in (
            (codes.FINDING, codes.FRACTURE),
            (codes.FINDING_CATEGORY, codes.ABNORMAL_STRUCTURE),
        ):
            if coded(group, name) != [triplet(value.code)]:
                yield f"group {number}: {name.code.meaning} is not {value.code.meaning}"


def evaluation(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Every group is present, absent or undetermined."""
    for number, group in enumerate(measurement_groups_of(report), 1):
        if evaluation_of(group) is None:
            yield f"group {number} has no evaluation of CID 240"


def probability(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """In 0…1 with its unit where something was assessed, and none where it was not."""
    unit = triplet(codes.NO_UNITS.code)
    for number, group in enumerate(measurement_groups_of(report), 1):
        found = numbers(group, codes.PROBABILITY)
        if _is_level(group) and evaluation_of(group) == _UNDETERMINED and not _is_cut_off(group):
            if children(group, "NUM"):
                yield f"group {number} has a number although it was not assessed"
        elif len(found) != 1:
            yield f"group {number} has not exactly one probability"
        elif found[0][1] != unit:
            yield f"group {number}: the probability has another unit"
        elif found[0][0] is None or not 0 <= found[0][0] <= 1:
            yield f"group {number}: the probability is not in 0…1"


def algorithm(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Every group names the same model: name, version, weights, operating point, AI."""
    stated = set()
    for number, group in enumerate(measurement_groups_of(report), 1):
        named = [texts(group, name) for name in _MODEL]
        parameters = _parameters_of(group)
        if not all(len(each) == 1 and each[0] for each in named):
            yield f"group {number} does not name its algorithm"
        if not _SHA256.fullmatch(parameters.get("weights_sha256", "")):
            yield f"group {number} does not name the weights"
        if _operating_point(group) is None:
            yield f"group {number} does not name the operating point"
        if coded(group, codes.ALGORITHM_FAMILY) != [triplet(codes.ARTIFICIAL_INTELLIGENCE.code)]:
            yield f"group {number} does not say that it is artificial intelligence"
        stated.add((repr(named), repr(sorted(parameters.items()))))
    if len(stated) > 1:
        yield "the groups name different algorithms"


def in_words(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """Weights and operating point stand in a sentence too, the same as in the groups."""
    said = texts(report, codes.COMMENT)
    for number, group in enumerate(measurement_groups_of(report), 1):
        parameters = _parameters_of(group)
        named = [parameters.get(name, "?") for name in ("weights_sha256", "operating_point")]
        if not any(all(name in text for name in named) for text in said):
            yield f"no sentence names the weights and the operating point of group {number}"


def numbers_agree(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """What is said of a level follows from its probability, and of the spine from the levels."""
    groups = measurement_groups_of(report)
    levels = [evaluation_of(group) for group in groups if _is_level(group)]
    for number, group in enumerate(groups, 1):
        value, point = _probability_of(group), _operating_point(group)
        said = evaluation_of(group)
        if value is None or point is None:
            continue
        reached = value >= point
        if _is_level(group):
            below = _UNDETERMINED if _is_cut_off(group) else _ABSENT
            agrees = said == (_PRESENT if reached else below)
        elif _PRESENT in levels:
            agrees = said == _PRESENT
        elif _UNDETERMINED in levels or reached:
            agrees = said == _UNDETERMINED
        else:
            agrees = said == _ABSENT
        if not agrees:
            yield f"group {number} contradicts its probability or the other groups"


def not_assessed(report: Dataset, _: Sequence[Dataset]) -> Iterator[str]:
    """What was not assessed, or only in part, says so in words and makes the document partial."""
    is_partial = False
    for group in filter(_is_level, measurement_groups_of(report)):
        unknown = evaluation_of(group) == _UNDETERMINED
        if unknown and _words_of(group) not in (OUTSIDE, UNRECOGNISED, CUT_OFF):
            yield "a level that was not assessed does not say so"
        is_partial |= unknown or _is_cut_off(group)
    if report.get("CompletionFlag") != ("PARTIAL" if is_partial else "COMPLETE"):
        yield "CompletionFlag does not tell whether every level was assessed"


def _is_level(group: Dataset) -> bool:
    return coded(group, codes.FINDING_SITE) != [_SPINE]


def _words_of(group: Dataset) -> str:
    said = texts(group, codes.COMMENT)
    return said[0] if len(said) == 1 else ""


def _is_cut_off(group: Dataset) -> bool:
    return _words_of(group) == CUT_OFF


def evaluation_of(group: Dataset) -> CodeTriplet | None:
    """Present, absent or undetermined; None if it is none of them."""
    values = coded(group, codes.FRACTURE)
    known = (_PRESENT, _ABSENT, _UNDETERMINED)
    return values[0] if len(values) == 1 and values[0] in known else None


def _probability_of(group: Dataset) -> float | None:
    found = numbers(group, codes.PROBABILITY)
    return found[0][0] if len(found) == 1 else None


def _parameters_of(group: Dataset) -> Mapping[str, str]:
    stated = texts(group, codes.ALGORITHM_PARAMETERS)
    return dict(text.split("=", 1) for text in stated if "=" in text)


def _operating_point(group: Dataset) -> float | None:
    try:
        return float(_parameters_of(group).get("operating_point", ""))
    except ValueError:
        return None


def _is_uid(text: str) -> bool:
    try:
        validated_uid(text)
    except InvalidUidError:
        return False
    return True
