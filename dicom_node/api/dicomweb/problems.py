"""What a DICOMweb request can end with instead of an answer, in the API's one error shape."""

from __future__ import annotations

from dicom_node.api.errors import CODE_OF_STATUS, ApiError


class DicomwebError(ApiError):
    """An HTTP status with a sentence for a person."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, CODE_OF_STATUS[status], sentence)


def unreadable() -> DicomwebError:
    """The file is gone or damaged, or holds what nobody can make sense of."""
    return DicomwebError(503, "The stored file cannot be read.")


def not_held() -> DicomwebError:
    """No such study, series or instance."""
    return DicomwebError(404, "The node does not hold that.")


def no_pixels() -> DicomwebError:
    """An SR, for example."""
    return DicomwebError(404, "The instance has no pixel data.")


def no_frame() -> DicomwebError:
    """Frames are numbered from 1 upwards."""
    return DicomwebError(404, "The instance has no such frame.")


def not_acceptable() -> DicomwebError:
    """RFC 9110 15.5.7."""
    return DicomwebError(406, "No representation of this is acceptable to you (Accept).")
