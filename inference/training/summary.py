"""The summary in the spine network's tokens: what varies most in the pooled features.

The series stage sees cached tokens, so the summary gets no gradient from it, and a few hundred
series could not train 1280 numbers each. Its rows are therefore the principal components of the
pooled features over training slices, each scaled to unit variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from inference.model.network import CspineNetwork
from inference.training.series_tokens import TokenMaker
from inference.training.study_slices import StudySlices

STUDIES: Final = 32
SLICES_OF_STUDY: Final = 24
LEAST_SPREAD: Final = 0.01
"""Of the first component's: smaller ones are not blown up, and fit half precision."""


def fit_summary(network: CspineNetwork, maker: TokenMaker, studies: Sequence[StudySlices]) -> None:
    """Set ``network.summary`` from slices of the studies; the same studies give the same.

    Raises:
        AttributeError: the network has no summary.
    """
    summary = network.get_submodule("summary")
    assert isinstance(summary, nn.Linear)
    pooled: list[Tensor] = []

    def keep(_module: nn.Module, inputs: tuple[Any, ...]) -> None:
        pooled.append(inputs[0].float().cpu())

    handle = summary.register_forward_pre_hook(keep)
    step = max(1, len(studies) // STUDIES)
    with torch.inference_mode():
        for study in studies[::step]:
            rows = np.unique(np.linspace(0, len(study.hu) - 1, SLICES_OF_STUDY).round())
            for images in maker.images(study, 0, rows.astype(np.intp)):
                network.read_slices(images)
    handle.remove()
    features = torch.cat(pooled).double()
    middle = features.mean(dim=0)
    _, values, rows_of = torch.linalg.svd(features - middle, full_matrices=False)
    count = min(summary.out_features, len(values))
    spread = values[:count] / len(features) ** 0.5
    spread = spread.clamp(min=LEAST_SPREAD * float(spread[0]))
    with torch.no_grad():
        weight = torch.zeros_like(summary.weight)
        weight[:count] = (rows_of[:count] / spread[:, None]).to(weight)
        summary.weight.copy_(weight.half().float())
        # From the rounded weights: what is stored is centred.
        summary.bias.copy_((-(summary.weight.double() @ middle.to(summary.weight.device))).half())
