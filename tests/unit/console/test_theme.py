"""Colours hold their contrast; no outcome is told by its colour alone."""

from __future__ import annotations

from itertools import combinations
from math import dist

import pytest

from pyqt_console.theme import (
    PALETTES,
    SHAPE_CONTRAST,
    SHAPES_ON,
    SIGN_OF_OUTCOME,
    TEXT_CONTRAST,
    TEXT_ON,
    Palette,
    contrast,
    sign_of,
    style_sheet,
)
from storage.records import Outcome, SeriesState


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_everything_that_is_written_can_be_read(palette: Palette) -> None:
    for pairs, least in ((TEXT_ON, TEXT_CONTRAST), (SHAPES_ON, SHAPE_CONTRAST)):
        low = {
            (front, back): round(contrast(getattr(palette, front), getattr(palette, back)), 2)
            for front, back in pairs
            if contrast(getattr(palette, front), getattr(palette, back)) < least
        }
        assert low == {}


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_colour_of_the_palette_is_looked_at(palette: Palette) -> None:
    looked_at = {name for pair in (*TEXT_ON, *SHAPES_ON) for name in pair}
    assert looked_at == set(Palette.__dataclass_fields__) - {"name"}
    assert "None" not in style_sheet(palette)


def test_every_outcome_of_the_node_has_a_sign_of_its_own() -> None:
    assert set(SIGN_OF_OUTCOME) == {each.value for each in Outcome}
    words = [sign.word for sign in SIGN_OF_OUTCOME.values()]
    glyphs = [sign.glyph for sign in SIGN_OF_OUTCOME.values()]
    assert len(set(words)) == len(words)
    assert len(set(glyphs)) == len(glyphs)


def test_what_is_not_known_never_looks_negative() -> None:
    negative = SIGN_OF_OUTCOME["negative"]
    for outcome in (*Outcome, "of a later version"):
        for state in SeriesState:
            sign = sign_of(outcome, state)
            if outcome != Outcome.NEGATIVE:
                assert sign.word != negative.word
                assert sign.glyph != negative.glyph
                assert sign.colour != negative.colour


DICHROMATS = {
    "protanope": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranope": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}
"""How they see linear RGB (Viénot, Brettel and Mollon 1999)."""


def seen(colour: str, eye: tuple[tuple[float, float, float], ...]) -> tuple[float, ...]:
    linear = [(int(colour[start : start + 2], 16) / 255) ** 2.2 for start in (1, 3, 5)]
    mixed = (sum(w * c for w, c in zip(row, linear, strict=True)) for row in eye)
    return tuple(max(each, 0) ** (1 / 2.2) for each in mixed)


@pytest.mark.parametrize("eye", DICHROMATS.values(), ids=DICHROMATS)
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_colours_of_outcomes_differ_for_a_colour_blind_eye(
    palette: Palette, eye: tuple[tuple[float, float, float], ...]
) -> None:
    colours = {sign.colour for sign in SIGN_OF_OUTCOME.values()}
    for one, other in combinations(sorted(colours), 2):
        a, b = seen(getattr(palette, one), eye), seen(getattr(palette, other), eye)
        assert dist(a, b) > 0.12, (one, other)
