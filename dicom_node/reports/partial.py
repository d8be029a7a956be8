"""A reading of single slices, as a part of result.json: never a result of a study.

Given where a series is too short to be one. Its numbers say what a slice shows, each slice read
alone; no level is assessed, and nothing in it may be shown or counted as a negative.
"""

from __future__ import annotations

from typing import Any, Final

from inference.types import (
    LEVELS,
    SHOWN_FROM_PRESENCE,
    ModelIdentity,
    PartialReading,
    SliceReading,
)

STATEMENT: Final = (
    "Single slices were read, one by one. This is no result of a study: no level was assessed, "
    "the numbers are not calibrated, and a fracture may lie on slices that are not here. Not a "
    "negative result. Research use only."
)


def model_document(model: ModelIdentity) -> dict[str, str]:
    """Which model gave the numbers, and what it was trained on."""
    return {
        "name": model.name,
        "version": model.version,
        "sha256": model.sha256,
        "architecture": model.architecture,
        "trained_on": model.trained_on,
    }


def partial_document(reading: PartialReading) -> dict[str, Any]:
    """The slices from the head down, as plain JSON values."""
    return {
        "statement": STATEMENT,
        "model": model_document(reading.model),
        "slices": [_slice_document(each) for each in reading.slices],
    }


def _slice_document(reading: SliceReading) -> dict[str, Any]:
    return {
        "sop_uid": reading.source.sop_instance_uid,
        "frame": reading.source.frame_number,
        "index": reading.slice_index,
        "levels": {
            level: {
                "presence": presence,
                # Of a vertebra that the slice does not show a number would mean nothing.
                "fracture": fracture if presence >= SHOWN_FROM_PRESENCE else None,
            }
            for level, presence, fracture in zip(
                LEVELS, reading.presence, reading.fracture, strict=True
            )
        },
        "most_likely_level": reading.most_likely_level,
    }
