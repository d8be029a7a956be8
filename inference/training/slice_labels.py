"""Which vertebrae a slice shows, and how much of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.types import LEVELS


def slice_shares(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each level's area on each slice over its largest area on any slice.

    As public solutions of the RSNA 2022 competition made their slice labels from the masks: voxels
    of the vertebra on the slice over the most on any slice. A share of the vertebra's volume would
    shrink with the distance of the slices, so that no threshold would mean the same in two series.

    Args:
        labels: (slices, rows, columns): 1–7 are C1–C7, the rest counts for nothing.

    Returns:
        (slices, 7) in 0…1; a level that is not there has 0 throughout.
    """
    count = len(LEVELS) + 1
    areas = np.array(
        [np.bincount(np.minimum(plane, count).ravel(), minlength=count + 1) for plane in labels]
    ).reshape(-1, count + 1)[:, 1:count]
    largest = areas.max(axis=0, initial=1)
    return np.asarray(areas / largest, np.float32)
