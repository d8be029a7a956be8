"""Run all benchmarks: one table each on the screen, JSON in a folder."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.bench.delivering import delivering
from tests.bench.engines import engines
from tests.bench.listing import listing
from tests.bench.measure import Figure
from tests.bench.phantoms import phantoms
from tests.bench.reading import reading
from tests.bench.receiving import receiving
from tests.bench.streaming import streaming
from tests.bench.viewing import viewing
from tests.bench.worklist import worklist

BENCHMARKS: Final[dict[str, Callable[[Path], list[Figure]]]] = {
    "receiving": receiving,
    "delivering": delivering,
    "reading": reading,
    "phantoms": phantoms,
    "engines": engines,
    "worklist": worklist,
    "streaming": streaming,
    "viewing": viewing,
    "listing": listing,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--only", choices=BENCHMARKS)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    for name, benchmark in BENCHMARKS.items():
        if arguments.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory(prefix="cspine-bench-") as scratch:
            figures = benchmark(Path(scratch))
        show(name, figures)
        document = {"machine": machine, "figures": [asdict(figure) for figure in figures]}
        (arguments.output / f"{name}.json").write_text(json.dumps(document, indent=2))


def show(name: str, figures: list[Figure]) -> None:
    """Medians over the rounds; the ratio is that of the medians to the group's first row."""
    table = Table("what", "median", "least", "most", "unit", "ratio", title=name)
    first: dict[str, Figure] = {}
    for figure in figures:
        reference = first.setdefault(figure.group, figure)
        ratio = f"{figure.median / reference.median:.2f}"
        cells = (f"{value:,.1f}" for value in (figure.median, figure.least, figure.most))
        table.add_row(figure.what, *cells, figure.unit, ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
