"""The exported series as others read it: pydicom, dciodvfy, dcentvfy."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames
from pydicom.uid import UID, CTImageStorage, ExplicitVRBigEndian, JPEGExtended12Bit

from inference.codestream import jpeg_header
from inference.limits import FitnessLimits
from inference.phantom.dicom import KERNELS, write_series
from inference.phantom.negatives import NegativeKind
from inference.phantom.study import PhantomSpec, PhantomStudy, make_negative, make_study
from inference.phantom.transfer_syntaxes import TRANSFER_SYNTAXES
from inference.types import CtVolume
from inference.volume import load_volume
from tests.support import require_tool


@pytest.fixture(scope="module")
def study() -> PhantomStudy:
    return make_study(PhantomSpec(31, (), slices=12, matrix=64))


# pydicom has no decoder of its own for JPEG Lossless.
@pytest.mark.parametrize("name", sorted(TRANSFER_SYNTAXES.keys() - {"jpeg-lossless"}))
def test_round_trip_of_values_and_geometry(study: PhantomStudy, tmp_path: Path, name: str) -> None:
    syntax = TRANSFER_SYNTAXES[name]
    paths = write_series(study, tmp_path / "series", transfer_syntax=syntax)
    assert len(paths) == 12
    for index, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        assert ds.file_meta.TransferSyntaxUID == syntax
        assert ds.SOPClassUID == CTImageStorage
        assert ds.InstanceNumber == index + 1
        hu = ds.pixel_array.astype(np.int32) * int(ds.RescaleSlope) + int(ds.RescaleIntercept)
        np.testing.assert_array_equal(hu, study.hu[index])
        position = (study.affine @ [0, 0, index, 1])[:3]
        np.testing.assert_allclose([float(v) for v in ds.ImagePositionPatient], position, atol=1e-6)
        assert [float(v) for v in ds.PixelSpacing] == pytest.approx([study.affine[0, 0]] * 2)
        assert float(ds.SpacingBetweenSlices) == pytest.approx(-study.affine[2, 2])
        assert [float(v) for v in ds.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]


def test_identity_is_synthetic_and_whole(study: PhantomStudy, tmp_path: Path) -> None:
    headers = [pydicom.dcmread(path) for path in write_series(study, tmp_path)]
    first = headers[0]
    assert first.PatientID == "PHANTOM-31"
    assert str(first.PatientName).startswith("Phantom^")
    assert first.BodyPartExamined == "CSPINE"
    assert first.AccessionNumber == "PH31"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "PatientID"):
        assert len({ds[keyword].value for ds in headers}) == 1
    assert len({ds.SOPInstanceUID for ds in headers}) == 12
    assert all(UID(ds.SOPInstanceUID).is_valid for ds in headers)


def test_the_scan_is_described_as_a_scanner_does(study: PhantomStudy, tmp_path: Path) -> None:
    ds = pydicom.dcmread(write_series(study, tmp_path)[0])
    assert float(ds.SliceThickness) == pytest.approx(study.thickness_mm)
    assert float(ds.KVP) == study.kvp
    assert ds.ConvolutionKernel in KERNELS[study.sharp]
    for keyword in ("FrameOfReferenceUID", "WindowCenter", "TableHeight", "SpiralPitchFactor"):
        assert keyword in ds


def test_uids_follow_content_and_seed(study: PhantomStudy, tmp_path: Path) -> None:
    other = make_study(PhantomSpec(32, (), slices=12, matrix=64))
    head = make_negative(31, NegativeKind.HEAD, slices=12, matrix=64)

    def uid(of: PhantomStudy, name: str, uid_seed: str = "") -> str:
        path = write_series(of, tmp_path / name, uid_seed=uid_seed)[0]
        return str(pydicom.dcmread(path).SOPInstanceUID)

    assert uid(study, "a") == uid(study, "b")
    assert len({uid(study, "a"), uid(study, "c", "again"), uid(other, "d"), uid(head, "e")}) == 4


def test_an_accession_number_can_be_given(study: PhantomStudy, tmp_path: Path) -> None:
    path = write_series(study, tmp_path, accession_number="A-1")[0]
    assert pydicom.dcmread(path).AccessionNumber == "A-1"


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES.values(), ids=TRANSFER_SYNTAXES)
def test_the_node_reads_every_transfer_syntax_bit_for_bit(
    study: PhantomStudy, tmp_path: Path, syntax: UID
) -> None:
    # So few slices of a whole neck lie too far apart for it.
    close = replace(study, affine=study.affine * [1, 1, 0.125, 1])
    limits = FitnessLimits(min_coverage_mm=5)
    volume = load_volume(write_series(close, tmp_path, transfer_syntax=syntax), limits=limits)
    assert isinstance(volume, CtVolume), volume
    np.testing.assert_array_equal(volume.hu, study.hu)


def test_codecs_are_told_how_many_bits_are_stored(study: PhantomStudy, tmp_path: Path) -> None:
    for name in ("jpeg-lossless", "jpeg-ls"):
        paths = write_series(study, tmp_path / name, transfer_syntax=TRANSFER_SYNTAXES[name])
        ds = pydicom.dcmread(paths[0])
        header = jpeg_header(next(generate_frames(ds.PixelData, number_of_frames=1)))
        assert header.precision_bits == ds.BitsStored == 12


def test_lossy_and_big_endian_transfer_syntaxes_are_refused(
    study: PhantomStudy, tmp_path: Path
) -> None:
    for syntax in (JPEGExtended12Bit, ExplicitVRBigEndian):
        with pytest.raises(ValueError, match="not written as"):
            write_series(study, tmp_path, transfer_syntax=syntax)
    assert not list(tmp_path.iterdir())


# dciodvfy cannot inflate.
@pytest.mark.parametrize("syntax", sorted(TRANSFER_SYNTAXES.keys() - {"deflated"}))
def test_dciodvfy_and_dcentvfy_have_nothing_to_say(
    study: PhantomStudy, tmp_path: Path, syntax: str
) -> None:
    dciodvfy, dcentvfy = require_tool("dciodvfy"), require_tool("dcentvfy")
    paths = write_series(study, tmp_path, transfer_syntax=TRANSFER_SYNTAXES[syntax])
    done = subprocess.run([dciodvfy, paths[0]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "CTImage\n")
    done = subprocess.run([dcentvfy, *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
