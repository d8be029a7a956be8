"""From a network to the two ONNX graphs of a bundle, by way of torch's exporter."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import onnx
import torch
from onnxscript import FLOAT
from onnxscript import opset20 as op
from torch import Tensor, nn

from inference.model.network import CspineNetwork

OPSET: Final = 20
"""Of the ONNX operators; ``onnxscript.opset20`` above is the same."""

SLICES_OUTPUTS: Final = ("tokens", "maps")
SERIES_OUTPUTS: Final = ("presence", "fracture", "levels", "overall")

EXAMPLE_SLICES: Final = 3
"""The exporter takes sizes 0 and 1 for constants."""

KEPT_METADATA: Final = "namespace"
"""The place of a node among the modules, for who looks at the graph. What else the exporter notes
names source files of the machine that exported."""

Translations: TypeAlias = dict[Callable[..., object], Callable[..., object]]


def slices_graph(network: CspineNetwork, channels: int, size_px: int) -> bytes:
    """The graph images (slices, channels, size, size) → tokens, maps."""
    example = torch.zeros(EXAMPLE_SLICES, channels, size_px, size_px)
    return _export(_ReadSlices(network), example, "images", SLICES_OUTPUTS)


def series_graph(network: CspineNetwork) -> bytes:
    """The graph tokens (slices, width) → presence, fracture, levels and, where learned, overall."""
    example = torch.zeros(EXAMPLE_SLICES, network.token_width)
    with torch.inference_mode():
        learned = network.read_series(example[None]).overall is not None
    outputs = SERIES_OUTPUTS if learned else SERIES_OUTPUTS[:-1]
    return _export(_ReadSeries(network), example, "tokens", outputs)


class _ReadSlices(nn.Module):
    def __init__(self, network: CspineNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.read_slices(images)
        return features.tokens, features.maps


class _ReadSeries(nn.Module):
    """One series; ``overall`` has the shape (1,)."""

    def __init__(self, network: CspineNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor) -> tuple[Tensor, ...]:
        logits = self.network.read_series(tokens[None])
        given = (logits.presence[0], logits.fracture[0], logits.levels[0])
        return given if logits.overall is None else (*given, logits.overall)


def _log_sigmoid(x: FLOAT) -> FLOAT:
    return op.Neg(op.Softplus(op.Neg(x)))


def _translations() -> Translations:
    # The exporter's own is Log(Sigmoid(x)); ONNX Runtime's sigmoid is 0 from −18 down, so that
    # every surely absent vertebra would get −∞.
    return {torch.ops.aten.log_sigmoid.default: _log_sigmoid}


def _export(module: nn.Module, example: Tensor, given: str, outputs: Sequence[str]) -> bytes:
    with warnings.catch_warnings():
        # torch pickles its own tree specs in a way that torch has deprecated.
        warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)`", FutureWarning)
        program = torch.onnx.export(
            module.eval(),
            (example,),
            input_names=[given],
            output_names=list(outputs),
            dynamic_shapes=({0: torch.export.Dim("slices")},),
            opset_version=OPSET,
            custom_translation_table=_translations(),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # only the exporter of old returns nothing
    model = program.model_proto
    _drop_metadata(model)
    onnx.checker.check_model(model, full_check=True)
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def _drop_metadata(model: onnx.ModelProto) -> None:
    graph = model.graph
    for node in graph.node:
        kept = [each for each in node.metadata_props if each.key == KEPT_METADATA]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    for each in (model, graph, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del each.metadata_props[:]
