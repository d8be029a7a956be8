"""The gate of a result set: nothing leaves the node unless all of it passes.

The report is judged by :mod:`conformance`, every object by itself, and the set as a whole. If one
piece is wrong, none is sent: the reading is parked in sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from pydicom.dataset import Dataset

from dicom_node.errors import NonConformantReportError
from dicom_node.reports import conformance, document_rules, object_rules, set_rules
from dicom_node.reports.pictures import Pictures
from dicom_node.reports.result_set import SetObject
from dicom_node.reports.set_rules import Judged
from inference.types import Prediction
from storage.records import Piece

ObjectRule: TypeAlias = Callable[[SetObject, Sequence[Dataset]], Iterator[str]]
SetRule: TypeAlias = Callable[[Judged], Iterator[str]]

_CAPTURES: Final = frozenset({Piece.KEY_IMAGE, Piece.SUMMARY})
_BESIDE_THE_REPORT: Final = frozenset(object_rules.KINDS) - {Piece.REPORT}
_MAPS: Final = frozenset({Piece.HEAT_MAP})

OBJECT_RULES: Final[Mapping[str, tuple[frozenset[Piece], ObjectRule]]] = {
    "kind": (
        frozenset(object_rules.KINDS),
        lambda each, _: object_rules.kind(each.piece, each.dataset),
    ),
    "mandatory": (
        _BESIDE_THE_REPORT,
        lambda each, _: object_rules.mandatory(each.piece, each.dataset),
    ),
    "own UIDs": (
        _BESIDE_THE_REPORT,
        lambda each, sources: document_rules.own_uids(each.dataset, sources),
    ),
    "patient": (
        _BESIDE_THE_REPORT,
        lambda each, sources: document_rules.patient_and_study(each.dataset, sources),
    ),
    "identity": (
        frozenset(object_rules.KINDS),
        lambda each, sources: object_rules.identity(each.dataset, sources),
    ),
    "research only": (
        _BESIDE_THE_REPORT,
        lambda each, _: object_rules.research_only(each.piece, each.dataset),
    ),
    "references": (
        _BESIDE_THE_REPORT,
        lambda each, sources: object_rules.references(each.dataset, sources),
    ),
    "picture": (_CAPTURES, lambda each, _: object_rules.picture(each.dataset)),
    "burned in": (_CAPTURES, lambda each, _: object_rules.burned_in(each.dataset)),
    "frame of reference": (
        _MAPS,
        lambda each, sources: object_rules.frame_of_reference(each.dataset, sources),
    ),
}
"""Which pieces each rule is about, and the rule."""

SET_RULES: Final[Mapping[str, SetRule]] = {
    "pieces": set_rules.pieces,
    "unique UIDs": set_rules.unique_uids,
    "one time": set_rules.one_time,
    "as predicted": set_rules.as_predicted,
    "predecessor": set_rules.predecessor,
    "key images": set_rules.key_images,
    "key objects": set_rules.key_objects,
    "outlines": set_rules.outlines,
    "whole series": set_rules.whole_series,
    "says not analysed": set_rules.says_not_analysed,
}


def check_set(judged: Judged) -> tuple[str, ...]:
    """What is wrong with a set, piece by piece and rule by rule; empty if nothing is.

    No text has patient data in it.
    """
    return tuple(_problems(judged))


def require_conformant_set(
    objects: Sequence[SetObject],
    sources: Sequence[Dataset],
    prediction: Prediction,
    pictures: Pictures,
    *,
    predecessor: Dataset | None = None,
) -> None:
    """Raise :class:`NonConformantReportError`, naming what is wrong, unless nothing is."""
    _require(Judged(objects, sources, (prediction, pictures), predecessor))


def require_conformant_notice(objects: Sequence[SetObject], sources: Sequence[Dataset]) -> None:
    """The same for the set of a series without a reading."""
    _require(Judged(objects, sources, None))


def _require(judged: Judged) -> None:
    if problems := check_set(judged):
        raise NonConformantReportError(f"the result set is not conformant: {'; '.join(problems)}")


def _problems(judged: Judged) -> Iterator[str]:
    for each in judged.objects:
        if each.piece is Piece.REPORT:
            yield from (f"report, {p}" for p in conformance.check(each.dataset, judged.sources))
        elif each.piece not in object_rules.KINDS:
            yield f"{each.piece.value} is no piece of a result set"
            continue
        for name, (pieces, rule) in OBJECT_RULES.items():
            if each.piece in pieces:
                for problem in rule(each, judged.sources):
                    yield f"{each.piece.value} {each.ordinal}, {name}: {problem}"
    for name, set_rule in SET_RULES.items():
        yield from (f"{name}: {problem}" for problem in set_rule(judged))
