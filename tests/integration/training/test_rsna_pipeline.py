"""From a set in the RSNA 2022 layout to a model on a node, by the commands as they are typed.

The set is exported phantoms, the model learns for three steps: whether the parts fit together is
asked here, not what the model knows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inference.model.record import SHIPPED_WEIGHTS, load_model
from inference.phantom.rsna import ExportedStudy, export_rsna
from inference.training.cli import app
from inference.training.prepared import read_prepared

SHIPPED = Path("inference/weights") / SHIPPED_WEIGHTS
TRAIN = "from inference.training.entry import main; main()"
SEEDS = (0, 2, 5, 4, 7, 10)
CONFIG = """
[model]
architecture = "spine"
encoder = "tf_efficientnetv2_b0"

[contract]
size_px = 64
slice_spacing_mm = 5.0
slab_mm = 5.0
channels = [{ offset = -1, level = 400, width = 1800 }, { level = 400, width = 1800 }]

[slices]
steps = 3
epoch_steps = 3
learning_rate = 1e-4
validation_batches = 1
stages = [{ share = 1.0, size = 1.0, field = 1.0, batch_size = 8 }]

[series]
steps = 2
epoch_steps = 2
batch_size = 2
"""


@dataclass(frozen=True)
class Pipeline:
    """Where everything lies, and what the commands printed."""

    root: Path
    studies: tuple[ExportedStudy, ...]
    prepared: str
    evaluated: str

    @property
    def model(self) -> Path:
        return self.root / "run" / "model.safetensors"


def command(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_process(*arguments: str | Path) -> str:
    """Spares the seconds in which torch is loaded."""
    done = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    root = tmp_path_factory.mktemp("rsna")
    studies = export_rsna(
        root / "set",
        SEEDS,
        slices=72,
        matrix=96,
        masks_every=2,
        boxes_every=1,
        jpeg_lossless=True,
        feet_first_every=3,
    )
    (root / "tiny.toml").write_text(CONFIG)
    prepared = in_process("prepare", root / "set", "--output", root / "prepared", "--folds", "2")
    command(
        "-c", TRAIN, "fit", "--config", root / "tiny.toml", "--data", root / "prepared",
        "--fold", "0", "--output", root / "run", "--accelerator", "cpu", "--workers", "1",
        "--threads", "1", "--initial-weights", SHIPPED,
    )  # fmt: skip
    evaluated = in_process(
        "evaluate", "--weights", root / "run" / "model.safetensors", "--data", root / "prepared",
        "--fold", "0", "--device", "cpu", "--json",
    )  # fmt: skip
    return Pipeline(root, studies, prepared, evaluated)


def test_prepare_uses_every_study(pipeline: Pipeline) -> None:
    assert "6 studies prepared, 0 of them by an earlier run" in pipeline.prepared
    assert "left out: nothing" in pipeline.prepared
    prepared = read_prepared(pipeline.root / "prepared")
    assert {each.stored.study_uid: each.levels for each in prepared} == {
        each.study_uid: each.levels for each in pipeline.studies
    }


def test_fit_records_what_it_learned_from(pipeline: Pipeline) -> None:
    record = load_model(pipeline.model).record
    assert record.architecture == "spine"
    assert record.contract.size_px == 64
    assert "prepared set of 6 studies" in record.provenance.data
    assert record.provenance.validation == "3 studies of fold 0"


def test_evaluate_reads_the_fold_that_was_held_out(pipeline: Pipeline) -> None:
    held = [e for e in read_prepared(pipeline.root / "prepared") if e.fold == 0]
    evaluation = json.loads(pipeline.evaluated)
    assert "3 studies" in evaluation["data"]["text"]
    for study in held:
        assert study.stored.study_uid[-12:] in pipeline.evaluated


def test_the_exported_model_runs_on_a_node(pipeline: Pipeline) -> None:
    """Three steps teach nothing: the node loads it, reads the series and sees no vertebra."""
    root = pipeline.root
    command("-c", TRAIN, "export", "--weights", pipeline.model, "--output", root / "exported")
    (bundle,) = (root / "exported").glob("*.cspine")
    config = root / "cspine-node.toml"
    config.write_text(
        f'[storage]\ndata_dir = "{root / "data"}"\nreserve_mib = 1\n'
        f'[inference]\nweights = "{bundle}"\ndevice = "cpu"\n'
    )
    series = root / "set" / "train_images" / pipeline.studies[0].study_uid
    command("-m", "dicom_node", "analyze", series, "--output", root / "result", "--config", config)
    result = json.loads((root / "result" / "result.json").read_text())
    assert result["status"] == "not_analysed"
    assert result["reason"]["code"] == "no_cervical_spine"
