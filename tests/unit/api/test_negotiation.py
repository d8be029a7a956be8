"""Accept in the form of PS3.18: which offer a client gets."""

from __future__ import annotations

import pytest

from dicom_node.api.dicomweb.negotiation import Offer, accept_ranges, negotiate, parse_media_type

EXPLICIT, JLS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"
DECODED = Offer("application/octet-stream", multipart=True, transfer_syntax=EXPLICIT)
STORED = Offer("image/jls", multipart=True, transfer_syntax=JLS, stored=True)
ONE = Offer("application/octet-stream", multipart=False, transfer_syntax=EXPLICIT)
AS_STORED = Offer("application/octet-stream", True, JLS, stored=True, implied=False)
OFFERS = [STORED, DECODED, ONE, AS_STORED]
JSON = Offer("application/dicom+json")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", STORED),
        ("*/*", STORED),
        ("multipart/related", STORED),
        ('multipart/related; type="*/*"', STORED),
        ('multipart/related; type="image/"', STORED),
        ('multipart/related; type="image/*"; q=0.5, */*;q=0.1', STORED),
        ('multipart/related; type="application/octet-stream"', DECODED),
        ("multipart/related; type=application/octet-stream", DECODED),
        ("multipart/related; type=application/octet-stream; transfer-syntax=*", AS_STORED),
        (f"multipart/related; type=application/octet-stream; transfer-syntax={JLS}", AS_STORED),
        (f"multipart/related; type=application/octet-stream; transfer-syntax={EXPLICIT}", DECODED),
        ("multipart/related; type=image/x-jls", STORED),
        ('MULTIPART/Related; TYPE="IMAGE/JLS"', STORED),
        ("application/octet-stream", ONE),
        ("application/*", ONE),
        (
            'multipart/related; type="image/jls"; q=0.3, application/octet-stream; q=0.9',
            ONE,
        ),
        ('multipart/related; type="image/jls";q=0, multipart/related', DECODED),
        ("*/*, multipart/related;type=image/jls;q=0", DECODED),
        ("text/html", None),
        ("image/jls", None),
        ("multipart/related; type=image/jls; transfer-syntax=1.2.3", None),
        ("*/*; q=0", None),
        ("*/*; q=2", None),
        ("nonsense", None),
        (";;,,==", None),
        ('multipart/related; type="unfinished', None),
    ],
)
def test_the_client_gets_what_it_likes_best(accept: str, expected: Offer | None) -> None:
    assert negotiate(accept_ranges(accept), OFFERS) == expected


def test_json_has_many_names() -> None:
    for accept in ("application/dicom+json", "application/json", "*/*", "application/*;q=0.1"):
        assert negotiate(accept_ranges(accept), [JSON]) == JSON
    assert negotiate(accept_ranges("application/dicom+xml"), [JSON]) is None
    assert negotiate(accept_ranges("multipart/related; type=application/json"), [JSON]) is None


def test_thousands_of_ranges_cost_nothing() -> None:
    assert len(accept_ranges(",".join(["image/jls"] * 5000))) == 64


def test_parameters_may_be_quoted() -> None:
    found = parse_media_type(r'multipart/related; type="application/dicom"; boundary="a;b,\"c"')
    assert found is not None
    assert found.get("type") == "application/dicom"
    assert found.get("boundary") == 'a;b,"c'
    assert parse_media_type("a/b, c/d") is None
    assert parse_media_type("") is None
