"""Everything that decides what a training run does: one TOML file, checked before work begins."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.errors import InferenceError
from inference.model.channels import Channel, HuWindow
from inference.model.record import CONTRACT_VERSION, InputContract
from inference.training.rsna_marks import FractureRule

FIRST_VALIDATION_SEED: Final = 9_000
LAST_VALIDATION_SEED: Final = 9_999
FIRST_TEST_SEED: Final = 100_000
"""Seeds from here on are never trained on."""

Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0)]


class ConfigError(InferenceError):
    """A configuration file is missing or wrong; one line says where."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelConfig(_Section):
    """The network. ``pretrained``: begin with ImageNet's weights, if they can be had."""

    name: str = "cspine"
    architecture: Literal["baseline", "spine"]
    encoder: str = "tf_efficientnetv2_s"
    dropout: Share = 0.1
    pretrained: bool = False


class ChannelConfig(_Section):
    """One input channel: the slice ``offset`` grid steps towards the feet, in one HU window."""

    offset: int = 0
    level: float
    width: Rate


class ContractConfig(_Section):
    """What the network is fed; see ``InputContract``."""

    size_px: Annotated[int, Field(ge=32, multiple_of=32)] = 384
    field_mm: Rate = 192.0
    slice_spacing_mm: Rate = 2.0
    slab_mm: Rate = 2.0
    channels: Annotated[tuple[ChannelConfig, ...], Field(min_length=1)]


class PhantomConfig(_Section):
    """Training and validation on phantoms.

    Attributes:
        studies, negatives: seeds with a cervical spine, and volumes without one.
        validation: seeds from ``FIRST_VALIDATION_SEED`` on, a quarter of them intact.
        matrices: rows and columns of the phantoms, in turn.
    """

    studies: Positive = 220
    negatives: Count = 24
    validation: Annotated[int, Field(gt=0, le=1000)] = 24
    matrices: Annotated[tuple[Annotated[int, Field(ge=32)], ...], Field(min_length=1)] = (288, 416)


class PreparedConfig(_Section):
    """Training on a prepared set.

    Attributes:
        rule: what a slice says of a fractured level that no box marks (``FractureRule``).
    """

    rule: FractureRule = FractureRule.UNKNOWN


class StageConfig(_Section):
    """A part of the slices' training.

    Attributes:
        share: of its steps.
        size, field: of the images, as shares of the contract's; a field less than 1 is a crop.
        batch_size: slices in a batch.
        rate: the peak of its learning rate, as a share of the section's.
    """

    share: Share
    size: Annotated[float, Field(gt=0, le=1)]
    field: Annotated[float, Field(gt=0, le=1)]
    batch_size: Positive
    rate: Rate = 1.0


class SlicesConfig(_Section):
    """Training on slices.

    Attributes:
        steps: optimiser steps over all stages.
        epoch_steps: after so many comes validation and a checkpoint.
        patience: epochs without a better validation loss before it stops; 0 never.
        dense_weight: of the loss on the cells.
        group_shares: of each batch: slices that show a fracture, the same of their intact twins,
            other slices of C1–C7, slices without any.
    """

    steps: Positive = 2_000
    epoch_steps: Positive = 100
    learning_rate: Rate = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    ema_decay: Share = 0.99
    patience: Count = 0
    validation_batches: Positive = 6
    dense_weight: Annotated[float, Field(ge=0)] = 1.0
    group_shares: tuple[Share, Share, Share, Share] = (0.40, 0.24, 0.24, 0.12)
    stages: Annotated[tuple[StageConfig, ...], Field(min_length=1)] = (
        # Small images first (Tan and Le 2021, section 4, "progressive learning"), here as crops
        # around the vertebrae, not at a lower resolution: a crack is two or three pixels wide.
        StageConfig(share=0.9, size=5 / 12, field=5 / 12, batch_size=32),
        StageConfig(share=0.1, size=1.0, field=1.0, batch_size=8, rate=0.3),
    )


class SeriesConfig(_Section):
    """Training on whole series, the encoder frozen.

    Attributes:
        studies: at most so many seeds or studies; their tokens cost a pass over all slices.
        variants: augmented copies of each series; the first is as it is.
        steps, batch_size: of series; 0 steps leave the stage out.
        token_noise: of the standard deviation of each token feature.
    """

    studies: Positive = 10_000
    variants: Positive = 1
    steps: Count = 1_500
    epoch_steps: Positive = 100
    batch_size: Positive = 16
    learning_rate: Rate = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    ema_decay: Share = 0.99
    patience: Count = 6
    token_noise: Annotated[float, Field(ge=0)] = 0.1
    crop_share: Share = 0.5


class FitConfig(_Section):
    """One training run; equal configurations on equal software give equal weights."""

    seed: Count = 0
    model: ModelConfig
    contract: ContractConfig
    phantoms: PhantomConfig = PhantomConfig()
    prepared: PreparedConfig = PreparedConfig()
    slices: SlicesConfig = SlicesConfig()
    series: SeriesConfig = SeriesConfig()

    def input_contract(self) -> InputContract:
        """As the model's record keeps it."""
        c = self.contract
        return InputContract(
            version=CONTRACT_VERSION,
            size_px=c.size_px,
            field_mm=c.field_mm,
            slice_spacing_mm=c.slice_spacing_mm,
            slab_mm=c.slab_mm,
            channels=tuple(
                Channel(each.offset, HuWindow(each.level, each.width)) for each in c.channels
            ),
        )


def read_config(name: str) -> FitConfig:
    """A packaged configuration by its name, or a file by its path.

    Raises:
        ConfigError: there is none, it is no TOML, or a key is unknown or wrong.
    """
    text = _text_of(name)
    try:
        return FitConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"configuration {name}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"configuration {name}: {place}: {first['msg']}") from error


def packaged_configs() -> dict[str, str]:
    """Text of the packaged configurations, by name."""
    folder = files("inference.training") / "configs"
    texts = {
        each.name.removesuffix(".toml"): each.read_text(encoding="utf-8")
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }
    return dict(sorted(texts.items()))


def _text_of(name: str) -> str:
    packaged = packaged_configs()
    if name in packaged:
        return packaged[name]
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        names = ", ".join(packaged)
        raise ConfigError(
            f"configuration {name}: neither one of {names}, nor a file that can be read"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"configuration {name}: not a text file") from error


def config_text(config: FitConfig) -> str:
    """The whole configuration, defaults included, as TOML that :func:`read_config` reads."""
    sections = config.model_dump(mode="json")
    lines = [f"{name} = {_toml(value)}" for name, value in sections.items() if not _is_table(value)]
    for name, value in sections.items():
        if _is_table(value):
            lines += ["", f"[{name}]", *(f"{key} = {_toml(each)}" for key, each in value.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
