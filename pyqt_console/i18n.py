"""The language of all texts: English in the sources, others from Qt Linguist's files.

``tr("Sign in")`` translates when it is called, so that no import depends on the language. A table
at module level marks its words with ``mark("…")`` and translates them where they are shown:
``tr(row.title)``. Placeholders have names, and are filled after translating:
``tr("Node {url}").format(url=url)``. What a node says in its own words stays as it is.

``make translations`` finds every literal in ``tr``, ``tr_n`` and ``mark``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

CONTEXT: Final = "console"
"""In the .ts files; one for all of the console."""
SOURCE_LANGUAGE: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "de": "Deutsch"}
"""Those there is a translation for, and how each calls itself."""
FOLDER: Final = Path(__file__).with_name("translations")


def tr(text: str, meaning: str = "") -> str:
    """In the reader's language. ``meaning`` tells two apart that are one word in English."""
    return QCoreApplication.translate(CONTEXT, text, meaning)


def tr_n(one: str, many: str, n: int) -> str:
    """A sentence with a number: ``tr_n("%n image", "%n images", n)``.

    Languages have their own plurals; a translator gives each of them to ``many``.
    """
    found = QCoreApplication.translate(CONTEXT, many, "", n)
    as_it_was = many.replace("%n", str(n))
    return one.replace("%n", str(n)) if n == 1 and found == as_it_was else found


def mark(text: str) -> str:
    """As it is: to be translated where it is shown."""
    return text


def language(wanted: str, system: Iterable[str]) -> str:
    """What is asked for, else the first of the system's languages that there is, else English.

    Args:
        wanted: as in ``LANGUAGES``; anything else asks for nothing.
        system: as Qt names them, the liked ones first: "de-AT", "en".
    """
    known = (each.replace("_", "-").split("-")[0] for each in (wanted, *system))
    return next((each for each in known if each in LANGUAGES), SOURCE_LANGUAGE)


def system_languages() -> list[str]:
    """Of whoever is signed in to the machine."""
    return QLocale.system().uiLanguages()


def use_language(program: QCoreApplication, code: str) -> None:
    """From now on everything is translated to it; what is on the screen already stays as it is.

    Numbers and dates are written the same in every language: a reading must not be misread.
    """
    QLocale.setDefault(QLocale.c())
    for old in program.findChildren(QTranslator):
        program.removeTranslator(old)
        old.deleteLater()
    for name, folder in (
        (f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        (f"{CONTEXT}_{code}", str(FOLDER)),
    ):
        translator = QTranslator(program)
        if translator.load(name, folder):
            program.installTranslator(translator)
