"""The watchman of a node, from its settings."""

from __future__ import annotations

from dicom_node.alerting.channels import channels_of
from dicom_node.alerting.facts import FactFinder
from dicom_node.alerting.journal import Journal
from dicom_node.alerting.watchman import Watchman
from dicom_node.config import Settings
from dicom_node.monitoring.instruments import Instruments
from storage.database import Database
from storage.files import DataDir


def build_watchman(
    settings: Settings, database: Database, data_dir: DataDir, instruments: Instruments
) -> Watchman:
    """Not yet started.

    Raises:
        ConfigError: a file that ``[alerts]`` names cannot be used.
    """
    finder = FactFinder(settings, database, data_dir, instruments)
    return Watchman(
        settings.alerts,
        finder.find,
        channels_of(settings),
        Journal(data_dir.root),
        instruments,
    )
