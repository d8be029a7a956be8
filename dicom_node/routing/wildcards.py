"""Patterns with ``*`` (any text) and ``?`` (any one character), for whole texts, in any case.

Not regular expressions: none of these patterns can take longer than the product of both lengths.
"""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` fits ``pattern``; leading and trailing spaces do not count."""
    pattern, text = pattern.strip().casefold(), text.strip().casefold()
    at, position = 0, 0
    star, resume = -1, 0  # the last star, and where the text goes on if it takes one more
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[position]}:
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""
