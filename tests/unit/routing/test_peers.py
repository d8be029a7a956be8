"""Which settings of a peer go together, and who is this node itself."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from dicom_node.config import ApiSection, DicomSection, Settings
from dicom_node.errors import InputError
from dicom_node.routing.peers import checked_peer, require_not_us
from storage.records import Peer, PeerProtocol

URL = "https://pacs.example.org/dicom-web"


def peer(**said: Any) -> Peer:
    usual: dict[str, Any] = {"name": "pacs", "aet": "PACS", "host": "192.0.2.1", "port": 104}
    return Peer(**usual | said)


def stow(url: str = URL, **said: Any) -> Peer:
    nothing: dict[str, Any] = {"aet": "", "host": "", "port": 0}
    return peer(protocol=PeerProtocol.STOW, url=url, **nothing | said)


@pytest.mark.parametrize(
    "usable",
    [peer(), peer(may_send=True, gets_results=True, tls=True, commitment=True, shadow=True)],
)
def test_a_usable_peer_stays_as_it_is(usable: Peer) -> None:
    assert checked_peer(usable) == usable


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        (URL, "pacs.example.org", 443),
        ("http://pacs.example.org", "pacs.example.org", 80),
        ("https://pacs.example.org:8443/a/", "pacs.example.org", 8443),
        ("https://[2001:db8::1]/x", "2001:db8::1", 443),
    ],
)
def test_host_and_port_of_a_web_peer_are_those_of_its_url(url: str, host: str, port: int) -> None:
    found = checked_peer(stow(url, gets_results=True))
    assert (found.host, found.port, found.url) == (host, port, url.rstrip("/"))


@pytest.mark.parametrize(
    ("unusable", "key"),
    [
        (peer(name=" "), "name"),
        (peer(aet="SEVENTEEN_LETTERS"), "aet"),
        (peer(aet=""), "aet"),
        (peer(host=""), "host"),
        (peer(port=0), "port"),
        (peer(port=65536), "port"),
        (stow(may_send=True), "aet"),
        (stow(shadow=True), "aet"),
        (stow(commitment=True), "commitment"),
        (stow(tls=True), "tls"),
        (stow(""), "url"),
        (stow("ftp://pacs.example.org"), "url"),
        (stow("https:///dicom-web"), "url"),
        (stow("https://pacs:99999/x"), "url"),
        (stow("https://pacs/x?y=1"), "url"),
        (stow("https://pacs/x#y"), "url"),
    ],
)
def test_what_is_wrong_is_named(unusable: Peer, key: str) -> None:
    with pytest.raises(InputError, match=rf"^{key}: "):
        checked_peer(unusable)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="url") as caught:
        checked_peer(stow("https://me:secret@pacs/x"))
    assert "secret" not in str(caught.value)


OWN = Settings(
    dicom=DicomSection(ae_title="CSPINE", bind="127.0.0.1", port=11112),
    api=ApiSection(bind="127.0.0.1", port=8080),
)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1"])
def test_this_node_is_no_peer_of_its_own(host: str) -> None:
    with pytest.raises(InputError, match="this node itself"):
        require_not_us(peer(aet="CSPINE", host=host, port=11112), OWN)


@pytest.mark.parametrize("bind", ["0.0.0.0", "::"])
def test_a_node_that_listens_everywhere_is_itself_on_each_of_its_addresses(bind: str) -> None:
    own = Settings(dicom=OWN.dicom.model_copy(update={"bind": bind}))
    with pytest.raises(InputError, match="this node itself"):
        require_not_us(peer(aet="CSPINE", host="127.0.0.1", port=11112), own)
    require_not_us(peer(aet="CSPINE", host="192.0.2.1", port=11112), own)


def test_nor_is_its_http_door_a_web_peer() -> None:
    us = checked_peer(stow("http://localhost:8080/dicomweb"))
    with pytest.raises(InputError, match="this node itself"):
        require_not_us(us, OWN)
    require_not_us(checked_peer(stow("http://localhost:8081/dicomweb")), OWN)
    closed = OWN.model_copy(update={"api": ApiSection(enabled=False, port=8080)})
    require_not_us(us, closed)


@pytest.mark.parametrize(
    "said",
    [
        {"aet": "OTHER", "host": "127.0.0.1", "port": 11112},
        {"aet": "CSPINE", "host": "127.0.0.1", "port": 104},
        {"aet": "CSPINE", "host": "192.0.2.1", "port": 11112},
        {"aet": "CSPINE", "host": "no-such-host.invalid", "port": 11112},
    ],
)
def test_others_are(said: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # no test asks a name server
    require_not_us(peer(**said), OWN)
