"""Exported models: they answer as the model they come from, or are refused with one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import onnxruntime
import pytest

from inference.engines import load_engine
from inference.errors import DeviceError, WeightsError
from inference.onnx_bundle import (
    EXPORT,
    FORMAT_VERSION,
    RECORD,
    SERIES,
    SLICES,
    SUMS,
    Bundle,
    ExportNote,
    read_bundle,
    write_bundle,
)
from inference.onnx_engine import OnnxEngine
from inference.phantom.study import PhantomSpec, make_study
from inference.predictor import Predictor
from inference.training.export import Exported
from inference.types import CtVolume, Prediction
from tests.exported import tiny_export
from tests.unit.inference.tiny import tiny_record

NOTE = ExportNote(FORMAT_VERSION, "0" * 64, "2", "1", 20)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return tiny_export(tmp_path_factory.getbasetemp(), "spine")


@pytest.fixture(scope="module")
def bundle(exported: Exported) -> Path:
    assert exported.onnx is not None
    return exported.onnx


@pytest.fixture(scope="module")
def volume() -> CtVolume:
    return make_study(PhantomSpec(100_001, (), slices=40, matrix=96)).to_volume("1.2.3")


def test_a_study_is_read_as_by_the_model_it_comes_from(
    exported: Exported, bundle: Path, volume: CtVolume
) -> None:
    results = [Predictor.load(path, "cpu").predict(volume) for path in (exported.weights, bundle)]
    torchs, onnxs = results
    assert isinstance(torchs, Prediction)
    assert isinstance(onnxs, Prediction)
    assert torchs.findings
    assert onnxs.patient_overall == pytest.approx(torchs.patient_overall, abs=1e-4)
    assert [each.level for each in onnxs.findings] == [each.level for each in torchs.findings]
    for one, two in zip(onnxs.findings, torchs.findings, strict=True):
        assert (one.key_slice, one.box) == (two.key_slice, two.box)
        assert one.probability == pytest.approx(two.probability, abs=1e-4)


def test_it_says_who_it_is(exported: Exported, bundle: Path) -> None:
    engine, original = (load_engine(path, "cpu") for path in (bundle, exported.weights))
    assert isinstance(engine, OnnxEngine)
    assert engine.record == original.record
    digest = sha256(bundle.read_bytes()).hexdigest()
    assert engine.identity == replace(original.identity, sha256=digest)
    assert engine.device_name.startswith("cpu")


def test_it_knows_what_it_was_exported_from(exported: Exported, bundle: Path) -> None:
    note = read_bundle(bundle)[0].note
    assert note.source_sha256 == sha256(exported.weights.read_bytes()).hexdigest()


def test_slices_do_not_depend_on_their_company(bundle: Path) -> None:
    engine = OnnxEngine(bundle, "cpu")
    channels, size = len(engine.record.contract.channels), engine.record.contract.size_px
    images = np.random.default_rng(0).uniform(-1, 1, (5, channels, size, size)).astype(np.float32)
    together, alone = engine.slices(images), engine.slices(images[2:3])
    for all_of_them, one in zip(together, alone, strict=True):
        np.testing.assert_allclose(one[0], all_of_them[2], atol=1e-4)


@pytest.mark.parametrize("device", ["abacus", "cpu:1", "cuda:x", "auto:0"])
def test_unknown_devices(bundle: Path, device: str) -> None:
    with pytest.raises(DeviceError, match=device):
        OnnxEngine(bundle, device)


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(),
    reason="this ONNX Runtime has CUDA",
)
def test_a_gpu_is_refused_where_the_runtime_has_none(bundle: Path) -> None:
    with pytest.raises(DeviceError, match="onnxruntime-gpu"):
        OnnxEngine(bundle, "cuda")


Change = Callable[[dict[str, bytes]], object]


def altered(bundle: Path, change: Change, *, sums: bool = True, method: int = 0) -> None:
    """Rewrite a bundle with other members; with ``sums``, digests that fit them."""
    with ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if sums:
        lines = (f"{sha256(members[name]).hexdigest()}  {name}\n" for name in members)
        members[SUMS] = "".join(lines).encode()
    with ZipFile(bundle, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def of_record(change: Callable[[dict[str, object]], object]) -> Change:
    def change_member(members: dict[str, bytes]) -> None:
        record = json.loads(members[RECORD])
        change(record)
        members[RECORD] = json.dumps(record).encode()

    return change_member


def of_contract(**values: object) -> Change:
    return of_record(lambda record: record["contract"].update(values))  # type: ignore[attr-defined]


def exchanged(members: dict[str, bytes]) -> None:
    members[SLICES], members[SERIES] = members[SERIES], members[SLICES]


def one_bit(members: dict[str, bytes]) -> None:
    graph = bytearray(members[SLICES])
    graph[len(graph) // 2] ^= 1
    members[SLICES] = bytes(graph)


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


BASELINE_CHANNELS = [asdict(each) for each in tiny_record("baseline").contract.channels]

DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "No such file"),
    "a folder": (into_folder, "directory"),
    "empty": (lambda path: path.write_bytes(b""), "not a whole"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "not a whole"),
    "no zip": (lambda path: path.write_text("no zip"), "not a whole"),
    "another zip": (lambda path: altered(path, lambda each: each.pop(SERIES)), "must hold"),
    "compressed": (
        lambda path: altered(path, lambda each: each.update({SLICES: b""}), method=ZIP_DEFLATED),
        "compressed",
    ),
    "another graph": (lambda path: altered(path, one_bit, sums=False), SLICES),
    "another record": (
        lambda path: altered(
            path, of_record(lambda each: each.update(operating_point=0.9)), sums=False
        ),
        RECORD,
    ),
    "contract 1": (lambda path: altered(path, of_contract(version=1)), "input contract 1"),
    "no record": (lambda path: altered(path, lambda each: each.update({RECORD: b"[]"})), "record"),
    "no text": (lambda path: altered(path, lambda each: each.update({RECORD: b"\xff"})), RECORD),
    "unknown field": (
        lambda path: altered(path, of_record(lambda each: each.update(surprise=1))),
        "surprise",
    ),
    "another format": (
        lambda path: altered(path, lambda each: each.update({EXPORT: b'{"format": 99}'})),
        "format 99",
    ),
    "no note": (lambda path: altered(path, lambda each: each.update({EXPORT: b"{}"})), EXPORT),
    "no graph": (
        lambda path: altered(path, lambda each: each.update({SLICES: b"graph"})),
        "cannot load slices.onnx",
    ),
    "exchanged graphs": (lambda path: altered(path, exchanged), "the record wants"),
    "another size": (lambda path: altered(path, of_contract(size_px=96)), "the record wants"),
    "other channels": (
        lambda path: altered(path, of_contract(channels=BASELINE_CHANNELS)),
        "the record wants",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_a_whole_model_is_refused_in_one_line(
    bundle: Path, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "damaged.cspine"
    shutil.copyfile(bundle, path)
    spoil, reason = DAMAGES[damage]
    spoil(path)
    with pytest.raises(WeightsError, match=reason) as caught:
        load_engine(path, "cpu")
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_another_suffix_is_no_exported_model(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    shutil.copyfile(bundle, path)
    with pytest.raises(WeightsError, match="safetensors"):
        load_engine(path, "cpu")


def test_random_damage_is_found_or_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "model.cspine"
    given = Bundle(tiny_record("spine"), NOTE, b"slices" * 50, b"series" * 50)
    write_bundle(path, given)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        content = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            content[place] = rng.integers(256)
        path.write_bytes(content[: rng.integers(1, len(whole) + 400)])
        try:
            found, _ = read_bundle(path)
        except WeightsError:
            refused += 1
        else:
            assert (found.record, found.note) == (given.record, given.note)
            assert (found.slices, found.series) == (given.slices, given.series)
    assert refused > 200


def test_equal_bundles_are_equal_files(tmp_path: Path) -> None:
    bundle = Bundle(tiny_record(), NOTE, b"slices", b"series")
    write_bundle(tmp_path / "a", bundle)
    write_bundle(tmp_path / "b", replace(bundle))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
