"""What the STOW-RS client makes of HTTP statuses and of Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dicom_node.scu.stow import LONGEST_RETRY_AFTER_S, http_meaning, retry_after_s

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
MENDABLE = {401, 403, 404, 407, 408, 425, 429}
FOR_GOOD = {501, 505}


@pytest.mark.parametrize("status", range(400, 600))
def test_client_errors_are_final_and_server_errors_pass(status: int) -> None:
    expected = status in MENDABLE or (status >= 500 and status not in FOR_GOOD)
    assert http_meaning(status).retryable is expected
    assert http_meaning(status).text


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        (None, 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("999999999", LONGEST_RETRY_AFTER_S),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 12:01:00", 0),
    ],
)
def test_retry_after(text: str | None, wait_s: float) -> None:
    assert retry_after_s(text, NOW) == wait_s
