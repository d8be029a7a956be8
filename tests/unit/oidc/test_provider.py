"""What is kept of a provider, and for how long; and what waits for a person to come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicom_node.config_security import OidcSection
from dicom_node.errors import ProviderFailedError, RefusedIdentityError
from dicom_node.oidc.provider import KEEP_S, KEYS_AGAIN_S, Provider
from dicom_node.oidc.sign_in import LIFE_S, WAITING_OF_ADDRESS_MAX, OidcSignIn
from storage.records import Role
from tests.oidc_provider import CLIENT_ID, OidcProvider, SigningKey

OWN_MACHINE = "http://127.0.0.1:53211/signed-in"


class Seconds:
    """A monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as found:
        yield found


def section(provider: OidcProvider) -> OidcSection:
    return OidcSection(
        issuer=provider.issuer, client_id=CLIENT_ID, roles={"radiology": Role.RADIOLOGIST}
    )


def key_ids(found: Provider, *, again: bool = False) -> list[object]:
    return [each["kid"] for each in found.keys(again=again)]


def test_new_keys_are_found_but_not_looked_for_all_the_time(provider: OidcProvider) -> None:
    clock = Seconds()
    found = Provider(section(provider), clock)
    assert key_ids(found) == ["key-1"]
    provider.key = SigningKey("key-2", number=2)
    assert key_ids(found, again=True) == ["key-1"], "we have just looked"
    clock.now += KEYS_AGAIN_S + 1
    assert key_ids(found) == ["key-1"]
    assert key_ids(found, again=True) == ["key-2"]
    provider.key = SigningKey("key-3")
    clock.now += KEEP_S + 1
    assert key_ids(found) == ["key-3"]


def test_a_state_ends_by_itself(provider: OidcProvider) -> None:
    clock = Seconds()
    found = OidcSignIn(section(provider), clock)
    state = found.begin(OWN_MACHINE, "192.0.2.7").state
    clock.now += LIFE_S + 1
    with pytest.raises(RefusedIdentityError) as refused:
        found.end(state, "code")
    assert refused.value.code == "state"


def test_one_caller_cannot_push_out_another(provider: OidcProvider) -> None:
    found = OidcSignIn(section(provider), Seconds())
    mine = found.begin(OWN_MACHINE, "192.0.2.7").state
    others = [
        found.begin(OWN_MACHINE, "192.0.2.66").state for _ in range(WAITING_OF_ADDRESS_MAX + 5)
    ]
    asked = provider.token_requests
    for state in (mine, others[-1]):
        with pytest.raises(ProviderFailedError):  # known: the provider is asked
            found.end(state, "code")
    assert provider.token_requests == asked + 2
    with pytest.raises(RefusedIdentityError) as refused:
        found.end(others[0], "code")
    assert refused.value.code == "state"
