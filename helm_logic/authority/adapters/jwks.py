# SPDX-License-Identifier: Apache-2.0
"""JSON Web Key Sets (RFC 7517) from files: the public keys of an issuer, each with one algorithm.

Invariants:
- a key is used with the one algorithm that the policy pins: of those that it names, the one that
  fits the key's type and curve, and that the key's own `alg` does not contradict;
- a key that is not for verifying (`use`, `key_ops`), a private one and a shared secret are refused
  by name: a set that holds its issuer's secrets is not read past them;
- sets come from files alone, which whoever runs the guard fetches. They are read when a policy is
  opened and are part of it (`policy/tokens.py`): nothing here knows an address, and no decision
  waits for one.

Thumbprints (RFC 7638) name holders: `urn:ietf:params:oauth:jwk-thumbprint:sha-256:...` (RFC 9278).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from helm_logic.authority.adapters.jws import ALGORITHMS, ED25519, parse_base64url, print_base64url
from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.ledger.keys import ECDSA_P256, PublicKey
from helm_logic.ledger.shape import require_list, require_object, require_text

MAX_KEYS = 64
SIGNATURE = "sig"  # the `use` of keys that verify
THUMBPRINT_URI = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"

# RFC 7518 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2: what no public key has.
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
# What names a key of each type, in order (RFC 7638 3.2, RFC 8037 A.3).
_NAMED_BY = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
_COORDINATE = 32
_RSA_BYTES = 256  # RFC 7518 3.3: 2048 bits or more


def read_jwks(
    data: bytes, algorithms: tuple[str, ...], where: str, use: str = SIGNATURE
) -> tuple[TokenKey, ...]:
    """Return the keys of the set in *data* that *algorithms* pin; raise InputError naming *where*.

    Keys of a type that none of *algorithms* takes are left out, and those for another *use*; at
    least one has to remain.
    """
    keys = require_object(parse_json(data), where).get("keys")
    listed = require_list(keys, f"{where} keys")
    if len(listed) > MAX_KEYS:
        raise InputError("wrong_shape", f"{where}: got {len(listed)} keys, want at most {MAX_KEYS}")
    found = []
    for number, each in enumerate(listed):
        jwk = require_object(each, f"{where} key {number}")
        if _algorithm(jwk, algorithms, use) is not None:
            found.append(read_key(jwk, algorithms, f"{where} key {number}", use))
    if not found:
        raise InputError("wrong_shape", f"{where}: no key is for {', '.join(algorithms)}")
    return tuple(found)


def read_key(
    jwk: Mapping[str, JsonValue], algorithms: tuple[str, ...], where: str, use: str = SIGNATURE
) -> TokenKey:
    """Return the public key *jwk*, with the one of *algorithms* that it is used with.

    Raises InputError: `private_key` for one with private members, else of its shape.
    """
    for name in PRIVATE:
        if name in jwk:
            raise InputError("private_key", f"{where}: the key has the private member `{name}`")
    algorithm = _algorithm(jwk, algorithms, use)
    if algorithm is None:
        wanted = ", ".join(algorithms)
        raise InputError("wrong_shape", f"{where}: not a key to verify {wanted} with")
    public = {
        name: require_text(jwk.get(name), f"{where} {name}") for name in _NAMED_BY[_kind(jwk)]
    }
    _check_members(public, where)
    return TokenKey(public, algorithm, _keyid(public, where))


def thumbprint_uri(key: TokenKey) -> str:
    """Return the URI that names *key* as a holder (RFC 9278)."""
    named = {name: key.jwk[name] for name in _NAMED_BY[str(key.jwk["kty"])]}
    return THUMBPRINT_URI + print_base64url(hashlib.sha256(canonical_json(named)).digest())


def _kind(jwk: Mapping[str, JsonValue]) -> str:
    kind = jwk.get("kty")
    return kind if isinstance(kind, str) else ""


def _algorithm(
    jwk: Mapping[str, JsonValue], algorithms: tuple[str, ...], use: str = SIGNATURE
) -> str | None:
    """Return the first of *algorithms* that *jwk* may verify with, if there is one."""
    if jwk.get("use", use) != use:
        return None
    uses = jwk.get("key_ops", ["verify"])
    if not isinstance(uses, list) or "verify" not in uses:
        return None
    shape = _kind(jwk), jwk.get("crv")
    own = jwk.get("alg")
    for name in algorithms:
        if ALGORITHMS.get(name) == shape and (own in (None, name) or {own, name} == ED25519):
            return name
    return None


def _check_members(public: Mapping[str, str], where: str) -> None:
    """Return if the numbers of *public* are in their one spelling and size; raise InputError."""
    try:
        sizes = {
            name: parse_base64url(public[name]) for name in ("x", "y", "n", "e") if name in public
        }
    except ValueError as error:
        raise InputError("wrong_shape", f"{where}: {error}") from None
    if "n" in sizes and (len(sizes["n"]) < _RSA_BYTES or not sizes["n"][0]):
        raise InputError("wrong_shape", f"{where}: want an RSA key of 2048 bits or more")


def _keyid(public: Mapping[str, str], where: str) -> str:
    try:
        if public["kty"] == "OKP":
            return PublicKey(parse_base64url(public["x"])).keyid
        if public.get("crv") == "P-256":
            point = b"\4" + b"".join(
                _coordinate(parse_base64url(public[name])) for name in ("x", "y")
            )
            return PublicKey(point, ECDSA_P256).keyid
    except ValueError as error:
        raise InputError("wrong_shape", f"{where}: {error}") from None
    return hashlib.sha256(canonical_json(dict(public))).hexdigest()


def _coordinate(number: bytes) -> bytes:
    if len(number) != _COORDINATE:
        raise ValueError(f"got a coordinate of {len(number)} bytes, want {_COORDINATE}")
    return number
