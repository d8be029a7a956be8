from __future__ import annotations

import pytest

from storage.errors import InvalidUidError
from storage.files import validated_uid


@pytest.mark.parametrize(
    "uid",
    [
        "1",
        "1.2.840.10008.1.2.1",
        "2.25.329800735698586629295641978511506172918",
        "1.2.0.3",
        "1.2.003.4",  # leading zero: written by some scanners
        "1." + "2" * 62,
    ],
)
def test_a_uid_is_returned_as_it_is(uid: str) -> None:
    assert validated_uid(uid) == uid


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "../../x",
        "../1.2",
        "1.2/3",
        "1.2\\3",
        "/etc/passwd",
        "1..2",
        ".1.2",
        "1.2.",
        "1.2\n",
        "1.2 ",
        " 1.2",
        "1.2\0",
        "1.2\0.3",
        "1,2",
        "1.2a",
        "-1.2",
        "1.+2",
        "1.2_3",
        "1.٢",  # digits, but not ASCII ones
        "1.²",
        "1.２",
        "1.2.\udc80",
        "1." + "2" * 63,
        "1" * 65,
        "1.2" * 100_000,
    ],
)
def test_what_is_no_uid_never_becomes_a_path(text: str) -> None:
    with pytest.raises(InvalidUidError) as caught:
        validated_uid(text)
    assert len(str(caught.value)) < 500, "one readable line, however long the text is"
    assert "\n" not in str(caught.value)
