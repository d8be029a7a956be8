"""What makes an ID token one that we believe (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt import PyJWK

from dicom_node.errors import RefusedIdentityError

KEY_TYPE_OF_ALGORITHM: Final[Mapping[str, str]] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
}
"""Signatures by a private key only: no ``none``, and no HMAC, whose key would be our secret."""
LEEWAY_S: Final = 60
"""By so much the provider's clock may differ from ours."""
AGE_MAX_S: Final = 600
"""A token that was issued longer ago is not of this sign-in."""
REQUIRED: Final = ("iss", "sub", "aud", "exp", "iat")

REFUSALS: Final[Mapping[type[jwt.PyJWTError], str]] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "not_yet_valid",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidAudienceError: "audience",
    jwt.MissingRequiredClaimError: "claims",
    jwt.InvalidAlgorithmError: "algorithm",
    jwt.InvalidSignatureError: "signature",
}
"""The first that fits → a code for the audit trail."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str


def key_id_of(token: str) -> str | None:
    """The key that the token says it was signed by.

    Raises:
        RefusedIdentityError: it is no signed token, or its algorithm is not allowed.
    """
    _algorithm(token)
    found = jwt.get_unverified_header(token).get("kid")
    return found if isinstance(found, str) else None


def usable_keys(
    keys: list[Mapping[str, Any]], token: str, key_id: str | None
) -> list[Mapping[str, Any]]:
    """Those of the provider's published keys (RFC 7517) that may have signed the token."""
    algorithm = _algorithm(token)
    return [
        key
        for key in keys
        if key.get("kty") == KEY_TYPE_OF_ALGORITHM[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (key_id is None or key.get("kid") == key_id)
    ]


def checked_claims(token: str, key: Mapping[str, Any], expected: Expected) -> dict[str, Any]:
    """The claims of a token that holds: signature, issuer, audience, times, nonce.

    Raises:
        RefusedIdentityError: it does not; ``code`` says which.
    """
    algorithm = _algorithm(token)
    try:
        claims = jwt.decode(
            token,
            PyJWK(dict(key), algorithm=algorithm),
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=LEEWAY_S,
            options={"require": list(REQUIRED)},
        )
    except jwt.PyJWTError as error:
        code = next((code for kind, code in REFUSALS.items() if isinstance(error, kind)), "token")
        raise _refused(code) from error
    except (ValueError, TypeError) as error:  # a key or a claim of an impossible form
        raise _refused("token") from error
    _check_party(claims, expected)
    _check_nonce(claims, expected)
    _check_age(claims)
    return claims


def _algorithm(token: str) -> str:
    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
    except jwt.PyJWTError as error:
        raise _refused("token") from error
    if algorithm not in KEY_TYPE_OF_ALGORITHM:
        raise _refused("algorithm")
    return str(algorithm)


def _check_party(claims: Mapping[str, Any], expected: Expected) -> None:
    """Made for us alone, or at least for us to use (``azp``)."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if several else expected.client_id) != expected.client_id:
        raise _refused("audience")


def _check_nonce(claims: Mapping[str, Any], expected: Expected) -> None:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode("utf-8", "replace"), expected.nonce.encode("ascii")
    ):
        raise _refused("nonce")


def _check_age(claims: Mapping[str, Any]) -> None:
    issued, expires = claims["iat"], claims["exp"]
    if not isinstance(issued, (int, float)) or not isinstance(expires, (int, float)):
        raise _refused("claims")
    if time.time() - issued > AGE_MAX_S:
        raise _refused("expired")


def _refused(code: str) -> RefusedIdentityError:
    return RefusedIdentityError(code, f"The provider's token is not accepted ({code}).")
