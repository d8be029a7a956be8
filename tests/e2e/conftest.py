"""A node, a PACS that others wrote, and series to send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.model.record import save_model
from inference.phantom.dicom import write_series
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from storage.records import Peer
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.postgres import postgres_server
from tests.unit.inference.tiny import tiny_model, tiny_record

__all__ = ["postgres_server"]

SLICES = 72
"""Few, since two cores read them; still every 3 mm or less from skull base to T2."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProcess]:
    process = NodeProcess(tmp_path / "node")
    yield process
    process.end()


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with Orthanc(tmp_path / "orthanc") as server:
        yield server


@pytest.fixture
def quick(tmp_path: Path, orthanc: Orthanc) -> Iterator[NodeProcess]:
    """As ``connected``, with an untrained model that reads a series in no time."""
    weights = tmp_path / "tiny.safetensors"
    save_model(weights, tiny_model().network, tiny_record())
    process = NodeProcess(tmp_path / "node", weights=weights)
    introduce(process, orthanc)
    process.start()
    yield process
    process.end()


@pytest.fixture
def connected(node: NodeProcess, orthanc: Orthanc) -> NodeProcess:
    """A running node that takes series from STORESCU and sends results to Orthanc."""
    introduce(node, orthanc)
    node.start()
    return node


def introduce(node: NodeProcess, orthanc: Orthanc) -> None:
    """Tell the node of the modality and of the PACS."""
    node.add_peer(Peer("ct", "STORESCU", "127.0.0.1", 1, may_send=True))
    node.add_peer(Peer("pacs", orthanc.aet, "127.0.0.1", orthanc.dicom_port, gets_results=True))


@pytest.fixture(scope="session")
def fractured_c5(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A phantom with a fractured C5."""
    spec = PhantomSpec(seed=100_000, fractures=(FractureSpec("C5"),), slices=SLICES)
    folder = tmp_path_factory.mktemp("fractured")
    return list(write_series(make_study(spec), folder, uid_seed="e2e fractured"))


@pytest.fixture(scope="session")
def intact(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A phantom without a fracture."""
    spec = PhantomSpec(seed=100_001, fractures=(), slices=SLICES)
    folder = tmp_path_factory.mktemp("intact")
    return list(write_series(make_study(spec), folder, uid_seed="e2e intact"))
