"""A bug is logged with its stack, and without what its text may say of a patient."""

from __future__ import annotations

import pytest

from dicom_node.bugs import log_bug


def test_the_stack_is_logged_and_the_text_is_not(caplog: pytest.LogCaptureFixture) -> None:
    name = "Doe^Jane"
    try:
        int(name)  # its error quotes what it was given
    except ValueError as error:
        log_bug("in a test", error)
    assert "ValueError" in caplog.text
    assert "test_the_stack_is_logged" in caplog.text
    assert "Doe" not in caplog.text
