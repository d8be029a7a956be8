"""A command imports its own room only: nobody waits for libraries that are not needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dicom_node.cli import ROOMS, build_app

NOT_FOR_PEERS = ("torch", "timm", "fastapi", "highdicom", "pynetdicom", "pydicom", "numpy")
NOT_FOR_HELP = (*NOT_FOR_PEERS, "sqlalchemy", "alembic")
RUN = """
import sys
from dicom_node.cli import main
try:
    main()
finally:
    print("loaded:", [each for each in {heavy} if each in sys.modules])
"""


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [(["--help"], NOT_FOR_HELP), (["peer", "list"], NOT_FOR_PEERS)],
    ids=["help", "peer list"],
)
def test_what_needs_no_heavy_library_loads_none(
    arguments: list[str], heavy: tuple[str, ...], tmp_path: Path
) -> None:
    environment = {"CSPINE_STORAGE__DATA_DIR": str(tmp_path / "data"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(heavy=heavy), *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.splitlines()[-1] == "loaded: []"


@pytest.mark.parametrize("name", ROOMS)
def test_every_group_is_there_when_it_is_typed(name: str) -> None:
    listed = CliRunner().invoke(build_app(), ["--help"]).output
    assert ROOMS[name].split(",")[0] in listed
    done = CliRunner().invoke(build_app(), [name, "--help"])
    assert done.exit_code == 0, done.output
    assert ROOMS[name].split(",")[0] in done.output
    assert f"{name} [OPTIONS] COMMAND" in done.output
    alone = CliRunner().invoke(build_app(), [name])
    assert "COMMAND" in alone.output
    unknown = CliRunner().invoke(build_app(), [name, "nothing-such"])
    assert (unknown.exit_code, "No such command" in unknown.output) == (2, True)
