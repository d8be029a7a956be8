"""What a reader says of one reading, as a document; ``docs/verdicts.md`` describes its JSON form.

Who says it is not in it: the caller knows the reader, and no document may claim to be another's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from dicom_node.errors import InvalidVerdictError
from inference.types import Level

COMMENT_LENGTH_MAX: Final = 1024


class Choice(StrEnum):
    """What a reader says of a finding of the machine."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"


def _printable(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise ValueError("control characters are not allowed")
    return text


Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=COMMENT_LENGTH_MAX),
    AfterValidator(_printable),
]
_Offset = Annotated[StrictInt, Field(ge=0)]
_Extent = Annotated[StrictInt, Field(ge=1)]
_Uid = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Frame = Annotated[StrictInt, Field(ge=1)] | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JudgedFinding(_Part):
    """What the reader says of the machine's finding at ``level``.

    ``changed_level``: the fracture is there, but at this level instead.
    """

    level: Level
    verdict: Choice
    changed_level: Level | None = None
    comment: Comment = ""

    @model_validator(mode="after")
    def _only_what_is_accepted_moves(self) -> Self:
        if self.changed_level is not None and self.verdict is not Choice.ACCEPT:
            raise ValueError("changed_level goes with the verdict 'accept' only")
        if self.changed_level == self.level:
            raise ValueError("changed_level is the level that the finding has already")
        return self


class NamedSlice(_Part):
    """A slice; ``frame`` is 1-based and given for multi-frame images only."""

    sop_uid: _Uid
    frame: _Frame = None


class AddedFinding(_Part):
    """A fracture that the machine did not find: its level, key slice and outline.

    ``box`` is (x, y, width, height) in pixels of the key slice; ``key_slice_frame`` is 1-based
    and given for multi-frame images only. ``first_slice`` and ``last_slice``: where the reader
    saw it on more than the key slice; both or neither.
    """

    level: Level
    key_slice_sop_uid: _Uid
    key_slice_frame: _Frame = None
    box: tuple[_Offset, _Offset, _Extent, _Extent]
    first_slice: NamedSlice | None = None
    last_slice: NamedSlice | None = None
    comment: Comment = ""

    @model_validator(mode="after")
    def _from_first_to_last(self) -> Self:
        if (self.first_slice is None) != (self.last_slice is None):
            raise ValueError("first_slice and last_slice go together")
        return self


class Verdict(_Part):
    """All that one reader says of one reading.

    Attributes:
        findings: one for each finding of the machine.
        added: what the machine did not find.
        absent_levels: levels that the reader read whole and found intact, although the machine
            did not assess them whole; without it such a level stays undetermined.
        no_finding: the reader sees no fracture in these images. Needed where nothing else is
            said, so that an empty document is never taken for a negative.
        comment: of the whole.
    """

    findings: tuple[JudgedFinding, ...] = ()
    added: tuple[AddedFinding, ...] = ()
    absent_levels: tuple[Level, ...] = ()
    no_finding: StrictBool = False
    comment: Comment = ""


def parse_verdict(text: str | bytes) -> Verdict:
    """The verdict in a JSON document.

    Raises:
        InvalidVerdictError: it is no verdict; names the field.
    """
    try:
        return Verdict.model_validate_json(text)
    except ValidationError as error:
        raise _first_problem(error) from error


def _first_problem(error: ValidationError) -> InvalidVerdictError:
    problem = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"]) or "document"
    if problem["type"] == "extra_forbidden":
        return InvalidVerdictError(field, "unknown field")
    message = problem["msg"].removeprefix("Value error, ")
    return InvalidVerdictError(field, f"{message[:1].lower()}{message[1:]}")
