"""From a trained model to the folder that a node is given: weights, ONNX bundle, card."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import torch

from inference.engines import TorchEngine
from inference.errors import InferenceError
from inference.model.record import SHIPPED_WEIGHTS, LoadedModel, load_model
from inference.onnx_bundle import (
    BUNDLE_SUFFIX,
    FORMAT_VERSION,
    Bundle,
    ExportNote,
    write_bundle,
)
from inference.onnx_engine import OnnxEngine
from inference.training.agreement import TOLERANCE, Agreement, compare
from inference.training.export_card import about_files, card_of

FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
"""What the name and the version of a model may be to be those of a file."""
WRITES_ONNX: Final = ("onnx", "onnxscript")


class ExportError(InferenceError):
    """The export cannot be made, or the engines do not agree."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export left.

    Attributes:
        weights: the safetensors file, byte by byte the one that was exported.
        onnx: the ONNX bundle, if it was asked for.
        card: the model card.
        sha256: of each of the two model files, by name.
        agreement: how far the two engines lie apart.
    """

    weights: Path
    onnx: Path | None
    card: Path
    sha256: dict[str, str]
    agreement: Agreement | None


def export_model(weights: Path | None, output: Path, *, onnx: bool = True) -> Exported:
    """Write the folder ``output``, which must not hold anything: whole or not at all.

    Args:
        weights: the model file; ``None`` for the shipped one. A card beside it (same name,
            ``.md``) goes along.
        output: the folder.
        onnx: also write the bundle, and compare the engines.

    Raises:
        WeightsError: the model cannot be used, or its card is another model's.
        ExportError: the folder cannot be written, or the engines do not agree.
    """
    if weights is None:
        with as_file(files("inference") / "weights" / SHIPPED_WEIGHTS) as shipped:
            return export_model(shipped, output, onnx=onnx)
    model = load_model(weights)
    text = card_of(weights, model)
    stem = f"{model.record.name}-{model.record.version}"
    if not FILE_NAME.fullmatch(stem):
        raise ExportError(f"{weights}: a model called {stem!r} makes no file name")
    if onnx:
        _require_onnx()
    with appearing_whole(output) as folder:
        copied = folder / f"{stem}.safetensors"
        shutil.copyfile(weights, copied)
        sums = {copied.name: _sha256(copied)}
        if sums[copied.name] != model.identity.sha256:
            raise ExportError(f"{weights}: changed while it was copied")
        bundle = folder / f"{stem}{BUNDLE_SUFFIX}" if onnx else None
        agreement = None
        if bundle is not None:
            _write_onnx(model, bundle)
            sums[bundle.name] = _sha256(bundle)
            agreement = checked_agreement(copied, bundle)
        card = folder / f"{stem}.md"
        card.write_text(text + about_files(sums, agreement), encoding="utf-8")
    return Exported(
        weights=output / copied.name,
        onnx=None if bundle is None else output / bundle.name,
        card=output / card.name,
        sha256=sums,
        agreement=agreement,
    )


def _write_onnx(model: LoadedModel, path: Path) -> None:
    # Only here: the rest of this program does not need the writers of ONNX.
    from inference.training import onnx_graphs  # noqa: PLC0415

    contract = model.record.contract
    note = ExportNote(
        format=FORMAT_VERSION,
        source_sha256=model.identity.sha256,
        torch=torch.__version__,
        onnx=version("onnx"),
        opset=onnx_graphs.OPSET,
    )
    try:
        slices = onnx_graphs.slices_graph(model.network, len(contract.channels), contract.size_px)
        series = onnx_graphs.series_graph(model.network)
    except torch.onnx.OnnxExporterError as error:
        reason = " ".join(str(error).split())[:200]
        raise ExportError(f"torch {torch.__version__} cannot write ONNX: {reason}") from error
    write_bundle(path, Bundle(model.record, note, slices, series))


def checked_agreement(weights: Path, bundle: Path) -> Agreement:
    """Of two files as they were written, read again.

    Raises:
        ExportError: they do not say the same.
    """
    reference = TorchEngine(load_model(weights), torch.device("cpu"))
    agreement = compare(reference, OnnxEngine(bundle, "cpu"))
    if not agreement.holds:
        worst = max(agreement.differences, key=lambda each: agreement.differences[each])
        raise ExportError(
            f"the exported model does not say what the trained one says: {worst} differs by "
            f"{agreement.differences[worst]:.2g}, allowed is {TOLERANCE:g}; nothing was written"
        )
    return agreement


def _require_onnx() -> None:
    missing = [each for each in WRITES_ONNX if importlib.util.find_spec(each) is None]
    if missing:
        raise ExportError(
            f"{' and '.join(missing)} must be installed to write ONNX "
            "(cspine-node's extra 'training'); or say --no-onnx"
        )


@contextmanager
def appearing_whole(output: Path) -> Iterator[Path]:
    """A folder beside ``output`` that becomes it when the block ends, and goes if it fails."""
    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise ExportError(f"{output}: is there already; name a new or an empty folder")
        target = output.resolve()  # which has a name, also where ``.`` was said
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = target.with_name(f"{target.name}.{os.getpid()}.partial")
        folder.mkdir()
    except OSError as error:
        raise ExportError(f"{output}: cannot be written: {error.strerror or error}") from error
    try:
        yield folder
        folder.rename(target)
    except OSError as error:
        raise ExportError(f"{output}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
