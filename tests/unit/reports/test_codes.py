"""The table of codes against pydicom's copy of PS3.16."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.codedict import codes as dictionary
from pydicom.sr.coding import Code

from dicom_node.reports import codes
from dicom_node.reports.codes import Term
from inference.types import LEVELS

TERMS = {
    **{name: each for name, each in vars(codes).items() if isinstance(each, Term)},
    **{f"vertebra {level}": term for level, term in codes.VERTEBRA.items()},
}
OUTSIDE = {  # what pydicom's dictionary does not have: LOINC, RFC 5646, one SNOMED code, one unit
    "ENGLISH",
    "CT_CERVICAL_SPINE",
    "FRACTURE",
    "PIXELS",
}


@pytest.mark.parametrize("name", sorted(set(TERMS) - OUTSIDE))
def test_the_code_exists(name: str) -> None:
    code = TERMS[name].code
    known: Iterable[Any] = concepts[code.scheme_designator].values()
    assert any(code.value in values for values in known)


@pytest.mark.parametrize(
    "name", sorted(n for n, t in TERMS.items() if re.fullmatch(r"CID \d+", t.origin))
)
def test_the_code_is_of_its_context_group(name: str) -> None:
    term = TERMS[name]
    if name in OUTSIDE:
        return
    group = getattr(dictionary, f"cid{term.origin.removeprefix('CID ')}")
    members = [getattr(group, keyword) for keyword in dir(group) if keyword[0].isupper()]
    assert term.code in members


def test_every_level_has_its_vertebra() -> None:
    assert tuple(codes.VERTEBRA) == LEVELS
    assert [term.code.meaning for term in codes.VERTEBRA.values()] == [
        f"{level} vertebra" for level in LEVELS
    ]


def test_no_code_is_there_twice() -> None:
    used = [(term.code.scheme_designator, term.code.value) for term in TERMS.values()]
    assert len(used) == len(set(used))


def test_the_fracture_is_not_the_thoracic_one() -> None:
    assert codes.FRACTURE.code == Code("72704001", "SCT", "Fracture")
