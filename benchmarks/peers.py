# SPDX-License-Identifier: Apache-2.0
"""The same chains by libraries that others wrote, as far as each goes; each ends with a signature.

    PyJWT   verifies each token by itself. It knows no chain: nothing is narrowed, nobody decides
    tenuo   verifies a chain of its own warrants, with a proof of possession, and authorizes

biscuit-python is `biscuit.py`. Each is asserted to answer right before it is measured. The clock of
tenuo is the system's, so its warrants are made when it is asked for, and are good for an hour.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from benchmarks.tokens import ARGUMENTS, key_of

_FRESH = 20  # seconds after which a proof is made anew: an old one takes longer to verify
_SECRET = crypto_sign_seed_keypair(bytes(32))[1]


def signed_record(request: bytes, verdict: str) -> bytes:
    """Return a signed record of *request* and *verdict*, which every side makes in the end."""
    record = {"request": json.loads(request), "verdict": verdict}
    return crypto_sign(json.dumps(record, sort_keys=True).encode("utf-8"), _SECRET)


class JwtSide:
    """PyJWT: every token's signature and claims, with the keys at hand."""

    def __init__(self, tokens: Sequence[str]) -> None:
        import jwt  # noqa: PLC0415 - of the extra `bench`
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PublicKey,
        )

        self._decode: Any = jwt.decode
        self._keys = [
            Ed25519PublicKey.from_public_bytes(key_of(number).public_key.raw)
            for number in range(len(tokens))
        ]
        assert self.claims(tokens)[-1]["del_depth"] == len(tokens) - 1

    def claims(self, tokens: Sequence[str]) -> list[dict[str, Any]]:
        """Return the claims of *tokens*, each verified."""
        # The moment of the benchmark is not that of the system, whose clock PyJWT goes by.
        options = {"verify_exp": False, "verify_iat": False}
        return [
            self._decode(token, key, algorithms=["EdDSA"], options=options)
            for token, key in zip(tokens, self._keys, strict=True)
        ]

    def record(self, request: bytes, tokens: Sequence[str]) -> bytes:
        """Return the signed record, once *tokens* are verified."""
        self.claims(tokens)
        return signed_record(request, "VERIFIED")


class TenuoSide:
    """tenuo: a chain of *depth* warrants that narrow as the tokens do, and its proof."""

    def __init__(self, depth: int) -> None:
        import tenuo  # noqa: PLC0415 - of the extra `bench`

        keys = [tenuo.SigningKey.from_bytes(bytes([n + 1]) * 32) for n in range(depth + 1)]
        some, one = tenuo.OneOf(["prod", "staging"]), tenuo.Exact("staging")
        warrants = [
            tenuo.Warrant.issue(
                keys[0], capabilities={"deploy": {"env": some}, "restart": {}}, ttl_seconds=3600,
                holder=keys[1].public_key,
            )
        ]  # fmt: skip
        for place in range(1, depth):
            granted = {"deploy": {"env": one if place == depth - 1 else some}}
            warrants.append(
                warrants[-1].attenuate(
                    granted, keys[place], ttl_seconds=3600 - place,
                    holder=keys[place + 1].public_key,
                )
            )  # fmt: skip
        self._read: Any = tenuo.Warrant.from_base64
        self._refused = tenuo.TenuoError
        self._authorizer: Any = tenuo.Authorizer(trusted_roots=[keys[0].public_key])
        self._texts = [each.to_base64() for each in warrants]
        self._sign: Callable[[int], bytes] = lambda now: bytes(
            warrants[-1].sign(keys[depth], "deploy", ARGUMENTS, now)
        )
        self._made, self._proof = 0, b""
        assert self.allows(ARGUMENTS)
        assert not self.allows({"env": "prod"})

    def allows(self, arguments: dict[str, Any]) -> bool:
        """Say whether a deploy with *arguments* is authorized; every signature is verified."""
        now = int(time.time())  # noqa: TID251 - tenuo has no other clock
        if now - self._made > _FRESH:
            self._made, self._proof = now, self._sign(now)
        chain = [self._read(text) for text in self._texts]
        try:
            self._authorizer.check_chain(chain, "deploy", arguments, signature=self._proof)
        except self._refused:
            return False
        return True

    def record(self, request: bytes) -> bytes:
        """Return the signed record, once the chain is verified and the deploy authorized."""
        return signed_record(request, "ALLOW" if self.allows(ARGUMENTS) else "DENY")
