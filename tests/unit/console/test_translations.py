"""German is whole: every text has its translation, and what was compiled says the same."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from inference.types import ReasonCode
from pyqt_console.i18n import LANGUAGES, SOURCE_LANGUAGE, language, tr, tr_n
from pyqt_console.node_words import SENTENCE_OF_REASON, reason, reason_at_length
from tests.translations import Text, messages, sheet, texts, texts_of

OTHERS = [each for each in LANGUAGES if each != SOURCE_LANGUAGE]
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%n")


@pytest.mark.parametrize("code", OTHERS)
def test_placeholders_and_marks_are_those_of_the_source(code: str) -> None:
    for each in messages(code):
        if not each.finished:
            continue
        for form in each.translations:
            source = each.text.source
            if not each.text.plural or "%n" in form:
                places = Counter(PLACEHOLDER.findall(source)), Counter(PLACEHOLDER.findall(form))
                assert places[0] == places[1], source
            assert ("&" in source) == ("&" in form), source
            for glyph in "◇▲◐○✓✕◌●⏎":
                assert source.count(glyph) == form.count(glyph), source
            assert len(source) - len(source.lstrip()) == len(form) - len(form.lstrip()), source


def test_a_text_that_is_put_together_cannot_be_translated() -> None:
    for code in ("tr(f'{n} images')", "tr('a' + b)", "mark(word)", "tr_n('one', many, n)"):
        with pytest.raises(ValueError, match="whole literal"):
            list(texts_of(code))
    assert list(texts_of("tr('Read', 'column'); tr(row.title); tr_n('%n a', '%n b', n)")) == [
        Text("Read", "column"),
        Text("%n b", plural=True),
    ]
    assert sheet([Text("%n b", plural=True)]) == "translate('console', '%n b', '', 1)\n"


def test_the_language_is_the_wanted_one_else_the_systems_else_english() -> None:
    assert language("de", ["en-GB"]) == "de"
    assert language("", ["fr-FR", "de-AT", "en-GB"]) == "de"
    assert language("nonsense", ["de_DE"]) == "de"
    assert language("", ["fr-FR"]) == language("", []) == "en"


def test_without_a_translation_english_has_its_plurals() -> None:
    assert [tr_n("%n image", "%n images", n) for n in (0, 1, 2)] == [
        "0 images",
        "1 image",
        "2 images",
    ]
    assert tr("Sign in") == "Sign in"


def test_every_reason_of_a_refusal_can_be_told_in_other_languages() -> None:
    assert {each.value for each in ReasonCode} <= set(SENTENCE_OF_REASON)
    own = "Slices 118 to 121 are missing."
    assert reason("missing_slices", own) == reason_at_length("missing_slices", own) == own
    assert reason("of_tomorrow", own) == own
    assert reason("missing_slices", None) == "Slices are missing."


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated_and_nothing_else_is(code: str) -> None:
    there = {each.text for each in messages(code)}
    wanted = set(texts())
    assert not wanted - there, "make translations, then translate what is new"
    assert not there - wanted, "make translations: these are said no more"
    assert not [each.text for each in messages(code) if not each.finished]
