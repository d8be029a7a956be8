from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from inference.attributes import UnreadableInstanceError, quiet_pydicom
from inference.decoders import DECODERS, PixelDataError, PixelFormat, Samples
from inference.pixels import PADDING_HU, NotHounsfieldError, Rescale, open_pixels, to_hu
from tests.ct_series import write_ct_series, write_enhanced_ct
from tests.dcmtk import run_tool

NATIVE: Final = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)
LOSSLESS: Final = (
    RLELossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
)
LOSSY: Final = ((JPEGExtended12Bit, 16), (JPEGLSNearLossless, 2), (JPEG2000, 8), (HTJ2K, 8))
"""Transfer syntax and the greatest error that its encoder in the tests may make."""
COMPRESSED: Final = (*LOSSLESS, *(syntax for syntax, _ in LOSSY))

SIGNED_16: Final[dict[str, Any]] = {"signed": True, "bits_stored": 16, "intercept": 0}
SIGNED_12: Final[dict[str, Any]] = {"signed": True, "bits_stored": 12, "intercept": 0}
UNSIGNED_12: Final[dict[str, Any]] = {"signed": False, "bits_stored": 12, "intercept": -1024}
UNSIGNED_16: Final[dict[str, Any]] = {"signed": False, "bits_stored": 16, "intercept": -32768}
FORMATS: Final = (SIGNED_16, SIGNED_12, UNSIGNED_12, UNSIGNED_16)

Hu = NDArray[np.int16]


def sample(name: str) -> Path:
    """A real file that comes with pydicom; nothing is downloaded."""
    found = get_testdata_file(name, download=False)
    assert found is not None
    return Path(str(found))


def hu_of(path: Path, frame_number: int | None = None) -> Hu:
    with quiet_pydicom():
        return open_pixels(path).hu(frame_number)


def noise(count: int, shape: tuple[int, int] = (48, 40), bits: int = 12) -> Hu:
    """All values that ``bits`` can hold around zero, in every slice."""
    rng = np.random.default_rng(7)
    half = 2 ** (bits - 1)
    values = rng.integers(-half, half, (count, *shape))
    values[:, 0, :4] = (-half, half - 1, 0, -1)
    return values.astype(np.int16)


def written(directory: Path, hu: Hu, **fields: Any) -> list[Path]:
    rows, columns = hu.shape[1:]
    return write_ct_series(directory, slices=len(hu), rows=rows, columns=columns, hu=hu, **fields)


def fitting(hu: Hu, fields: dict[str, Any]) -> Hu:
    """``hu`` moved into the range that the stored format can hold."""
    if fields["signed"] or fields["bits_stored"] == 16:
        return hu
    return (hu + 1024).astype(np.int16)


def change_frames(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Rewrite a compressed file with every frame changed."""
    ds = pydicom.dcmread(path)
    frames = [change(each) for each in generate_frames(ds.PixelData, number_of_frames=1)]
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path)


# -- real files


@pytest.mark.parametrize(
    "name",
    [
        "MR_small.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_expb.dcm",
        "MR_small_implicit.dcm",
        "MR_small_padded.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
    ],
)
def test_real_files_equal_their_uncompressed_twin(name: str) -> None:
    expected = pydicom.dcmread(sample("MR_small.dcm")).pixel_array

    assert np.array_equal(hu_of(sample(name)), expected)


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "693_J2KI.dcm",
        "J2K_pixelrep_mismatch.dcm",
        "JPEG2000.dcm",
        "JPEGLSNearLossless_08.dcm",
        "image_dfl.dcm",
    ],
)
def test_real_files_equal_what_pydicom_decodes(name: str) -> None:
    ds = pydicom.dcmread(sample(name))
    expected = ds.pixel_array * float(ds.get("RescaleSlope", 1)) + float(
        ds.get("RescaleIntercept", 0)
    )
    measured = np.ones(expected.shape, bool)
    if "PixelPaddingValue" in ds:
        measured = ds.pixel_array != ds.PixelPaddingValue

    hu = hu_of(sample(name))

    assert measured.mean() > 0.7
    assert np.array_equal(hu[measured], expected[measured])
    assert (hu[~measured] == PADDING_HU).all()


def test_a_real_16_bit_near_lossless_file_is_clipped_to_int16() -> None:
    expected = pydicom.dcmread(sample("JPEGLSNearLossless_16.dcm")).pixel_array

    assert np.array_equal(hu_of(sample("JPEGLSNearLossless_16.dcm")), expected.clip(max=32767))


@pytest.mark.parametrize("name", ["JPGExtended.dcm", "JPEG-lossy.dcm"])
def test_real_12_bit_jpeg_equals_what_dcmtk_decodes(name: str, tmp_path: Path) -> None:
    assert run_tool("dcmdjpeg", sample(name), tmp_path / "plain.dcm").ok
    expected = pydicom.dcmread(tmp_path / "plain.dcm").pixel_array

    error = np.abs(hu_of(sample(name)) - expected.astype(int))

    assert error.max() <= 1  # two inverse cosine transforms may round differently


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("MR_truncated.dcm", "8130 bytes of pixel data where 8192 belong"),
        ("liver_1frame.dcm", "bit depth"),
        ("rtdose.dcm", "bit depth"),
        ("SC_rgb_rle.dcm", "single numbers"),
        ("rtplan.dcm", "size or bit depth"),
    ],
)
def test_real_files_without_usable_pixels(name: str, why: str) -> None:
    with pytest.raises(PixelDataError, match=why):
        hu_of(sample(name))


# -- every transfer syntax


@pytest.mark.parametrize("fields", FORMATS, ids=str)
@pytest.mark.parametrize("syntax", [*NATIVE, *LOSSLESS], ids=lambda uid: uid.name)
def test_lossless_is_bit_exact(syntax: str, fields: dict[str, Any], tmp_path: Path) -> None:
    hu = fitting(noise(2), fields)

    for path, expected in zip(
        written(tmp_path, hu, transfer_syntax=syntax, **fields), hu, strict=True
    ):
        assert np.array_equal(hu_of(path), expected)


@pytest.mark.parametrize(("syntax", "greatest_error"), LOSSY)
def test_lossy_is_near(syntax: str, greatest_error: int, tmp_path: Path) -> None:
    smooth = np.rint(np.hypot(*np.mgrid[:128, :128])).astype(np.int16)[np.newaxis]
    (path,) = written(tmp_path, smooth, transfer_syntax=syntax, **UNSIGNED_12)

    error = np.abs(hu_of(path) - smooth[0])

    assert error.max() <= greatest_error


@pytest.mark.parametrize("syntax", [*NATIVE, *LOSSLESS], ids=lambda uid: uid.name)
def test_frames_of_an_enhanced_ct(syntax: str, tmp_path: Path) -> None:
    hu = fitting(noise(3), UNSIGNED_12)
    path = write_enhanced_ct(
        tmp_path / "e.dcm",
        slices=3,
        rows=48,
        columns=40,
        hu=hu,
        transfer_syntax=syntax,
        **UNSIGNED_12,
    )

    pixels = open_pixels(path)

    for number in (3, 1, 2):
        assert np.array_equal(pixels.hu(number), hu[number - 1])
    for number in (0, 4, -1):
        with pytest.raises(PixelDataError, match="fewer frames"):
            pixels.hu(number)


@pytest.mark.parametrize(
    "command",
    [
        ("dcmcjpeg", "+e1"),
        ("dcmcjpeg", "+el", "+sv", "2"),
        ("dcmcjpeg", "+el", "+sv", "6"),
        ("dcmcjpeg", "+e1", "+fs", "1"),
        ("dcmcjpeg", "+e1", "-ot"),
        ("dcmcrle",),
        ("dcmcjpls",),
        ("dcmcjpls", "+pz", "+fs", "1", "-ot"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("fields", FORMATS, ids=str)
def test_what_dcmtk_compressed_is_bit_exact(
    command: tuple[str, ...], fields: dict[str, Any], tmp_path: Path
) -> None:
    hu = fitting(noise(1), fields)
    (path,) = written(tmp_path, hu, **fields)

    done = run_tool(command[0], *command[1:], path, tmp_path / "compressed.dcm")

    assert done.ok, done.output
    assert np.array_equal(hu_of(tmp_path / "compressed.dcm"), hu[0])


def test_what_dcmtk_compressed_to_bits_stored_is_bit_exact(tmp_path: Path) -> None:
    hu = fitting(noise(1), UNSIGNED_12)
    (path,) = written(tmp_path, hu, **UNSIGNED_12)

    done = run_tool("dcmcjpls", "+pc", path, tmp_path / "compressed.dcm")

    assert done.ok, done.output
    assert np.array_equal(hu_of(tmp_path / "compressed.dcm"), hu[0])


@pytest.mark.parametrize("command", ["dcmcjpeg", "dcmcrle", "dcmcjpls"])
def test_what_dcmtk_compressed_of_an_enhanced_ct(command: str, tmp_path: Path) -> None:
    hu = noise(3)
    path = write_enhanced_ct(tmp_path / "e.dcm", slices=3, rows=48, columns=40, hu=hu, **SIGNED_16)

    done = run_tool(command, path, tmp_path / "compressed.dcm")

    assert done.ok, done.output
    pixels = open_pixels(tmp_path / "compressed.dcm")
    assert np.array_equal([pixels.hu(number) for number in (1, 2, 3)], hu)


def test_an_extended_offset_table(tmp_path: Path) -> None:
    hu = noise(3)
    path = write_enhanced_ct(
        tmp_path / "e.dcm",
        slices=3,
        rows=48,
        columns=40,
        hu=hu,
        transfer_syntax=JPEGLSLossless,
        **SIGNED_16,
    )
    ds = pydicom.dcmread(path)
    data, offsets, lengths = encapsulate_extended(
        list(generate_frames(ds.PixelData, number_of_frames=3))
    )
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = data, offsets, lengths
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path)

    assert np.array_equal(hu_of(path, 2), hu[1])


@pytest.mark.parametrize("codecformat", ["j2k", "jp2"])
def test_jpeg_2000_in_boxes_is_found(codecformat: str, tmp_path: Path) -> None:
    hu = noise(1)
    (path,) = written(tmp_path, hu, transfer_syntax=JPEG2000Lossless, **SIGNED_16)
    change_frames(
        path,
        lambda _: bytes(
            imagecodecs.jpeg2k_encode(hu[0], level=0, reversible=True, codecformat=codecformat)
        ),
    )

    assert np.array_equal(hu_of(path), hu[0])


def test_the_sign_bit_of_an_unsigned_codestream_is_its_own_highest(tmp_path: Path) -> None:
    """Seen in real files: two's complement of 13 bits, announced as 16 signed bits."""
    hu = noise(1, bits=13)
    (path,) = written(tmp_path, hu, transfer_syntax=JPEG2000Lossless, **SIGNED_16)
    cells = hu[0].view(np.uint16) & np.uint16(0x1FFF)
    frame = imagecodecs.jpeg2k_encode(
        cells, level=0, reversible=True, codecformat="j2k", bitspersample=13
    )
    change_frames(path, lambda _: bytes(frame))

    assert np.array_equal(hu_of(path), hu[0])


# -- stored values → HU


def test_overlays_in_unused_bits_are_not_values(tmp_path: Path) -> None:
    hu = fitting(noise(1), UNSIGNED_12)

    def overlay(_: int, ds: Dataset) -> None:
        cells = np.frombuffer(ds.PixelData, "<u2") | np.uint16(0xA000)
        ds.PixelData = cells.tobytes()

    (path,) = written(tmp_path, hu, edit=overlay, **UNSIGNED_12)

    assert np.array_equal(hu_of(path), hu[0])


def test_monochrome1_does_not_invert(tmp_path: Path) -> None:
    hu = noise(1)
    (path,) = written(
        tmp_path, hu, attributes={"PhotometricInterpretation": "MONOCHROME1"}, **SIGNED_16
    )

    assert np.array_equal(hu_of(path), hu[0])


def test_each_slice_has_its_own_rescale(tmp_path: Path) -> None:
    def edit(index: int, ds: Dataset) -> None:
        ds.RescaleSlope = str(1 + index)
        ds.RescaleIntercept = str(-10 * index)

    hu = noise(3, bits=10)
    paths = written(tmp_path, hu, edit=edit, **SIGNED_16)

    for index, path in enumerate(paths):
        expected = hu[index].astype(int) * (1 + index) - 10 * index
        assert np.array_equal(hu_of(path), expected)


def test_each_frame_has_its_own_rescale(tmp_path: Path) -> None:
    def edit(_: int, ds: Dataset) -> None:
        rescale = Dataset()
        rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = "2", "5", "HU"
        ds.PerFrameFunctionalGroupsSequence[1].PixelValueTransformationSequence = [rescale]

    hu = noise(2, bits=10)
    path = write_enhanced_ct(
        tmp_path / "e.dcm", slices=2, rows=48, columns=40, hu=hu, edit=edit, **SIGNED_16
    )

    assert np.array_equal(hu_of(path, 1), hu[0])
    assert np.array_equal(hu_of(path, 2), hu[1] * 2 + 5)


def test_without_a_rescale_the_stored_values_are_shown_to_the_judge(tmp_path: Path) -> None:
    hu = noise(1)
    (path,) = written(
        tmp_path, hu, omit=["RescaleSlope", "RescaleIntercept", "RescaleType"], **SIGNED_16
    )

    assert np.array_equal(hu_of(path), hu[0])


@pytest.mark.parametrize("rescale_type", ["Z_EFF", "ED", "MGML", "OD"])
def test_other_quantities_are_no_hounsfield_units(rescale_type: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, noise(1), attributes={"RescaleType": rescale_type})

    with pytest.raises(NotHounsfieldError):
        open_pixels(path)


@pytest.mark.parametrize("rescale_type", ["HU", "US", "", "HU_MOD"])
def test_names_of_hounsfield_units(rescale_type: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, noise(1), attributes={"RescaleType": rescale_type})

    open_pixels(path)


@pytest.mark.parametrize(
    ("slope", "intercept", "stored", "expected"),
    [
        (1.0, -1024.0, [0, 1024, 4095], [-1024, 0, 3071]),
        (0.5, 0.25, [0, 1, 2, 3], [0, 1, 1, 2]),
        (0.1, 0.0, [-4, -6, 26], [0, -1, 3]),
        (1.0, 0.5, [1, 2], [2, 2]),
        (2.0, 40000.0, [-20000, 0], [0, 32767]),
        (100.0, 0.0, [-400, 400], [-32768, 32767]),
        (1.0, -1e6, [0, 1], [-32768, -32768]),
    ],
)
def test_rescale_rounds_and_clips(
    slope: float, intercept: float, stored: list[int], expected: list[int]
) -> None:
    hu = to_hu(np.array([stored], np.int16), Rescale(slope, intercept))

    assert hu.dtype == np.int16
    assert hu.tolist() == [expected]


@pytest.mark.parametrize(
    "samples",
    [
        np.array([[0, 100]], np.uint8),
        np.array([[0, 100]], np.int8),
        np.array([[0, 100]], np.uint16),
        np.array([[0, 100]], np.int16),
    ],
    ids=lambda samples: str(samples.dtype),
)
def test_rescale_of_every_sample_type(samples: Samples) -> None:
    hu = to_hu(samples, Rescale(1.0, -1024.0), padding=(-2000, -2000))

    assert hu.tolist() == [[-1024, -924]]


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ((-2000, -2000), [PADDING_HU, -1999, -1000, 0, 3000]),
        ((-2000, -1500), [PADDING_HU, PADDING_HU, -1000, 0, 3000]),
        ((3000, 3000), [-2000, -1999, -1000, 0, PADDING_HU]),
        ((0, 0), [-2000, -1999, -1000, 0, 3000]),
        ((-2000, 0), [-2000, -1999, -1000, 0, 3000]),
        (None, [-2000, -1999, -1000, 0, 3000]),
    ],
)
def test_padding_is_air_unless_it_would_hit_tissue(
    padding: tuple[int, int] | None, expected: list[int]
) -> None:
    stored = np.array([[-2000, -1999, -1000, 0, 3000]], np.int16)

    assert to_hu(stored, Rescale(1.0, 0.0), padding).tolist() == [expected]


@pytest.mark.parametrize(("vr", "value"), [("SS", -2000), ("US", 63536)])
def test_padding_value_in_either_encoding(vr: str, value: int, tmp_path: Path) -> None:
    hu = np.full((1, 16, 16), 30, np.int16)
    hu[0, :4] = -2000

    def edit(_: int, ds: Dataset) -> None:
        ds.add_new("PixelPaddingValue", vr, value)

    (path,) = written(tmp_path, hu, edit=edit, **SIGNED_16)

    assert np.array_equal(hu_of(path), np.where(hu[0] == -2000, PADDING_HU, 30))


def test_padding_range(tmp_path: Path) -> None:
    hu = noise(1)

    def edit(_: int, ds: Dataset) -> None:
        ds.add_new("PixelPaddingValue", "SS", -1500)
        ds.add_new("PixelPaddingRangeLimit", "SS", -1800)

    (path,) = written(tmp_path, hu, edit=edit, **SIGNED_16)

    expected = np.where((hu[0] >= -1800) & (hu[0] <= -1500), PADDING_HU, hu[0])
    assert np.array_equal(hu_of(path), expected)


# -- what is damaged


@pytest.mark.parametrize("missing", [1, 2, 100, 3839])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_a_truncated_uncompressed_stream_is_never_padded(
    syntax: str, missing: int, tmp_path: Path
) -> None:
    (path,) = written(tmp_path, noise(1), transfer_syntax=syntax)
    path.write_bytes(path.read_bytes()[:-missing])

    with pytest.raises(PixelDataError, match=f"{3840 - missing} bytes .* where 3840 belong"):
        hu_of(path)


@pytest.mark.parametrize("kept", [0.2, 0.9, 0.999])
@pytest.mark.parametrize("syntax", COMPRESSED, ids=lambda uid: uid.name)
def test_a_truncated_compressed_frame_is_refused(syntax: str, kept: float, tmp_path: Path) -> None:
    (path,) = written(
        tmp_path, fitting(noise(1), UNSIGNED_12), transfer_syntax=syntax, **UNSIGNED_12
    )
    change_frames(path, lambda frame: frame.rstrip(b"\0")[: int(len(frame) * kept) - 2])

    with pytest.raises(PixelDataError):
        hu_of(path)


@pytest.mark.parametrize("kept", [0.5, 0.9])
@pytest.mark.parametrize(
    "syntax", [*LOSSLESS, DeflatedExplicitVRLittleEndian], ids=lambda uid: uid.name
)
def test_a_truncated_compressed_file_is_refused(syntax: str, kept: float, tmp_path: Path) -> None:
    (path,) = written(tmp_path, noise(1), transfer_syntax=syntax, **SIGNED_12)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])

    with pytest.raises((PixelDataError, UnreadableInstanceError)):
        hu_of(path)


@pytest.mark.parametrize("syntax", COMPRESSED, ids=lambda uid: uid.name)
@pytest.mark.parametrize("size", [{"Rows": 47}, {"Rows": 49}, {"Columns": 20}])
def test_a_stream_of_another_size_is_refused(
    syntax: str, size: dict[str, int], tmp_path: Path
) -> None:
    hu = fitting(noise(1), UNSIGNED_12)
    (path,) = written(tmp_path, hu, transfer_syntax=syntax, attributes=size, **UNSIGNED_12)

    with pytest.raises(PixelDataError):
        hu_of(path)


@pytest.mark.parametrize("syntax", COMPRESSED, ids=lambda uid: uid.name)
def test_damaged_streams_raise_only_the_one_error(syntax: str, tmp_path: Path) -> None:
    pixel_format = PixelFormat(24, 24, 16, 12, signed=False, frames=1)
    hu = fitting(noise(1, (24, 24)), UNSIGNED_12)
    (path,) = written(tmp_path, hu, transfer_syntax=syntax, **UNSIGNED_12)
    frame = next(generate_frames(pydicom.dcmread(path).PixelData, number_of_frames=1))
    rng = np.random.default_rng(11)
    refused = 0

    for _ in range(400):
        damaged = bytearray(
            frame[: rng.integers(0, len(frame) + 1)] if rng.random() < 0.2 else frame
        )
        for _ in range(rng.integers(1, 6)):
            if damaged:
                damaged[rng.integers(0, min(len(damaged), 200))] = rng.integers(0, 256)
        try:
            samples = DECODERS[syntax](bytes(damaged), pixel_format)
        except PixelDataError:
            refused += 1
        else:
            assert samples.shape == (24, 24)

    assert refused > 100


def test_rle_segments_outside_the_frame_are_not_followed(tmp_path: Path) -> None:
    (path,) = written(tmp_path, noise(1), transfer_syntax=RLELossless, **SIGNED_16)
    forged = np.array([2, 64, 0x7FFFFFF0, *[0] * 13], "<u4").tobytes()
    change_frames(path, lambda frame: forged + frame[64:])

    with pytest.raises(PixelDataError, match="RLE"):
        hu_of(path)


@pytest.mark.parametrize(
    "attributes",
    [
        {"BitsStored": 17},
        {"BitsStored": 0},
        {"BitsAllocated": 32},
        {"BitsAllocated": 1},
        {"HighBit": 11},
        {"PixelRepresentation": 2},
        {"SamplesPerPixel": 3},
        {"NumberOfFrames": 2},
        {"NumberOfFrames": 1_000_000_000},
        {"RescaleSlope": None, "RescaleIntercept": "1e9"},
        {"Rows": None},
        {"BitsStored": None},
        {"PixelRepresentation": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLosslessSV1])
def test_a_header_that_does_not_fit_is_refused(
    syntax: str, attributes: dict[str, Any], tmp_path: Path
) -> None:
    (path,) = written(
        tmp_path, noise(1), transfer_syntax=syntax, attributes=attributes, **SIGNED_16
    )

    with pytest.raises(PixelDataError):
        hu_of(path)


def test_frames_that_nothing_describes_are_not_dropped(tmp_path: Path) -> None:
    def double(_: int, ds: Dataset) -> None:
        ds.NumberOfFrames = 2
        ds.PixelData *= 2

    (path,) = written(tmp_path, noise(1), edit=double)

    with pytest.raises(PixelDataError, match="several frames"):
        hu_of(path)


def test_no_pixel_data(tmp_path: Path) -> None:
    (path,) = written(tmp_path, noise(1), omit=["PixelData"])

    with pytest.raises(PixelDataError, match="missing or cut off"):
        open_pixels(path)


def test_an_unsupported_transfer_syntax_is_named(tmp_path: Path) -> None:
    (path,) = written(tmp_path, noise(1))
    ds = pydicom.dcmread(path)
    ds.PixelData = encapsulate([b"\0" * 10])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = pydicom.uid.MPEG2MPML
    ds.save_as(path)

    with pytest.raises(PixelDataError, match=r"1\.2\.840\.10008\.1\.2\.4\.100 is not supported"):
        open_pixels(path)
