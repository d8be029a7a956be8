"""Names in the RSNA 2022 cervical spine fracture set, for whoever writes or reads it.

Source: the set's data page, and Lin et al. 2023, "The RSNA Cervical Spine Fracture CT Dataset",
Radiology: Artificial Intelligence 5 (5), doi 10.1148/ryai.230034.

    train.csv                              one row per study: is it fractured, and which level
    train_bounding_boxes.csv               boxes around fractures, on some slices of some studies
    train_images/<StudyInstanceUID>/<n>.dcm     n is the Instance Number
    segmentations/<StudyInstanceUID>.nii        vertebrae of some studies
"""

from __future__ import annotations

from typing import Final

from inference.types import LEVELS

LABELS_FILE: Final = "train.csv"
BOXES_FILE: Final = "train_bounding_boxes.csv"
IMAGES_FOLDER: Final = "train_images"
MASKS_FOLDER: Final = "segmentations"

UID_COLUMN: Final = "StudyInstanceUID"
OVERALL_COLUMN: Final = "patient_overall"
SLICE_COLUMN: Final = "slice_number"
LABEL_COLUMNS: Final = (UID_COLUMN, OVERALL_COLUMN, *LEVELS)
BOX_COLUMNS: Final = (UID_COLUMN, "x", "y", "width", "height", SLICE_COLUMN)

LAST_MASK_LABEL: Final = 19
"""0 is background, 1–7 are C1–C7, 8–19 are T1–T12."""

LPS_TO_RAS: Final = (-1.0, -1.0, 1.0, 1.0)
"""Diagonal that turns DICOM patient coordinates into those of NIfTI, and back."""
