# SPDX-License-Identifier: Apache-2.0
"""Biscuit tokens in one spelling, verified: the one file that imports biscuit-python.

biscuit-python verifies the chain of signatures from a root key that we chose, those of third
parties included, and nothing else is asked of it. Blocks are read by `wire` from the very bytes
that it verified: a token whose bytes it would write differently, with fields that it does not know
for example, is refused, so that both read the same.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
from collections.abc import Sequence

import attrs

from helm_logic.authority.adapters.biscuit.protobuf import Message
from helm_logic.authority.adapters.biscuit.syntax import Block
from helm_logic.authority.adapters.biscuit.wire import read_blocks
from helm_logic.authority.adapters.jws import parse_base64url
from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.errors import InputError, LinkRefused

ALGORITHMS = ("EdDSA", "Ed25519", "ES256")
_ED25519, _ED25519_SIGNATURE = 0, 64


@attrs.frozen
class Token:
    """A verified token: its *blocks*, the root *key*, and a revocation id for each block.

    Which is the signature of the block; whoever withdraws one withdraws all tokens with the block.
    """

    text: str
    blocks: tuple[Block, ...]
    key: TokenKey
    revocation_ids: tuple[bytes, ...]


def is_installed() -> bool:
    """Say whether biscuit-python, the extra `biscuit`, is there."""
    return importlib.util.find_spec("biscuit_auth") is not None


def verify_token(text: str, keys: Sequence[TokenKey]) -> Token:
    """Return the token *text*, base64url as Biscuit writes it, if one of *keys* is its root.

    Raises LinkRefused: `malformed_link` for what is no token, `bad_signature`.
    """
    return verify_bytes(_decoded(text), keys)


def verify_bytes(data: bytes, keys: Sequence[TokenKey]) -> Token:
    """Return the token *data* if one of *keys* is its root; raise LinkRefused as `verify_token`."""
    from biscuit_auth import Biscuit, BiscuitValidationError, PublicKey  # noqa: PLC0415 - an extra

    _check_shape(data, keys)
    for key in keys:
        try:
            token = Biscuit.from_bytes(data, PublicKey(key_name(key)))
        except (BiscuitValidationError, ValueError):
            continue
        if bytes(token.to_bytes()) != data:
            raise LinkRefused("malformed_link", "the token is not in the one form of its content")
        try:
            blocks = read_blocks(data)
        except InputError as error:
            raise LinkRefused("malformed_link", str(error)) from None
        ids = tuple(bytes.fromhex(each) for each in token.revocation_ids)
        return Token(token.to_base64(), blocks, key, ids)
    raise LinkRefused("bad_signature", "its signatures do not lead to a key of a trusted issuer")


def key_name(key: TokenKey) -> str:
    """Return how Biscuit writes *key*; raise InputError for one that it does not know."""
    if key.algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise InputError(
            "wrong_shape", f"biscuit: got a key for {key.algorithm}, known are {known}"
        )
    x = parse_base64url(str(key.jwk["x"]))
    if key.algorithm != "ES256":
        return f"ed25519/{x.hex()}"
    y = parse_base64url(str(key.jwk["y"]))
    return f"secp256r1/{2 + y[-1] % 2:02x}{x.hex()}"  # SEC 1, 2.3.3: compressed


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LinkRefused("malformed_link", "not base64url") from None
    if base64.urlsafe_b64encode(data).decode("ascii") != text:
        raise LinkRefused("malformed_link", "not the one base64url of its bytes, with padding")
    return data


def _check_shape(data: bytes, keys: Sequence[TokenKey]) -> None:
    """Return if *data*, to be verified by one of *keys*, has the parts of a token.

    Raises LinkRefused: biscuit-python gives one reason for everything, and a signature of the wrong
    length is no signature.
    """
    try:
        token = Message(data)
        signed = [token.message(2), *token.messages(3)]
        signatures = [each.part(3) for each in signed]
        by = [each.message(2).number(1, 0) for each in signed]  # with which the next is signed
        token.part(4)
    except InputError as error:
        raise LinkRefused("malformed_link", str(error)) from None
    root = -1 if any(key.algorithm == "ES256" for key in keys) else _ED25519
    for number, (algorithm, signature) in enumerate(zip((root, *by), signatures, strict=False)):
        if algorithm == _ED25519 and len(signature) != _ED25519_SIGNATURE:
            message = f"block {number}: a signature of {len(signature)} bytes"
            raise LinkRefused("malformed_link", message)
