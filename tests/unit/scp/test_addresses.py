"""Addresses compare however they are written."""

from __future__ import annotations

import pytest

from dicom_node.addresses import addresses_of, canonical_address
from dicom_node.errors import PeerUnreachableError


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::ffff:7f00:1", "127.0.0.1"),
        ("::1", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::A", "2001:db8::a"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_canonical(text: str, canonical: str) -> None:
    assert canonical_address(text) == canonical
    assert addresses_of(text) == (canonical,)


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0", "127.0.0.1:104", "1.2.3.4.5"])
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        canonical_address(text)


def test_a_name() -> None:
    assert "127.0.0.1" in addresses_of("localhost")


@pytest.mark.parametrize("name", ["pacs.invalid", "a" * 300, "two words", "xn--", "..", "\udcff"])
def test_a_name_that_cannot_be_resolved(name: str) -> None:
    with pytest.raises(PeerUnreachableError, match="cannot be resolved"):
        addresses_of(name)
