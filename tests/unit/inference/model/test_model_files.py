"""Model files are listed without loading them, and tell what the loader would tell."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from zipfile import ZipFile

import pytest

from inference.model.record import load_model, save_model
from inference.model_files import model_files_in, read_model_file, shipped_weights
from inference.onnx_bundle import Bundle, ExportNote, write_bundle
from tests.unit.inference.tiny import tiny_model, tiny_record


def test_the_shipped_model_as_the_loader_sees_it() -> None:
    found = read_model_file(shipped_weights())
    model = load_model()
    assert found.problem is None
    assert found.sha256 == model.identity.sha256
    assert dict(found.record) == json.loads(json.dumps(asdict(model.record)))


def test_files_of_both_formats_and_no_others(tmp_path: Path) -> None:
    save_model(tmp_path / "a.safetensors", tiny_model().network, tiny_record())
    note = ExportNote(1, "0" * 64, "2", "1", 18)
    write_bundle(tmp_path / "b.cspine", Bundle(tiny_record(), note, b"x", b"y"))
    (tmp_path / "notes.txt").write_text("x")
    found = [read_model_file(path) for path in model_files_in(tmp_path)]
    assert [(each.path.name, each.format) for each in found] == [
        ("a.safetensors", "safetensors"),
        ("b.cspine", "onnx"),
    ]
    for each in found:
        assert (each.record["name"], each.record["version"], each.problem) == ("tiny", "0", None)
        assert each.sha256 == hashlib.sha256(each.path.read_bytes()).hexdigest()
    assert model_files_in(tmp_path / "none") == ()


def noise(path: Path) -> None:
    path.write_bytes(b"noise" * 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def endless(path: Path) -> None:
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")


def without_record(path: Path) -> None:
    header = json.dumps({"__metadata__": {}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def of_another_contract(path: Path) -> None:
    record = asdict(tiny_record())
    record["contract"]["version"] = 99
    header = json.dumps({"__metadata__": {"cspine_record": json.dumps(record)}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


@pytest.mark.parametrize("make", [noise, empty, endless, without_record, of_another_contract])
def test_what_cannot_be_used_says_why(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "x.safetensors"
    make(path)
    problem = read_model_file(path).problem
    assert problem is not None
    assert ("contract 99" in problem) == (make is of_another_contract)


def test_a_bundle_without_a_record(tmp_path: Path) -> None:
    noise(tmp_path / "x.cspine")
    assert read_model_file(tmp_path / "x.cspine").problem is not None
    with ZipFile(tmp_path / "y.cspine", "w") as archive:
        archive.writestr("other.json", "{}")
    assert read_model_file(tmp_path / "y.cspine").problem is not None


def test_it_needs_no_torch() -> None:
    code = "import sys, inference.model_files; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
