# SPDX-License-Identifier: Apache-2.0
"""A case of attenuating tokens while it is being written: a good chain, which a fault changes.

    https://authority.example -> ops -> release -> tool

Holders are named by the thumbprints of their keys. Every key follows from a name, and ECDSA signs
deterministically (RFC 6979), so that each run signs the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from helm_logic.authority.adapters.aat.token import DETAILS
from helm_logic.authority.adapters.jwks import read_key, thumbprint_uri
from helm_logic.authority.adapters.jws import print_base64url, signing_text
from helm_logic.ledger.keys import SeedSigner
from tests.authority.world import NOW

ISSUER = "https://authority.example"
ROOT, SPARE = "authority", "spare"
PEOPLE = ("ops", "release", "tool")
LAST = len(PEOPLE) - 1
STRANGER = "stranger"

Wire = Callable[[Any], Any]


@attrs.frozen
class Holder:
    """Who has the key of *algorithm* that follows from *name*."""

    name: str
    algorithm: str = "EdDSA"

    @property
    def _seed(self) -> bytes:
        return hashlib.sha256(self.name.encode("utf-8")).digest()

    @property
    def jwk(self) -> dict[str, str]:
        """The public key."""
        if self.algorithm == "EdDSA":
            x = SeedSigner(self._seed).public_key.raw
            return {"crv": "Ed25519", "kty": "OKP", "x": print_base64url(x)}
        numbers = self._ecdsa.public_key().public_numbers()
        x_y = {name: getattr(numbers, name).to_bytes(32) for name in ("x", "y")}
        texts = {name: print_base64url(data) for name, data in x_y.items()}
        return {"crv": "P-256", "kty": "EC", **texts}

    @property
    def uri(self) -> str:
        """The principal who holds a token that is confirmed with this key."""
        return thumbprint_uri(read_key(dict(self.jwk), (self.algorithm,), self.name))

    def sign(self, payload: object, header: Mapping[str, object] | None = None) -> str:
        """Return the token of *payload*, under another *header* if there is one."""
        return self.sign_text(
            signing_text({"alg": self.algorithm} if header is None else header, payload)
        )

    def sign_text(self, text: str) -> str:
        """Return the token whose signed text is *text*."""
        return f"{text}.{print_base64url(self._signature(text.encode('utf-8')))}"

    def _signature(self, data: bytes) -> bytes:
        if self.algorithm == "EdDSA":
            return SeedSigner(self._seed).sign(data)
        signed = self._ecdsa.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))
        return b"".join(number.to_bytes(32) for number in utils.decode_dss_signature(signed))

    @property
    def _ecdsa(self) -> ec.EllipticCurvePrivateKey:
        return _ecdsa_key(self._seed)


@cache
def _ecdsa_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(seed) % 2**255 + 1, ec.SECP256R1())


@attrs.define
class TokenPlan:
    """What a case is made of: the claims of each token, changed at will; None leaves one out.

    *holders* hold the tokens; *signers* and *headers* are those of single tokens that are signed
    otherwise. *wire* changes an item after it was signed, *arrange* the whole chain.
    """

    tokens: list[dict[str, Any]]
    holders: list[Holder]
    subject: str | None = None
    action: str = "deploy"
    resource: tuple[str, str] = ("service", "shop/api")
    properties: dict[str, Any] = attrs.field(factory=dict)
    arguments: dict[str, Any] = attrs.field(factory=lambda: {"env": "staging"})
    now: int = NOW
    max_links: int = 64
    trusted: list[tuple[str, list[Holder]]] = attrs.field(
        factory=lambda: [(ISSUER, [Holder(ROOT), Holder(SPARE, "ES256")])]
    )
    options: dict[str, Any] = attrs.field(factory=lambda: {"resource": "service/**"})
    proof: dict[str, Any] | None = attrs.field(factory=dict)
    prover: Holder | None = None
    proof_header: dict[str, Any] | None = None
    signers: dict[int, Holder] = attrs.field(factory=dict)
    headers: dict[int, dict[str, Any]] = attrs.field(factory=dict)
    wire: dict[int, list[Wire]] = attrs.field(factory=dict)
    arrange: list[Callable[[list[Any]], list[Any]]] = attrs.field(factory=list)

    def change(self, position: int, **claims: Any) -> None:
        """Change claims of the token at *position*, before it is signed."""
        self.tokens[position].update(claims)

    def from_here(self, position: int, **claims: Any) -> None:
        """Change claims of the token at *position* and of all after it."""
        for each in self.tokens[position:]:
            each.update(claims)

    def grant(self, *tools: dict[str, Any]) -> None:
        """Let the tokens grant *tools*, the first token first."""
        for each, granted in zip(self.tokens, tools, strict=True):
            each["authorization_details"] = [{"type": DETAILS, "tools": granted}]

    def signed(self) -> list[str]:
        """Return the tokens."""
        texts: list[str] = []
        for number, claims in enumerate(self.tokens):
            signer = self.signers.get(number) or self.signer(number)
            made: dict[str, Any] = {
                "cnf": {"jwk": self.holders[number].jwk},
                "iss": self.holders[number - 1].uri if number else ISSUER,
                "par_hash": par_hash(texts[-1]) if texts else None,
                **claims,
            }
            payload = {name: value for name, value in made.items() if value is not None}
            texts.append(signer.sign(payload, self.headers.get(number)))
        return texts

    def signer(self, number: int) -> Holder:
        """Return who has to sign token *number*."""
        return self.holders[number - 1] if number else Holder(ROOT)

    def value(self) -> dict[str, Any]:
        """Return the case in JSON, but for its name and what has to come out."""
        chain: list[Any] = [{"format": "aat", "token": text} for text in self.signed()]
        if chain and self.proof is not None:
            chain[-1]["proof"] = self._proof()
        for position, changes in self.wire.items():
            for change in changes:
                chain[position] = change(chain[position])
        for arrange in self.arrange:
            chain = arrange(chain)
        value: dict[str, Any] = {"anchors": {}, "now": self.now}
        if self.max_links != 64:
            value["max_links"] = self.max_links
        if self.trusted:
            value["tokens"] = [self._anchor(*each) for each in self.trusted]
        return {**value, "request": {**self.asked(), "chain": chain}}

    def asked(self) -> dict[str, Any]:
        """Return the request without its chain; who asks is the last holder, if nobody else."""
        subject = self.subject or self.holders[len(self.tokens) - 1].uri
        kind, _, name = subject.partition(":")
        return {
            "subject": {"type": kind, "id": name},
            "action": {"name": self.action, "properties": self.arguments},
            "resource": {
                "type": self.resource[0],
                "id": self.resource[1],
                "properties": self.properties,
            },
            "context": {},
        }

    def _proof(self) -> str:
        made = {
            "aat_id": self.tokens[-1]["jti"],
            "aat_tool": self.action,
            "hta": self.arguments,
            "iat": self.now - 5,
            "jti": "proof",
            **(self.proof or {}),
        }
        payload = {name: value for name, value in made.items() if value is not None}
        prover = self.prover or self.holders[len(self.tokens) - 1]
        return prover.sign(payload, self.proof_header)

    def _anchor(self, issuer: str, holders: list[Holder]) -> dict[str, Any]:
        keys = [{"algorithm": each.algorithm, "jwk": each.jwk} for each in holders]
        return {"format": "aat", "issuer": issuer, "keys": keys, "options": self.options}


def par_hash(token: str) -> str:
    """Return what the token after *token* has to have as `par_hash`."""
    signed = token.rpartition(".")[0]
    return print_base64url(hashlib.sha256(signed.encode("utf-8")).digest())


def limit(kind: str, **members: Any) -> dict[str, Any]:
    """Return the limit of *kind*."""
    return {"constraint_type": kind, **members}


def token_plan(holders: tuple[Holder, ...] = tuple(map(Holder, PEOPLE))) -> TokenPlan:
    """Return the plan of a chain that *holders* hold, which narrows and gives authority."""
    length = len(holders)
    tools: list[dict[str, Any]] = [{"deploy": {}, "restart": {}}]
    tools += [
        {"deploy": {"env": limit("one_of", values=["prod", "staging"])}} for _ in range(1, length)
    ]
    tools[-1] = {"deploy": {"env": limit("exact", value="staging")}}
    tokens = [
        {
            "authorization_details": [{"type": DETAILS, "tools": granted}],
            "del_depth": number,
            "del_max_depth": length - 1,
            "exp": NOW + 3600 - number,
            "iat": NOW - 600 + number,
            "jti": f"token-{number}",
        }
        for number, granted in enumerate(tools)
    ]
    return TokenPlan(tokens, list(holders))
