"""The card that travels with an exported model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from inference.errors import WeightsError
from inference.model.record import LoadedModel
from inference.training.agreement import MAPS, TOLERANCE, Agreement

HEADING: Final = "## Exported files"
"""Where the part about the files begins; a card that is exported again gets a new one."""


def card_of(weights: Path, model: LoadedModel) -> str:
    """The card beside ``weights`` (same name, ``.md``), or else one made of the record.

    What an earlier export said of its files is left out.

    Raises:
        WeightsError: the card beside ``weights`` cannot be read, or is of another file.
    """
    existing = weights.with_suffix(".md")
    if existing.exists():
        text = _card_of_this_file(existing, model.identity.sha256)
    else:
        text = _card_of_record(model)
    return text.partition(HEADING)[0].rstrip() + "\n\n"


def _card_of_this_file(path: Path, sha256: str) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path}: the model's card cannot be read: {error}") from error
    if sha256 not in text:
        raise WeightsError(
            f"{path}: is the card of another model file (it does not name this one's SHA-256): "
            "write it anew with 'cspine-train evaluate --card', or move it away"
        )
    return text


def _card_of_record(model: LoadedModel) -> str:
    record, contract, origin = model.record, model.record.contract, model.record.provenance
    channels = ", ".join(
        f"slice {each.offset:+d} L{each.window.level:g} W{each.window.width:g}"
        if each.offset
        else f"L{each.window.level:g} W{each.window.width:g}"
        for each in contract.channels
    )
    return f"""# {record.name} {record.version}

**Not for patients. Research use only.** This card was made of the model's record when it was
exported. No evaluation came with it: how good the model is, is not known from here.

| | |
|---|---|
| file digest (SHA-256) | `{model.identity.sha256}` |
| architecture | {record.architecture}, `{record.encoder}` |
| input | axial slices, {contract.size_px}×{contract.size_px} px over {contract.field_mm:g} mm, \
every {contract.slice_spacing_mm:g} mm |
| channels | {channels} |
| operating point (level) | {record.operating_point:.3f} |
| data | {origin.data} |
| training | {origin.training} |
| validation | {origin.validation} |
| recipe | {origin.recipe} |
| initial weights | {origin.initial_weights} |
| commit | {origin.git_commit or "not known"} |
"""


def about_files(sums: Mapping[str, str], agreement: Agreement | None) -> str:
    """The last part of an exported card.

    Args:
        sums: SHA-256 of each exported file.
        agreement: of the engines; ``None`` if there is only one file.
    """
    rows = "\n".join(f"| `{name}` | `{digest}` |" for name, digest in sums.items())
    text = f"{HEADING}\n\n| file | SHA-256 |\n|---|---|\n{rows}\n"
    if agreement is None:
        return text
    differences = "\n".join(
        f"| {name} | {value:.1e} |" for name, value in agreement.differences.items()
    )
    return f"""{text}
Both files say the same. Largest differences between PyTorch and ONNX Runtime on a CPU, over random
images, random series and {agreement.phantom_slices} slices of a synthetic neck (probabilities; \
`{MAPS}`: share of
their range); more than {TOLERANCE:g} would have stopped the export:

| output | largest difference |
|---|---|
{differences}
"""
