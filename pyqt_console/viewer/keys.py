"""Every key of the viewer, in one table: the shortcuts and the page behind ``?`` are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """Keys (as Qt writes them), the method of the viewer that they call, and what it does."""

    sequences: tuple[str, ...]
    action: str
    argument: int | str | None
    says: str


KEYS: Final = (
    Key(("Left", "Up"), "step", -1, "previous slice"),
    Key(("Right", "Down"), "step", 1, "next slice"),
    Key(("PgUp",), "step", -10, "ten slices back"),
    Key(("PgDown",), "step", 10, "ten slices on"),
    Key(("Home",), "step", -1_000_000, "first slice"),
    Key(("End",), "step", 1_000_000, "last slice"),
    Key(("F",), "next_finding", 1, "next finding of the machine"),
    Key(("Shift+F",), "next_finding", -1, "previous finding"),
    *(Key((f"Alt+{n}",), "jump_to_level", f"C{n}", f"to C{n}") for n in range(1, 8)),
    Key(("1",), "preset", "1", "bone window"),
    Key(("2",), "preset", "2", "soft tissue window"),
    Key(("3",), "preset", "3", "lung window"),
    Key(("I",), "toggle", "inverted", "invert greys"),
    Key(("B",), "toggle", "boxes", "boxes of findings"),
    Key(("H",), "toggle", "heat", "heat map"),
    Key(("Shift+H",), "next_opacity", None, "opacity of the heat map"),
    Key(("L",), "toggle", "levels", "names of levels"),
    Key(("X",), "toggle", "crosshair", "crosshair"),
    Key(("Space",), "toggle_cine", None, "cine"),
    Key(("M",), "use_tool", "ruler", "ruler"),
    Key(("Shift+M",), "use_tool", "angle", "angle"),
    Key(("Del", "Backspace"), "remove_measurement", None, "remove the last measurement"),
    Key(("Esc",), "use_tool", "point", "put the tool away"),
    Key(("0",), "fit", None, "all of the image"),
)

MOUSE: Final = (
    ("wheel", "slices"),
    ("Ctrl + wheel", "zoom"),
    ("left button", "crosshair, or the tool in hand"),
    ("right drag", "window: right wider, down darker"),
    ("middle drag", "pan"),
    ("double click", "one pane large, and back"),
)
