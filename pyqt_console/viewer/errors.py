"""Everything the viewer raises on purpose.

    ViewerError
    ├── UnreachableError     no usable answer: the same request may work soon
    │   └── BusyError        an answer, but not now; if for one image only, it is that image
    ├── RefusedError         signed out, or not permitted: asking again helps nothing
    ├── DamagedImageError    one image cannot be shown; the others can
    └── NoImagesError        the series has nothing that can be shown

``str(error)`` is one sentence for the reader.
"""

from __future__ import annotations


class ViewerError(Exception):
    """Root of the tree."""


class UnreachableError(ViewerError):
    """The server gave no usable answer; the same request may work soon."""


class BusyError(UnreachableError):
    """The server answers, but not this, not now."""


class RefusedError(ViewerError):
    """The server knows us no longer, or does not let us see this."""


class DamagedImageError(ViewerError):
    """One image cannot be read or decoded."""


class NoImagesError(ViewerError):
    """There is no image in the series that can be shown."""
