"""The node with an exported model: offline, in its worker process, and with a damaged file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from dicom_node.analysis.executor import Analysis, AnalysisJob
from dicom_node.analysis.local import LocalExecutor
from dicom_node.analysis.worker import WorkerSettings
from tests.ct_series import write_ct_series
from tests.exported import tiny_export


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tiny_export(tmp_path_factory.getbasetemp(), "spine").onnx
    assert path is not None
    return path


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("series"), slices=40)


@pytest.fixture
def executor(bundle: Path) -> Iterator[LocalExecutor]:
    made = LocalExecutor(WorkerSettings(bundle, "cpu", "text", "info"), deadline_s=300)
    yield made
    made.reap()


def analyze(
    folder: Path, series: list[Path], weights: Path
) -> tuple[subprocess.CompletedProcess[str], Path]:
    config, output = folder / "cspine-node.toml", folder / "result"
    config.write_text(f'[inference]\nweights = "{weights}"\ndevice = "cpu"\n')
    where = ("--output", str(output), "--config", str(config))
    command = [sys.executable, "-m", "dicom_node", "analyze", str(series[0].parent), *where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return done, output


def test_a_series_is_analysed_and_the_result_names_the_file(
    bundle: Path, series: list[Path], tmp_path: Path
) -> None:
    done, output = analyze(tmp_path, series, bundle)
    assert done.returncode == 0, done.stderr
    result = json.loads((output / "result.json").read_text(encoding="utf-8"))
    assert result["status"] == "analysed"
    assert result["model"]["sha256"] == sha256(bundle.read_bytes()).hexdigest()
    assert (output / "report.dcm").read_bytes()[128:132] == b"DICM"


def test_a_damaged_file_is_refused_in_one_line(
    bundle: Path, series: list[Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.cspine"
    damaged.write_bytes(bundle.read_bytes()[:-1000])
    done, output = analyze(tmp_path, series, damaged)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert str(damaged) in done.stderr
    assert not output.exists()


def test_the_worker_process_reads_with_it(executor: LocalExecutor, series: list[Path]) -> None:
    ready = executor.prepare()
    assert ready.device.startswith("cpu (ONNX Runtime")
    outcome = executor.run(AnalysisJob(1, "1.2.3", tuple(series)), lambda: True)
    assert isinstance(outcome, Analysis)
    assert outcome.prediction.model == ready.model
