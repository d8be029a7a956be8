"""From DICOM files to a prediction: volume, model, phantom, training.

The only home of torch and timm.
"""
