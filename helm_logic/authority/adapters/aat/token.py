# SPDX-License-Identifier: Apache-2.0
"""One attenuating agent token: its claims, each in its type, and what is derived from them.

Reading verifies nothing, and says nothing about how tokens fit together. What is not in its type
is refused with the format's code for it, in the order in which the format looks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import attrs

from helm_logic.authority.adapters.jwks import PRIVATE, read_key
from helm_logic.authority.adapters.jws import ALGORITHMS, Jws, print_base64url
from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.authority.constraint import is_plain
from helm_logic.authority.limit import MAX_DEPTH, nesting
from helm_logic.authority.link import MAX_ACTIONS
from helm_logic.authority.principal import is_principal
from helm_logic.errors import HelmError, InputError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_list, require_object

DETAILS = "attenuating_agent_token"
MAX_CEILING = 8
MAX_LIFETIME = 90 * 24 * 3600
SKEW = 30  # seconds by which an issuer's clock may be ahead

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")
_TYPES: Mapping[str, type] = {
    "jti": str, "iss": str, "iat": int, "exp": int, "cnf": dict, "del_depth": int,
    "del_max_depth": int, "authorization_details": list,
}  # fmt: skip
_OPTIONAL: Mapping[str, type] = {"par_hash": str, "nbf": int}


class TokenFault(HelmError):
    """What is wrong with a token, by the format's *code*."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code.replace("_", " "))
        self.code = code


@attrs.frozen
class Token:
    """The claims of one token; *tools* maps a tool to the limits on its arguments, in JSON."""

    jws: Jws
    id: str
    issuer: str
    subject: str | None
    issued: int
    begins: int
    not_before: int
    expires: int
    depth: int
    ceiling: int
    parent: str | None
    confirmation: Mapping[str, JsonValue]
    details: list[JsonValue]

    @property
    def hash(self) -> str:
        """What `par_hash` of the next token has to be."""
        return print_base64url(hashlib.sha256(self.jws.signed.encode("ascii")).digest())

    def holder(self, algorithms: tuple[str, ...]) -> TokenKey:
        """Return the key that holds the token, for one of *algorithms*; raise TokenFault."""
        jwk = self.confirmation.get("jwk")
        if not isinstance(jwk, dict):
            raise TokenFault("token_malformed", "cnf: want a `jwk`")
        if any(name in jwk for name in PRIVATE):
            raise TokenFault("private_key_material", "cnf: the key has private members")
        try:
            return read_key(jwk, algorithms, "cnf")
        except InputError as error:
            raise TokenFault("holder_key_invalid", str(error)) from None

    def tools(self) -> dict[str, dict[str, JsonValue]]:
        """Return the tools and what limits their arguments; raise TokenFault."""
        try:
            (entry,) = require_list(self.details, "authorization_details", 1)
            parts = require_object(entry, "authorization_details")
            _require_type(parts)
            tools = _few(require_object(parts.get("tools"), "tools"))
            read = {name: require_object(each, f"tool {name[:40]}") for name, each in tools.items()}
            for tool, limits in read.items():
                _require_names(tool, limits)
        except InputError as error:
            raise TokenFault("authorization_details_invalid", str(error)) from None
        if any(nesting(limit) > MAX_DEPTH for each in read.values() for limit in each.values()):
            raise TokenFault("constraint_too_deep", f"limits nest deeper than {MAX_DEPTH}")
        return read


def is_uri(text: str) -> bool:
    """Say whether *text* is a URI, and so can name a principal."""
    return _URI.fullmatch(text) is not None and is_principal(text)


def token_id(claims: Mapping[str, JsonValue]) -> str:
    """Return the id among *claims*; raise TokenFault `token_malformed` if it is no text."""
    name = claims.get("jti")
    if not isinstance(name, str):
        raise TokenFault("token_malformed", "jti: want a string")
    return name


def read_token(jws: Jws, claims: Mapping[str, JsonValue]) -> Token:
    """Return the token *jws* whose payload is *claims*; raise TokenFault `token_malformed`."""
    for name, kind in (*_TYPES.items(), *_OPTIONAL.items()):
        if type(claims.get(name)) is not kind and not (name in _OPTIONAL and name not in claims):
            raise TokenFault("token_malformed", f"{name}: missing or of another type")
    if min(_integer(claims, "iat"), _integer(claims, "exp")) < 0:
        raise TokenFault("token_malformed", "iat, exp: want seconds, not negative")
    subject = claims.get("sub")
    found: dict[str, object] = {
        "id": claims["jti"], "issuer": claims["iss"], "issued": claims["iat"],
        "expires": claims["exp"], "depth": claims["del_depth"], "ceiling": claims["del_max_depth"],
        "parent": claims.get("par_hash"), "confirmation": claims["cnf"],
        "details": claims["authorization_details"],
        "subject": subject if isinstance(subject, str) else None,
        "begins": max(0, _integer(claims, "iat") - SKEW),
        "not_before": _integer(claims, "nbf") - SKEW,
    }  # fmt: skip
    return Token(jws, **found)  # type: ignore[arg-type]


def known_algorithms(keys: tuple[TokenKey, ...]) -> tuple[str, ...]:
    """Return the algorithms of *keys*, which tokens of the chain are held to, in one order."""
    used = {key.algorithm for key in keys}
    return tuple(name for name in ALGORITHMS if name in used)


def _integer(claims: Mapping[str, JsonValue], name: str) -> int:
    value = claims.get(name, 0)
    return value if type(value) is int else 0


def _require_type(entry: Mapping[str, JsonValue]) -> None:
    if entry.get("type") != DETAILS:
        raise InputError("wrong_type", f"authorization_details: want the type {DETAILS}")


def _few(tools: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(tools) > MAX_ACTIONS:
        raise InputError("wrong_shape", f"tools: got {len(tools)}, want at most {MAX_ACTIONS}")
    return tools


def _require_names(tool: str, limits: Mapping[str, JsonValue]) -> None:
    # Tools become patterns, and `*` in one would stand for more than itself.
    if not is_plain(tool) or "*" in tool or not all(tool.split("/")):
        raise InputError("wrong_shape", f"tool `{tool[:40]}`: want printable text without `*`")
    if not all(map(is_plain, limits)):
        raise InputError("wrong_shape", f"tool `{tool[:40]}`: want printable names of arguments")
