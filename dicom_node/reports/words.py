"""Words that a result is told in; apart, so that who only reads them loads no DICOM library."""

from __future__ import annotations

from typing import Final

RESEARCH_ONLY: Final = "AI result – research use only – not for diagnosis"

ANALYSED: Final = "analysed"
NOT_ANALYSED: Final = "not_analysed"

WHOLE: Final = "whole"
IN_PART: Final = "in_part"
OUTSIDE: Final = "outside_the_images"
NOT_RECOGNISED: Final = "not_recognised"
