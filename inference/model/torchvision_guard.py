"""The one door to timm, open also where torchvision's compiled operators cannot load.

timm imports torchvision, and torchvision registers fake kernels for its compiled ``nms`` and
``qnms`` operators while it is imported. Package indexes offer a CPU-only torch beside a
torchvision built for CUDA; its operator library then does not load and the import ends with
``operator torchvision::nms does not exist``. The encoders used here never call these operators:
it is enough that their schemas exist.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from types import ModuleType
from typing import Final

import torch

OPERATOR_SCHEMAS: Final = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def load_timm() -> ModuleType:
    """Import timm, with placeholders for torchvision's operators only where they are missing."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in [each for each in sys.modules if each.partition(".")[0] == "torchvision"]:
            del sys.modules[name]  # what the failed import left behind
        _placeholder_library()
    return importlib.import_module("timm")


@cache
def _placeholder_library() -> torch.library.Library:
    # Cached because the schemas vanish as soon as the library object is collected.
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in OPERATOR_SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    return library
