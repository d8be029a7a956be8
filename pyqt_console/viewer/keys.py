"""Every key of the viewer, in one table: the shortcuts and the page behind ``?`` are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyqt_console.i18n import mark


@dataclass(frozen=True, slots=True)
class Key:
    """Keys (as Qt writes them), the method of the viewer that they call, and what it does."""

    sequences: tuple[str, ...]
    action: str
    argument: int | str | None
    says: str


KEYS: Final = (
    Key(("Left", "Up"), "step", -1, mark("previous slice")),
    Key(("Right", "Down"), "step", 1, mark("next slice")),
    Key(("PgUp",), "step", -10, mark("ten slices back")),
    Key(("PgDown",), "step", 10, mark("ten slices on")),
    Key(("Home",), "step", -1_000_000, mark("first slice")),
    Key(("End",), "step", 1_000_000, mark("last slice")),
    Key(("F",), "next_finding", 1, mark("next finding of the machine")),
    Key(("Shift+F",), "next_finding", -1, mark("previous finding")),
    *(Key((f"Alt+{n}",), "jump_to_level", f"C{n}", mark("to C1 … C7")) for n in range(1, 8)),
    Key(("1",), "preset", "1", mark("bone window")),
    Key(("2",), "preset", "2", mark("soft tissue window")),
    Key(("3",), "preset", "3", mark("lung window")),
    Key(("I",), "toggle", "inverted", mark("invert greys")),
    Key(("B",), "toggle", "boxes", mark("boxes of findings")),
    Key(("H",), "toggle", "heat", mark("heat map")),
    Key(("Shift+H",), "next_opacity", None, mark("opacity of the heat map")),
    Key(("L",), "toggle", "levels", mark("names of levels")),
    Key(("X",), "toggle", "crosshair", mark("crosshair")),
    Key(("Space",), "toggle_cine", None, mark("cine")),
    Key(("M",), "use_tool", "ruler", mark("ruler")),
    Key(("Shift+M",), "use_tool", "angle", mark("angle")),
    Key(
        ("Del", "Backspace"),
        "remove",
        None,
        mark("remove the box in hand, or else the last measurement"),
    ),
    Key(("Shift+Home",), "reach", "first", mark("the box in hand begins at this slice")),
    Key(("Shift+End",), "reach", "last", mark("the box in hand ends at this slice")),
    Key(("Esc",), "use_tool", "point", mark("put the tool away")),
    Key(("0",), "fit", None, mark("all of the image")),
)

MOUSE: Final = (
    (mark("wheel"), mark("slices")),
    (mark("Ctrl + wheel"), mark("zoom")),
    (mark("left button"), mark("crosshair, or the tool in hand")),
    (mark("right drag"), mark("window: right wider, down darker")),
    (mark("middle drag"), mark("pan")),
    (mark("double click"), mark("one pane large, and back")),
)
