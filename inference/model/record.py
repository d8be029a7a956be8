"""A model in one file: tensors, input contract, rules, operating point and provenance.

The record travels as JSON in the metadata of the safetensors file, beside a digest of the
tensors, so that a file either is a whole model or is refused with one clear line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final

import torch
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inference import model_files
from inference.errors import WeightsError
from inference.model.build import build_network
from inference.model.channels import Channel
from inference.model.combine import SeenRule
from inference.model.network import CspineNetwork
from inference.types import ModelIdentity

CONTRACT_VERSION: Final = model_files.CONTRACT_VERSION
SHIPPED_WEIGHTS: Final = model_files.SHIPPED_WEIGHTS

STRIDE: Final = 32
"""Of the encoders' last map."""

RECORD_KEY: Final = model_files.RECORD_KEY
DIGEST_KEY: Final = "cspine_tensors_sha256"

Positive = Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class InputContract:
    """What the network was trained on, and must be fed.

    Attributes:
        version: ``CONTRACT_VERSION`` of the code that trained the model.
        size_px: rows and columns of the square input, a multiple of ``STRIDE``.
        field_mm: its physical edge; it lies around the centre of the body, axes along the
            patient's left and back (``preprocess.read_field``).
        slice_spacing_mm: exactly this far apart are the slices that are read, whatever the
            scanner's spacing.
        slab_mm: each is the mean over this thickness, where the scanner's slices are thinner.
        channels: what each input channel shows.
    """

    version: int
    size_px: Annotated[int, Field(gt=0, multiple_of=STRIDE)]
    field_mm: Positive
    slice_spacing_mm: Positive
    slab_mm: Annotated[float, Field(ge=0)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Calibration:
    """From logits to probabilities: p = sigmoid(scale · logit + shift).

    Fitted on validation data only. The overall pair serves networks that learn the patient's
    logit; elsewhere the patient follows from the calibrated levels.
    """

    level_scale: Positive
    level_shift: float
    overall_scale: Positive
    overall_shift: float


UNCALIBRATED: Final = Calibration(1.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the weights were made of, in words.

    Attributes:
        data: which studies.
        training: which of them taught.
        validation: which of them chose the step, the calibration and the operating point.
        recipe: how.
        git_commit: of the code, if it is known.
        initial_weights: where the encoder began.
    """

    data: str
    training: str
    validation: str
    recipe: str
    git_commit: str | None
    initial_weights: str


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """Everything about one model but its tensors.

    Attributes:
        name: of the model, with ``version``.
        architecture: of ``build.NETWORKS``.
        encoder: timm's name.
        contract: what the network must be fed.
        seen: when a vertebra, and a cervical spine, counts as seen.
        calibration: of its logits.
        operating_point: the level probability (calibrated) from which a level is a finding;
            fitted on validation data.
        provenance: what the weights were made of.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    version: str
    architecture: str
    encoder: str
    contract: InputContract
    seen: SeenRule
    calibration: Calibration
    operating_point: Annotated[float, Field(ge=0, le=1)]
    provenance: Provenance

    def identity(self, file_sha256: str) -> ModelIdentity:
        """Who answers, when the model comes from a file of this digest."""
        return ModelIdentity(
            self.name, self.version, file_sha256, self.architecture, self.provenance.data
        )


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network in evaluation mode on the CPU, with its record and identity."""

    network: CspineNetwork
    record: ModelRecord
    identity: ModelIdentity


def save_model(path: Path, network: CspineNetwork, record: ModelRecord) -> None:
    """Write one self-contained file; floating-point tensors are stored as float16.

    Raises:
        WeightsError: a tensor holds no finite numbers, or too large ones for float16.
    """
    tensors = {
        name: _as_float16(tensor.detach().cpu()).contiguous()
        for name, tensor in network.state_dict().items()
    }
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WeightsError(f"{path} is not written: {name} holds numbers beyond float16")
    metadata = {
        RECORD_KEY: json.dumps(asdict(record), sort_keys=True),
        DIGEST_KEY: tensors_sha256(tensors),
    }
    save_file(tensors, path, metadata)


def load_model(path: Path | None = None) -> LoadedModel:
    """Read a model file, the shipped one by default.

    Raises:
        WeightsError: it is missing, damaged, of another input contract, or does not fit.
    """
    if path is None:
        with as_file(files("inference") / "weights" / SHIPPED_WEIGHTS) as shipped:
            return load_model(shipped)
    metadata, tensors, file_sha256 = _read(path)
    record = _checked_record(path, metadata)
    if tensors_sha256(tensors) != metadata.get(DIGEST_KEY):
        raise WeightsError(f"{path}: the tensors do not match their digest, the file is damaged")
    try:
        network = build_network(record.architecture, record.encoder, len(record.contract.channels))
        network.load_state_dict({name: _as_float32(each) for name, each in tensors.items()})
    except (WeightsError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{path}: does not fit {record.architecture} of {record.encoder}: {reason}"
        ) from error
    return LoadedModel(network.eval(), record, record.identity(file_sha256))


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """Digest over names, types, shapes and contents, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _as_float16(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def _as_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor], str]:
    try:
        file_sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with safe_open(path, framework="pt") as opened:
            metadata = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except SafetensorError as error:
        raise WeightsError(f"{path}: not a whole safetensors file: {error}") from error
    return metadata, tensors, file_sha256


def _checked_record(path: Path, metadata: Mapping[str, str]) -> ModelRecord:
    text = metadata.get(RECORD_KEY)
    if text is None:
        raise WeightsError(f"{path}: carries no {RECORD_KEY}, it is not a model of this program")
    return record_of_json(path, text)


def record_of_json(path: Path, text: str) -> ModelRecord:
    """The record that a model file carries as JSON.

    Raises:
        WeightsError: it is none, or of another input contract; the message names ``path``.
    """
    try:
        version = json.loads(text)["contract"]["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: its record cannot be read: {error!r}") from error
    if version != CONTRACT_VERSION:
        raise WeightsError(
            f"{path}: made for input contract {version}, this program has {CONTRACT_VERSION}"
        )
    try:
        return TypeAdapter(ModelRecord).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WeightsError(f"{path}: its record is wrong at {place}: {first['msg']}") from error
