"""Where this installation keeps things: its data directory and its database."""

from __future__ import annotations

import socket

from dicom_node.config import Settings
from storage.database import Database, open_database
from storage.files import DataDir


def data_dir_of(settings: Settings) -> DataDir:
    """The data directory, made if it is not there."""
    data_dir = DataDir(settings.storage.data_dir)
    data_dir.prepare()
    return data_dir


def database_of(settings: Settings, data_dir: DataDir) -> Database:
    """The node's database, brought to this version's schema."""
    return open_database(settings.storage.database_url or data_dir.default_database_url)


def owner_of(data_dir: DataDir) -> str:
    """Whose claims, leases and retrievals are whose, where several nodes share a database."""
    return f"{socket.gethostname()}:{data_dir.root.resolve()}"
