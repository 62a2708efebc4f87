# SPDX-License-Identifier: Apache-2.0
"""Attenuating agent tokens for tests: issuers and holders with throw-away keys, EdDSA and ES256.

`Chain` makes sound chains; a test changes a claim, a header or a key before a token is signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import attrs
from joserfc.jws import JWSRegistry

from helm_logic.authority.adapters.aat.token import DETAILS
from helm_logic.authority.adapters.jwks import read_key, thumbprint_uri
from helm_logic.authority.adapters.jws import print_base64url, signing_text
from helm_logic.authority.adapters.protocol import Anchor, TokenKey
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.keys import SeedSigner

ISSUER = "https://authority.example"
NOW = 1_780_000_000
TOOL = "repo.read"
ALGORITHMS = ("EdDSA", "ES256")


@attrs.frozen
class Holder:
    """Who has a key, of *algorithm*, that follows from *name*."""

    name: str
    algorithm: str = "EdDSA"

    @property
    def _seed(self) -> bytes:
        return hashlib.sha256(f"a test's key: {self.name}".encode()).digest()

    @property
    def native(self) -> SeedSigner:
        """Who signs native links with the same key, which is of EdDSA."""
        return SeedSigner(self._seed)

    @property
    def _private(self) -> Any:
        from joserfc.jwk import ECKey, OKPKey  # noqa: PLC0415

        seed = self._seed
        if self.algorithm == "EdDSA":
            x = self.native.public_key.raw
            jwk = {"crv": "Ed25519", "d": print_base64url(seed), "kty": "OKP"}
            return OKPKey.import_key({**jwk, "x": print_base64url(x)})
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

        key = ec.derive_private_key(int.from_bytes(seed) % 2**255 + 1, ec.SECP256R1())
        return ECKey.import_key(_pem(key))

    @property
    def jwk(self) -> dict[str, JsonValue]:
        """The public key."""
        public = self._private.as_dict(private=False)
        return {name: str(public[name]) for name in ("crv", "kty", "x", "y") if name in public}

    @property
    def key(self) -> TokenKey:
        """The public key as anchors have it."""
        return read_key(self.jwk, (self.algorithm,), self.name)

    @property
    def uri(self) -> str:
        """The principal that holds what is confirmed with this key."""
        return thumbprint_uri(self.key)

    def sign(self, payload: object, header: Mapping[str, JsonValue] | None = None) -> str:
        """Return the token of *payload*, under another *header* if there is one."""
        signed = signing_text({"alg": self.algorithm} if header is None else header, payload)
        model = JWSRegistry.algorithms[self.algorithm]
        return f"{signed}.{print_base64url(model.sign(signed.encode(), self._private))}"


ROOT = Holder("authority")
HOLDERS = (Holder("ops"), Holder("deployer", "ES256"), Holder("tool"))


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def anchor(**options: JsonValue) -> Anchor:
    """Return the anchor of `ROOT`, for both algorithms, which may grant on any resource."""
    keys = (ROOT.key, Holder("spare", "ES256").key)
    return Anchor(ISSUER, "aat", keys, {"resource": "**", **options})


def par_hash(token: str) -> str:
    """Return what the next token has to have as `par_hash`."""
    signed = token.rpartition(".")[0]
    return print_base64url(hashlib.sha256(signed.encode()).digest())


def claims(
    number: int, parent: str | None, tools: Mapping[str, JsonValue], **changes: JsonValue
) -> dict[str, JsonValue]:
    """Return the claims of token *number* behind the token *parent*, with *changes*.

    A claim that is changed to None is left out.
    """
    made: dict[str, JsonValue] = {
        "authorization_details": [{"type": DETAILS, "tools": dict(tools)}],
        "cnf": {"jwk": HOLDERS[number].jwk},
        "del_depth": number,
        "del_max_depth": 3,
        "exp": NOW + 3600 - number,
        "iat": NOW + number,
        "iss": ISSUER if parent is None else HOLDERS[number - 1].uri,
        "jti": f"token-{number}",
        "par_hash": None if parent is None else par_hash(parent),
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def chain(
    *tools: Mapping[str, JsonValue], changes: Mapping[int, Mapping[str, JsonValue]] | None = None
) -> list[str]:
    """Return one token for each of *tools*, with *changes* of claims by number."""
    tokens: list[str] = []
    for number, granted in enumerate(tools):
        signer = ROOT if number == 0 else HOLDERS[number - 1]
        parent = tokens[-1] if tokens else None
        changed = (changes or {}).get(number, {})
        tokens.append(signer.sign(claims(number, parent, granted, **changed)))
    return tokens


def proof(
    number: int, tool: str = TOOL, arguments: Mapping[str, JsonValue] | None = None,
    **changes: JsonValue,
) -> str:  # fmt: skip
    """Return the proof that token *number* is held, with *changes* of claims."""
    made = {
        "aat_id": f"token-{number}", "aat_tool": tool, "hta": dict(arguments or {}),
        "iat": NOW + 5, "jti": f"proof-{number}", **changes,
    }  # fmt: skip
    return HOLDERS[number].sign({name: value for name, value in made.items() if value is not None})


def items(tokens: list[str], possession: str | None) -> list[JsonValue]:
    """Return *tokens* as items of a chain, the last one with its proof of *possession*."""
    made: list[JsonValue] = [{"format": "aat", "token": token} for token in tokens]
    if made and possession is not None:
        made[-1] = {"format": "aat", "token": tokens[-1], "proof": possession}
    return made
