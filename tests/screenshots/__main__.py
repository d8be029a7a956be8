"""python -m tests.screenshots OUTPUT: a folder each for both languages at 1x and 2x."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pyqt_console.i18n import LANGUAGES
from tests.screenshots.node import node_with_cases


def main(output: Path, languages: list[str], scales: list[str]) -> None:
    """One process each: Qt takes the scale when it starts."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        node_with_cases(Path(scratch)) as shown,
    ):
        for language, scale in itertools.product(languages, scales):
            folder = output / f"{language}-{scale}x"
            words = [shown.url, str(shown.port), str(shown.own_files), language, str(folder)]
            subprocess.run(
                [sys.executable, "-m", "tests.screenshots.take", *words],
                check=True,
                env=os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"},
            )


if __name__ == "__main__":
    chosen = sys.argv[2:]
    main(
        Path(sys.argv[1]),
        [each for each in chosen if each in LANGUAGES] or list(LANGUAGES),
        [each for each in chosen if each.isdigit()] or ["1", "2"],
    )
