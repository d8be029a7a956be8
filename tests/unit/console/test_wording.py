"""Names, times, numbers; addresses; the events of a stream."""

from __future__ import annotations

import pytest

from pyqt_console.addresses import checked_url
from pyqt_console.errors import AddressError
from pyqt_console.events import parse_events
from pyqt_console.records import Change
from pyqt_console.wording import duration, person, probability


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Doe^Jane", "Doe, Jane"),
        ("Doe^Jane^M.^Dr.", "Doe, Jane M. Dr."),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou (山田, 太郎)"),
        ("=王^小东", "王, 小东"),
        ("Cher", "Cher"),
        ("^Jane", "Jane"),
        ("", "(no name)"),
        ("^^^", "(no name)"),
    ],
)
def test_names(name: str, written: str) -> None:
    assert person(name) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 00"),
        (47 * 3600, "47 h 00"),
        (48 * 3600, "2 d"),
    ],
)
def test_durations(seconds: float, written: str) -> None:
    assert duration(seconds) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "◇ –"),
        (0.0, "◇ <0.01"),
        (0.004, "◇ <0.01"),
        (0.5, "◇ 0.50"),
        (0.994, "◇ 0.99"),
        (0.996, "◇ >0.99"),
        (1.0, "◇ 1.00"),
    ],
)
def test_a_machine_s_number_is_marked_and_never_surer_than_it_is(
    value: float | None, written: str
) -> None:
    assert probability(value) == written


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://node.example.org:8443/", "https://node.example.org:8443"),
        ("node.example.org:8443", "https://node.example.org:8443"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_addresses(typed: str, meant: str) -> None:
    assert checked_url(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "http://node.example.org",
        "http://192.0.2.7:8080",
        "ftp://127.0.0.1",
        "https://node.example.org/path",
        "https://ann:secret@node.example.org",
        "https://node:port",
        "https://",
    ],
)
def test_addresses_that_are_not_used(typed: str) -> None:
    with pytest.raises(AddressError):
        checked_url(typed)


def test_events_are_read_whatever_stands_between_them() -> None:
    data = '{"series_uid": "1.2", "state": "analysed", "outcome": "positive"}'
    lines = [
        *("retry: 2000", "id: 4", ""),
        *(": still here", ""),
        *("id: 5", "event: series", f"data: {data}", ""),
        *("id:6", "event:series", f"data:{data}", ""),
        *("id: 7", "event: of another kind", "data: {}", ""),
        *("id: 8", "event: series", "data: no json", ""),
        *("id: 9", "event: series"),  # cut off
    ]
    assert list(parse_events(lines)) == [
        (4, None),
        (5, Change(5, "1.2", "analysed", "positive")),
        (6, Change(6, "1.2", "analysed", "positive")),
        (7, None),
        (8, None),
    ]
