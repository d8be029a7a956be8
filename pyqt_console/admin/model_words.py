"""What a model's record says, in words. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyqt_console.admin.requests.models import Model
from pyqt_console.admin.words import flat, size, value
from pyqt_console.i18n import mark, tr

FORMATS: Final[Mapping[str, str]] = {
    "safetensors": mark("weights for torch (safetensors)"),
    "onnx": mark("exported for ONNX Runtime"),
}
TOLD: Final = frozenset({"name", "version", "architecture", "contract", "operating_point"})
"""Of the record, what has its own line already."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model stands to the node: a word for the list, a sentence, a field of ``Palette``."""

    word: str
    sentence: str
    colour: str = "text"


READS: Final = Standing(
    mark("✓ reads now"), mark("✓ This model reads. It is loaded in the inference process.")
)
LOADING: Final = Standing(
    mark("… chosen, not loaded"),
    mark(
        "… Chosen to read, but not loaded. That lasts a moment, or until the inference process "
        "starts. If it stays so, the file is damaged: the node's log says why, and the old model "
        "goes on."
    ),
    "caution",
)
ENDING: Final = Standing(
    mark("… reads until then"),
    mark("… Still loaded: it reads until the chosen model has taken over."),
    "waiting",
)
UNUSABLE: Final = Standing(
    mark("✕ cannot be used"), mark("✕ It cannot be used: {problem}."), "unknown"
)
SHADOW: Final = Standing(
    mark("◌ reads in the shadow"),
    mark("◌ It reads beside the active one, unseen by readers; nothing of it is sent."),
)
READY: Final = Standing(mark("can be used"), mark("It can be used. It does not read now."))


def standing(model: Model) -> Standing:
    """What it is to the node."""
    if model.problem is not None and not model.running:
        return UNUSABLE
    if model.running:
        return READS if model.active else ENDING
    if model.shadow:
        return SHADOW
    return LOADING if model.active else READY


def trained_on(model: Model) -> str:
    """Its data, as its record says."""
    provenance = model.card.get("provenance")
    said = provenance.get("data") if isinstance(provenance, Mapping) else None
    return str(said) if said else tr("its record does not say")


def card_in_words(model: Model) -> Iterator[tuple[str, str]]:
    """(name, text) of all that the record says, the most important first."""
    form = tr(FORMATS.get(model.format, model.format))
    shipped = tr(", ships with the program") if model.shipped else ""
    yield tr("File"), f"{model.file}, {size(model.size_bytes)}, {form}{shipped}"
    yield tr("Trained on"), trained_on(model)
    point = model.card.get("operating_point")
    if isinstance(point, int | float):
        yield tr("Operating point"), tr("a finding from {number} on").format(number=f"{point:.2f}")
    contract = model.card.get("contract")
    if isinstance(contract, Mapping):
        yield tr("Input"), _input(contract)
    rest = {key: each for key, each in model.card.items() if key not in TOLD}
    for name, each in flat(rest):
        if name != "provenance.data":
            yield name.removeprefix("provenance.").replace("_", " "), value(each)


def _input(contract: Mapping[str, Any]) -> str:
    try:
        return tr(
            "{pixels} × {pixels} pixels over {field} mm, a slice each {spacing} mm, "
            "{channels} channels"
        ).format(
            pixels=contract["size_px"],
            field=value(contract["field_mm"]),
            spacing=value(contract["slice_spacing_mm"]),
            channels=len(contract["channels"]),
        )
    except (KeyError, TypeError):
        return value(dict(contract))
