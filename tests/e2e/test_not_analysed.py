"""What is unfit is received whole, refused with its reason, and never called negative."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from dicom_node.reports.part10 import as_part10
from inference.phantom.dicom import write_series
from inference.phantom.negatives import NegativeKind
from inference.phantom.study import make_negative
from storage import deliveries
from storage.records import SeriesState
from tests.ct_series import AXIAL, SAGITTAL, unpack_ct_head_tilted, write_ct_series
from tests.e2e.at_the_pacs import pages_at
from tests.e2e.conftest import SLICES, introduce
from tests.e2e.test_main_job import send, series_uid_of
from tests.node_process import NodeProcess
from tests.orthanc import Orthanc
from tests.support import wait_until
from tests.validators import said_by


def localizer(folder: Path) -> list[Path]:
    image_type = ("ORIGINAL", "PRIMARY", "LOCALIZER")
    return write_ct_series(folder, slices=1, orientation=SAGITTAL, image_type=image_type)


def with_a_hole(folder: Path) -> list[Path]:
    paths = write_ct_series(folder, slices=60)
    for path in paths[30:34]:
        path.unlink()
    return paths[:30] + paths[34:]


def with_duplicates(folder: Path) -> list[Path]:
    at = [-63.0, -63.0]
    positions = [(*at, -2.0 * min(index, 50)) for index in range(60)]
    return write_ct_series(folder, slices=60, positions=positions)


def of_two_orientations(folder: Path) -> list[Path]:
    return write_ct_series(folder, slices=60, orientation=[AXIAL] * 40 + [SAGITTAL] * 20)


def without_pixel_spacing(folder: Path) -> list[Path]:
    return write_ct_series(folder, slices=60, omit=("PixelSpacing",))


def with_a_truncated_pixel_stream(folder: Path) -> list[Path]:
    def cut(index: int, ds: Dataset) -> None:
        if index == 17:
            ds.PixelData = ds.PixelData[: len(ds.PixelData) // 2]

    return write_ct_series(folder, slices=60, edit=cut)


def constant(folder: Path) -> list[Path]:
    return write_ct_series(folder, slices=60, hu=np.zeros((60, 64, 64), np.int16))


def water(folder: Path) -> list[Path]:
    return write_ct_series(folder, slices=70, rows=256, columns=256, spacing_mm=(2, 0.8, 0.8))


def mr_in_ct_images(folder: Path) -> list[Path]:
    return write_ct_series(folder, slices=60, attributes={"Modality": "MR"})


def single_image(folder: Path) -> list[Path]:
    return write_ct_series(folder, slices=1)


def head(folder: Path) -> list[Path]:
    study = make_negative(100_003, NegativeKind.HEAD, slices=SLICES)
    return list(write_series(study, folder, uid_seed="e2e head"))


UNFIT: Final[dict[str, tuple[Callable[[Path], list[Path]], str]]] = {
    "real tilted head": (unpack_ct_head_tilted, "gantry_tilt"),
    "MR in CT images": (mr_in_ct_images, "unsupported_modality"),
    "single image": (single_image, "too_few_slices"),
    "localizer": (localizer, "localizer"),
    "hole": (with_a_hole, "missing_slices"),
    "duplicates": (with_duplicates, "duplicate_positions"),
    "two orientations": (of_two_orientations, "mixed_orientation"),
    "no pixel spacing": (without_pixel_spacing, "missing_geometry"),
    "truncated": (with_a_truncated_pixel_stream, "pixel_data_unreadable"),
    "constant": (constant, "implausible_intensities"),
    "water": (water, "no_cervical_spine"),
    "head": (head, "no_cervical_spine"),
}


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with Orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, pacs: Orthanc) -> Iterator[NodeProcess]:
    process = NodeProcess(tmp_path_factory.mktemp("node"))
    introduce(process, pacs)
    process.start()
    yield process
    process.end()


@pytest.mark.parametrize("kind", UNFIT)
def test_unfit_is_received_whole_and_refused_with_its_reason(
    kind: str, node: NodeProcess, pacs: Orthanc, tmp_path: Path
) -> None:
    make, reason = UNFIT[kind]
    paths = make(tmp_path / "series")
    send(node, paths)
    uid = series_uid_of(paths)

    refused = node.wait_for(uid, SeriesState.NOT_ANALYSED, SeriesState.ANALYSED)

    assert refused.state is SeriesState.NOT_ANALYSED
    assert refused.reason_code == reason
    assert refused.reason_text
    assert refused.result is None
    assert refused.instance_count == len(paths)
    for path in paths:
        sent = dcmread(path)
        kept = node.data_dir.root / "instances" / sent.StudyInstanceUID / uid
        assert (kept / f"{sent.SOPInstanceUID}.dcm").exists()
    with node.database() as database:
        assert deliveries.report_of(database, refused.id) is None
    wait_until(lambda: len(pages_at(pacs, uid)) == 1, what="the PACS is told")
    (page,) = pages_at(pacs, uid)
    assert page.Modality == "OT"
    assert "not a negative" in page.DerivationDescription
    assert refused.reason_text in page.DerivationDescription
    path = tmp_path / "page.dcm"
    path.write_bytes(as_part10(page))
    status, text = said_by("dciodvfy", path)
    assert (status, "Error" in text) == (0, False), text
    shown = node.command("series", "show", uid)
    assert reason in shown.stdout
    assert "negative" not in shown.stdout


def test_missing_slices_that_come_later_make_the_series_fit(
    node: NodeProcess, tmp_path: Path
) -> None:
    paths = write_ct_series(tmp_path / "series", slices=60)
    uid = series_uid_of(paths)
    send(node, paths[:30] + paths[34:])
    assert node.wait_for(uid, SeriesState.NOT_ANALYSED).reason_code == "missing_slices"
    send(node, paths[30:34])
    # Fit now; that it holds no spine is for the model to say.
    later = node.wait_for_reason(uid, "no_cervical_spine")
    assert later.generation == 2
