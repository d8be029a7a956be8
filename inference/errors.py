"""Everything this package raises on purpose.

A series that cannot be read is no error but a :class:`inference.types.NotAnalysed`.

    InferenceError
    ├── WeightsError      missing, damaged, of another input contract, or of another digest
    │   └── WeightsUnavailableError   published weights that this machine cannot get
    ├── DeviceError       the requested device is not there
    ├── DataError         a training set cannot be used as it is
    │   └── NoRoomError   the disk cannot hold what is to be written
    ├── training.config.ConfigError: a configuration file is missing or wrong
    ├── training.lightning_stage.TrainingError: a training run cannot start or go on
    ├── training.export.ExportError: an export cannot be made, or does not say what the model says
    └── three that the reader of a series turns into its result, each where it is raised:
        attributes.UnreadableInstanceError, decoders.PixelDataError, pixels.NotHounsfieldError
"""

from __future__ import annotations


class InferenceError(Exception):
    """Root of the tree. ``str(error)`` is one line that a person can act on."""


class WeightsError(InferenceError):
    """The weights cannot be used."""


class WeightsUnavailableError(WeightsError):
    """Published weights cannot be had here: no network and no copy, or nobody published any."""


class DeviceError(InferenceError):
    """The requested device is not available."""


class DataError(InferenceError):
    """A training set, or a part of it, cannot be used: a missing column, a mask that lies off."""


class NoRoomError(DataError):
    """The disk has not enough room for what is to be written."""
