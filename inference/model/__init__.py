"""EfficientNetV2 with two heads, and how slices become levels and levels a study."""
