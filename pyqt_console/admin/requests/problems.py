"""Which field of a form a failure of the node is about."""

from __future__ import annotations

from collections.abc import Container


def field_and_problem(message: str, fields: Container[str]) -> tuple[str, str]:
    """(the field, what is wrong with it); ("", the message) where it is about none of ``fields``.

    The node says ``body.port: too small`` where a value has the wrong form, and ``aet: it is
    missing`` where it cannot be.
    """
    where, colon, problem = message.partition(": ")
    if colon:
        for part in where.split("."):
            if part in fields:
                return part, problem
    return "", message
