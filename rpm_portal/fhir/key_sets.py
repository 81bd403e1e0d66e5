"""JSON Web Key Sets of clients: checks of a set that a person enters, and the key of an assertion."""

import json

import jwt

from rpm_portal.core.refusals import Refused

# The algorithms that SMART Backend Services requires, and the key type of each.
KEY_TYPES = {"RS384": "RSA", "ES384": "EC"}
MAX_KEYS = 10
MAX_LENGTH = 20_000
MIN_RSA_BITS = 2048
_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_EXAMPLE = 'A key set is JSON like {"keys": [{"kty": "EC", "crv": "P-384", "alg": "ES384", "kid": "1", ...}]}.'


def parse_key_set(text: str) -> dict[str, object]:
    """A key set as a person entered it, with the members that are needed. Raises Refused."""
    if len(text) > MAX_LENGTH:
        raise Refused(f"A key set has at most {MAX_LENGTH} characters.", field="jwks")
    try:
        value = json.loads(text)
    except ValueError:
        raise Refused(f"This is not JSON. {_EXAMPLE}", field="jwks") from None
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise Refused(f"The set needs a list of 1 to {MAX_KEYS} keys. {_EXAMPLE}", field="jwks")
    rows = [_public_key(key) for key in keys]
    if len({row["kid"] for row in rows}) != len(rows):
        raise Refused("Two keys have the same kid. Give each key its own.", field="jwks")
    return {"keys": rows}


def _public_key(key: object) -> dict[str, object]:
    if not isinstance(key, dict):
        raise Refused(f"A key of the set is not an object. {_EXAMPLE}", field="jwks")
    if any(name in key for name in _PRIVATE_MEMBERS):
        raise Refused(
            "This set contains a private key. Give it to nobody: make a new one, and enter only its public part.",
            field="jwks",
        )
    kid, kind = key.get("kid"), key.get("kty")
    if not isinstance(kid, str) or not 1 <= len(kid) <= 200:
        raise Refused("Each key needs a kid, a text of 1 to 200 characters.", field="jwks")
    algorithm = key.get("alg") or {"RSA": "RS384", "EC": "ES384"}.get(str(kind), "")
    if KEY_TYPES.get(str(algorithm)) != kind:
        raise Refused(f"The key {kid[:40]} must be for RS384 (kty RSA) or ES384 (kty EC, crv P-384).", field="jwks")
    row = {name: key[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in key}
    row |= {"kid": kid, "alg": algorithm}
    _check_strength(row, kid)
    return row


def _check_strength(row: dict[str, object], kid: str) -> None:
    try:
        key = jwt.PyJWK(row, algorithm=str(row["alg"])).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise Refused(f"The key {kid[:40]} cannot be read. Copy the public key again.", field="jwks") from None
    if row["kty"] == "EC" and row.get("crv") != "P-384":
        raise Refused(f"The key {kid[:40]} must be on the curve P-384 for ES384.", field="jwks")
    if row["kty"] == "RSA" and key.key_size < MIN_RSA_BITS:
        raise Refused(f"The key {kid[:40]} has fewer than {MIN_RSA_BITS} bits. Make a longer one.", field="jwks")


def find_key(key_set: dict[str, list[dict[str, object]]], *, kid: str, algorithm: str) -> jwt.PyJWK | None:
    """The one key with this kid and algorithm; None if the set has none."""
    for row in key_set["keys"]:
        if row["kid"] == kid and row["alg"] == algorithm:
            return jwt.PyJWK(row, algorithm=algorithm)
    return None
