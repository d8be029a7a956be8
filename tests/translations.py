"""``make translations``: what the console says, into Qt Linguist's files, and those compiled.

pylupdate6 sees a module's ``tr`` in classes only, and takes the class for the context. So it is
given a sheet with one call for every text, all in one context. lrelease is in Debian's
qt6-l10n-tools; only who changes a translation needs it.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from pyqt_console.i18n import CONTEXT, FOLDER, LANGUAGES, SOURCE_LANGUAGE

PACKAGE = FOLDER.parent
LRELEASE = ("/usr/lib/qt6/bin/lrelease", "lrelease6", "lrelease-qt6", "lrelease")


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """What is translated as one; ``meaning`` tells it from another of the same words."""

    source: str
    meaning: str = ""
    plural: bool = False


def texts_of(code: str) -> Iterator[Text]:
    """Of one module.

    Raises:
        ValueError: a text is put together before it is translated.
    """
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        name = node.func.id
        if name not in {"tr", "tr_n", "mark"}:
            continue
        first = node.args[1 if name == "tr_n" else 0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            meaning = node.args[1] if name == "tr" and len(node.args) > 1 else None
            says = str(meaning.value) if isinstance(meaning, ast.Constant) else ""
            yield Text(first.value, says, plural=name == "tr_n")
        elif isinstance(first, (ast.JoinedStr, ast.BinOp)) or name != "tr":
            raise ValueError(f"{ast.unparse(node)}: only a whole literal can be translated")


def texts() -> list[Text]:
    """Of all of the console."""
    found = (texts_of(each.read_text("utf-8")) for each in sorted(PACKAGE.rglob("*.py")))
    return sorted({text for module in found for text in module})


def sheet(wanted: Iterable[Text]) -> str:
    """A module in which pylupdate6 finds them."""
    plural = {True: ", 1", False: ""}
    return "".join(
        f"translate({CONTEXT!r}, {each.source!r}, {each.meaning!r}{plural[each.plural]})\n"
        for each in wanted
    )


def update(language: str, wanted: Iterable[Text]) -> None:
    """The .ts file: what is new comes as unfinished, what is gone goes."""
    path = FOLDER / f"{CONTEXT}_{language}.ts"
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder) / "sheet.py"
        calls.write_text(sheet(wanted), "utf-8")
        program = [sys.executable, "-m", "PyQt6.lupdate.pylupdate"]
        subprocess.run([*program, "--no-obsolete", "--ts", path, calls], check=True)
    without_places = re.sub(r"\s*<location [^>]*/>", "", path.read_text("utf-8"))
    tag = re.sub(r"<TS [^>]*>", f'<TS version="2.1" language="{language}">', without_places)
    path.write_text(tag, "utf-8")


@dataclass(frozen=True, slots=True)
class Message:
    """A text and its translation; the plural forms where it has any."""

    text: Text
    translations: tuple[str, ...]
    finished: bool


def messages(code: str) -> Iterator[Message]:
    """Of a language's .ts file."""
    root = ElementTree.parse(FOLDER / f"{CONTEXT}_{code}.ts").getroot()
    for found in root.iter("message"):
        translation = found.find("translation")
        assert translation is not None
        forms = [each.text or "" for each in translation] or [translation.text or ""]
        plural = found.get("numerus") == "yes"
        text = Text(found.findtext("source", ""), found.findtext("comment", ""), plural)
        yield Message(text, tuple(forms), "type" not in translation.attrib)


def main() -> None:
    """All languages."""
    found = texts()
    for language in LANGUAGES:
        if language != SOURCE_LANGUAGE:
            update(language, found)
    lrelease = next((each for each in LRELEASE if shutil.which(each)), None)
    if lrelease is None:
        sys.exit("lrelease is missing: install it (Debian: apt install qt6-l10n-tools)")
    for path in sorted(FOLDER.glob("*.ts")):
        # In one step: a console that runs has the old file mapped into its memory.
        fresh = path.with_suffix(".fresh")
        subprocess.run([lrelease, "-silent", path, "-qm", fresh], check=True)
        fresh.replace(path.with_suffix(".qm"))


if __name__ == "__main__":
    main()
