"""A node with phantoms in every state, people, peers and somebody who was turned away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydicom import dcmread
from pydicom.uid import CTImageStorage
from pynetdicom import AE

from dicom_node.api.passwords import Passwords
from dicom_node.app import Node
from dicom_node.commands.demo import LOOPBACK, PACS_AET, add_pacs, loopback_settings
from dicom_node.commands.demo_pacs import DemoPacs
from dicom_node.config import Settings
from dicom_node.stores import data_dir_of, database_of
from inference.phantom.dicom import write_series
from inference.phantom.study import FractureSpec, PhantomSpec, make_study
from pyqt_console.client import NodeClient
from pyqt_console.query import WorklistQuery
from storage import peers, users
from storage.database import Database
from storage.records import Peer, Role
from tests.dcmtk import free_port
from tests.support import wait_until

PASSWORD: Final = "Anatomy-of-C2-and-C5"
SLICES: Final = 72
DONE: Final = frozenset({"reported", "analysed", "not_analysed", "failed"})


@dataclass(frozen=True, slots=True)
class Case:
    """A patient who never lived, and which slices of a phantom came."""

    name: str
    accession: str
    fractures: tuple[FractureSpec, ...]
    seed: int
    first: int = 0
    last: int = SLICES - 1
    without: range = range(0)
    ends: bool = True
    """Whether the series is waited for; else it has just begun to arrive."""


CASES: Final = (
    Case("ROTH^ANNA", "A1023", (FractureSpec("C5"),), 100_000),
    Case("LEE^JUN HO", "A1031", (FractureSpec("C2"),), 100_002, last=39),
    Case("BAUER^KARL", "A1029", (), 100_001, without=range(30, 40)),
    Case("OKAFOR^NGOZI", "A1007", (), 100_001),
    Case("MÜLLER^JÜRGEN", "A1033", (), 100_003, first=20, last=22),
    Case("SILVA^RUI", "A1034", (), 100_004, first=12),
)
LATE: Final = Case("NOVÁKOVÁ^EVA", "A1036", (), 100_005, last=11, ends=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """Where it is, and files that are nobody's yet."""

    url: str
    port: int
    own_files: Path


@contextmanager
def node_with_cases(scratch: Path) -> Iterator[Shown]:
    """Running, with everything read that will be."""
    settings = loopback_settings(Settings(), scratch / "node", api=True)
    with DemoPacs(PACS_AET) as pacs:
        database = database_of(settings, data_dir_of(settings))
        try:
            add_pacs(database, pacs.port)
            _people_and_peers(database)
        finally:
            database.close()
        node = Node(settings)
        node.start()
        try:
            for number, case in enumerate(CASES):
                paths = files(case, scratch / f"case-{number}")
                pacs.send(paths, settings.dicom.ae_title, LOOPBACK, node.port)
            _turned_away(settings.dicom.ae_title, node.port)
            assert node.api_url is not None
            _wait_for_all(node.api_url)
            late = files(LATE, scratch / "late")
            (scratch / "late" / "letter.pdf").write_bytes(b"%PDF-1.4 not an image")
            yield Shown(node.api_url, node.port, late[0].parent)
        finally:
            node.stop()


def files(case: Case, folder: Path) -> list[Path]:
    """The slices that came."""
    study = make_study(PhantomSpec(case.seed, case.fractures, SLICES))
    paths = write_series(study, folder, uid_seed=case.name)
    wanted = set(range(case.first, case.last + 1)) - set(case.without)
    kept = []
    for number, path in enumerate(paths):
        if number not in wanted:
            path.unlink()
            continue
        ds = dcmread(path)
        ds.PatientName, ds.AccessionNumber = case.name, case.accession
        ds.PatientID = f"4{case.seed % 1000:03}17"
        ds.save_as(path)
        kept.append(path)
    return kept


def _people_and_peers(database: Database) -> None:
    for name, role, display in (
        ("ann", Role.RADIOLOGIST, "Weiß^Ann"),
        ("bob", Role.RADIOLOGIST, "Berg^Robert"),
        ("root", Role.ADMIN, "Adams^Ruth"),
        ("viewer", Role.SERVICE, ""),
    ):
        users.add_user(
            database,
            name,
            role=role,
            password_hash=Passwords().hash(PASSWORD),
            display_name=display,
            organization="Klinikum Nord",
            now=database.now(),
        )
    away = Peer("archive", "ARCHIVE", LOOPBACK, free_port(), gets_results=True)
    peers.add_peer(database, away, now=database.now())
    ct = Peer("ct-1", "CT_ER", "ct-er.example.org", 104, may_send=True)
    peers.add_peer(database, ct, now=database.now())


def _turned_away(called_aet: str, port: int) -> None:
    for aet in ("CT_NEW", "CT_NEW", "WORKSTATION7"):
        ae = AE(ae_title=aet)
        ae.add_requested_context(CTImageStorage)
        with suppress(RuntimeError):
            ae.associate(LOOPBACK, port, ae_title=called_aet)


def _wait_for_all(url: str) -> None:
    client = NodeClient(url)
    client.sign_in("ann", PASSWORD)

    def all_done() -> bool:
        rows = client.worklist(WorklistQuery(tab="all")).rows
        return len(rows) == len(CASES) and all(each.state in DONE for each in rows)

    try:
        wait_until(all_done, what="every phantom was read", deadline_s=600)
    finally:
        client.sign_out()
        client.close()
