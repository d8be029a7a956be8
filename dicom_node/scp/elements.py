"""Walking over the elements of an encoded data set without decoding it (PS3.5 7)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
"""VRs with a 32-bit length (PS3.5 Table 7.1-1)."""
LITTLE_PAIR: Final = struct.Struct("<HH")
BIG_PAIR: Final = struct.Struct(">HH")
UNDEFINED_LENGTH: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
DELIMITERS: Final = frozenset({ITEM, ITEM_END, SEQUENCE_END})
"""Elements without a value representation (PS3.5 7.5)."""

MAXIMUM_DEPTH: Final = 16
"""Nested sequences; real headers have three or four."""


class HeaderError(Exception):
    """The bytes are not a data set in this transfer syntax. The text holds no values."""


@dataclass(slots=True)
class Scanner:
    """Walks over the elements of one data set; reads values only of those that are asked for."""

    data: bytes
    explicit: bool
    little: bool
    position: int = 0

    def collect(self, tags: frozenset[int], found: dict[int, bytes]) -> None:
        """Put the values of ``tags`` of the top level into ``found``; stop behind the last one.

        Raises:
            HeaderError: the data set is broken before that, or contradicts itself.
        """
        last = max(tags)
        while self.position < len(self.data):
            before = self.position
            tag = self._tag()
            if tag > last:
                self.position = before
                return
            length = self._length(tag, self.explicit)
            if length == UNDEFINED_LENGTH:
                self._skip_sequence(self.explicit, depth=1)
            elif tag not in tags:
                self._skip(length)
            # Readers differ in which one they take; here it would decide where the file goes.
            elif found.setdefault(tag, value := self._take(length)) != value:
                raise HeaderError("an element occurs twice, with different values")

    def _tag(self) -> int:
        group, element = (LITTLE_PAIR if self.little else BIG_PAIR).unpack_from(
            self.data, self._skip(4)
        )
        return int(group << 16 | element)

    def _length(self, tag: int, explicit: bool) -> int:
        """The length of the value that comes next; a UN of undefined length is skipped."""
        if not explicit or tag in DELIMITERS:
            return self._long()
        start = self._skip(4)  # a VR, and a short length or two bytes of nothing
        vr = self.data[start : start + 2]
        if not (vr.isalpha() and vr.isupper()):
            raise HeaderError("an element has no value representation")
        if vr not in LONG_VRS:
            return int.from_bytes(self.data[start + 2 : start + 4], self._order)
        length = self._long()
        if length == UNDEFINED_LENGTH and vr == b"UN":
            # PS3.5 6.2.2 note 2: its content is implicit VR little endian.
            self._skip_implicit_sequence()
            return 0
        return length

    def _long(self) -> int:
        start = self._skip(4)
        return int.from_bytes(self.data[start : start + 4], self._order)

    @property
    def _order(self) -> Literal["little", "big"]:
        return "little" if self.little else "big"

    def _skip_implicit_sequence(self) -> None:
        inner = Scanner(self.data, explicit=False, little=True, position=self.position)
        inner._skip_sequence(explicit=False, depth=1)
        self.position = inner.position

    def _skip_sequence(self, explicit: bool, depth: int) -> None:
        """Move behind a value of undefined length: items up to the delimiter (PS3.5 7.5)."""
        if depth > MAXIMUM_DEPTH:
            raise HeaderError("sequences are nested too deep")
        while (tag := self._tag()) != SEQUENCE_END:
            length = self._length(tag, explicit)
            if tag != ITEM:
                raise HeaderError("a sequence holds something that is no item")
            if length != UNDEFINED_LENGTH:
                self._skip(length)
                continue
            self._skip_item(explicit, depth)
        self._length(SEQUENCE_END, explicit)

    def _skip_item(self, explicit: bool, depth: int) -> None:
        """Move behind an item of undefined length."""
        while (tag := self._tag()) != ITEM_END:
            length = self._length(tag, explicit)
            if length == UNDEFINED_LENGTH:
                self._skip_sequence(explicit, depth + 1)
            else:
                self._skip(length)
        self._length(ITEM_END, explicit)

    def _take(self, count: int) -> bytes:
        start = self._skip(count)
        return self.data[start : self.position]

    def _skip(self, count: int) -> int:
        """Move on by ``count`` bytes; where they began."""
        start = self.position
        end = start + count
        if end > len(self.data):
            raise HeaderError("the data set ends within an element")
        self.position = end
        return start
