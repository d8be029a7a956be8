"""Which representation a client gets: Accept (RFC 9110 12.5.1) in the form of PS3.18 8.7.

Pure rules. A range of PS3.18 names a media type, alone or as the ``type`` of a multipart/related,
and may name the transfer syntax, or ``*`` for the stored one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

DICOM: Final = "application/dicom"
DICOM_JSON: Final = "application/dicom+json"
OCTET_STREAM: Final = "application/octet-stream"
MULTIPART: Final = "multipart/related"

ALIASES: Final = {
    "application/json": DICOM_JSON,
    "image/x-jls": "image/jls",
    "image/x-dicom-rle": "image/dicom-rle",
    "image/jpg": "image/jpeg",
}
"""What clients write, and what is meant."""

MAXIMUM_RANGES: Final = 64

_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^",;]+|[,;]')
_ESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type with its parameters, names in lower case."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, parameter: str) -> str | None:
        """The value of a parameter, or None."""
        return dict(self.parameters).get(parameter)


@dataclass(frozen=True, slots=True)
class AcceptRange:
    """One range of an Accept header.

    Attributes:
        media_type: that of the content or, with ``multipart``, of the parts; may have ``*``.
        multipart: whether the parts of a multipart/related are meant; None if either will do.
        transfer_syntax: a UID or ``*``; None where it is not said.
        quality: 0 … 1; 0 is "not this".
    """

    media_type: str
    multipart: bool | None
    transfer_syntax: str | None = None
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class Offer:
    """A representation that the node can give.

    Attributes:
        media_type: of the content, or of each part.
        multipart: whether it comes as multipart/related.
        transfer_syntax: UID; None where it has none, as JSON.
        stored: it is what the file holds, so ``transfer-syntax=*`` means it.
        implied: it is what a range without transfer syntax means (PS3.18 8.7.3.5).
    """

    media_type: str
    multipart: bool = False
    transfer_syntax: str | None = None
    stored: bool = False
    implied: bool = True


def parse_media_type(text: str) -> MediaType | None:
    """One media type with its parameters (RFC 9110 8.3.1); None if it is none."""
    parsed = list(_media_types(text))
    return parsed[0] if len(parsed) == 1 else None


def accept_ranges(text: str) -> tuple[AcceptRange, ...]:
    """The ranges of an Accept header; an empty one accepts everything."""
    if not text.strip():
        return (AcceptRange("*/*", multipart=None),)
    found: list[AcceptRange] = []
    for media_type in _media_types(text):
        quality = _quality(media_type.get("q"))
        if quality is None or len(found) >= MAXIMUM_RANGES:
            continue
        name, multipart = media_type.name, False
        if name == MULTIPART:
            name, multipart = (media_type.get("type") or "*/*").lower(), True
            if name.endswith("/"):
                name += "*"
        found.append(
            AcceptRange(
                ALIASES.get(name, name),
                multipart=None if name == "*/*" and not multipart else multipart,
                transfer_syntax=media_type.get("transfer-syntax"),
                quality=quality,
            )
        )
    return tuple(found)


def negotiate(ranges: Sequence[AcceptRange], offers: Sequence[Offer]) -> Offer | None:
    """The offer that the client likes best, the first of equals; None: not acceptable (406)."""
    best: Offer | None = None
    best_quality = 0.0
    for offer in offers:
        quality = _quality_of(offer, ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _quality_of(offer: Offer, ranges: Sequence[AcceptRange]) -> float:
    """By the most specific range that fits (RFC 9110 12.5.1)."""
    fitting = [(_specificity(each), each.quality) for each in ranges if _fits(offer, each)]
    if not fitting:
        return 0.0
    most = max(specificity for specificity, _ in fitting)
    return max(quality for specificity, quality in fitting if specificity == most)


def _fits(offer: Offer, accepted: AcceptRange) -> bool:
    if accepted.multipart not in (None, offer.multipart):
        return False
    kind, _, subtype = accepted.media_type.partition("/")
    offered_kind, _, offered_subtype = offer.media_type.partition("/")
    if kind not in ("*", offered_kind) or subtype not in ("*", offered_subtype):
        return False
    if accepted.transfer_syntax is None or offer.transfer_syntax is None:
        return offer.implied
    if accepted.transfer_syntax == "*":
        return offer.stored
    return accepted.transfer_syntax == offer.transfer_syntax


def _specificity(accepted: AcceptRange) -> tuple[int, bool, bool]:
    stars = accepted.media_type.split("/").count("*")
    return 2 - stars, accepted.multipart is not None, accepted.transfer_syntax is not None


def _media_types(text: str) -> Iterator[MediaType]:
    """Comma-separated media types; what is none is left out."""
    pieces: list[list[str]] = [[""]]
    for piece in _PIECE.findall(text):
        if piece == ",":
            pieces.append([""])
        elif piece == ";":
            pieces[-1].append("")
        else:
            pieces[-1][-1] += piece
    for name, *parameters in pieces:
        kind, slash, subtype = name.strip().lower().partition("/")
        if slash and kind and subtype and " " not in name.strip():
            yield MediaType(f"{kind}/{subtype}", tuple(_parameters(parameters)))


def _parameters(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        value = value.strip()
        if value.startswith('"') and value.endswith('"') and len(value) > 1:
            value = _ESCAPE.sub(r"\1", value[1:-1])
        if equals and name.strip():
            yield name.strip().lower(), value


def _quality(text: str | None) -> float | None:
    """A weight of RFC 9110 12.4.2; None if it is none."""
    if text is None:
        return 1.0
    try:
        quality = float(text)
    except ValueError:
        return None
    return quality if 0 <= quality <= 1 else None
