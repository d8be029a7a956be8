from __future__ import annotations

import fnmatch
import itertools

import pytest

from dicom_node.routing.wildcards import matches


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("CT1", "CT1", True),
        ("ct1", " CT1 ", True),
        ("CT1", "CT10", False),
        ("CT*", "CT", True),
        ("*neck*", "CT Neck w/o", True),
        ("*spine", "C-Spine thin", False),
        ("CT?", "CT1", True),
        ("CT?", "CT", False),
        ("", "", True),
        ("", "CT", False),
        ("*", "", True),
        ("?", "", False),
        ("HWS*GRÖSSE", "hws große", False),
        ("*straße*", "HAUPTSTRASSE 1", True),
        ("[C]T", "CT", False),
        ("C.", "CT", False),
        ("C\\*", "C\\x", True),
    ],
)
def test_patterns(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_the_same_as_the_shell_for_all_short_patterns_and_texts() -> None:
    alphabet = "ab*?"
    patterns = ["".join(each) for n in range(5) for each in itertools.product(alphabet, repeat=n)]
    texts = ["".join(each) for n in range(5) for each in itertools.product("ab", repeat=n)]
    wrong = [
        (pattern, text)
        for pattern in patterns
        for text in texts
        if matches(pattern, text) is not fnmatch.fnmatchcase(text, pattern)
    ]
    assert wrong == []


def test_no_pattern_takes_for_ever() -> None:
    assert not matches("*a" * 100 + "b", "a" * 300)
