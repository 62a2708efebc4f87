# SPDX-License-Identifier: Apache-2.0
"""A chain of tokens, read and checked in the order of the format: every fault, the first one first.

The order matters, because the first fault is the reason that other implementations give. A fault
of `codes.REFUSED` ends the reading; one of `codes.RULED` is noted, and the rules find it again by
the facts of the links. No claim is used before the signature over it holds, but for the shape of a
root's claims and the ids of all tokens.

Proof of possession is `possession.py`; what the tokens state as facts is `links.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from helm_logic.authority.adapters.aat.codes import RULED
from helm_logic.authority.adapters.aat.token import (
    MAX_CEILING,
    MAX_LIFETIME,
    Token,
    TokenFault,
    is_uri,
    known_algorithms,
    read_token,
    token_id,
)
from helm_logic.authority.adapters.jwks import thumbprint_uri
from helm_logic.authority.adapters.jws import Jws, read_jws, require_algorithm
from helm_logic.authority.adapters.protocol import MAX_TOKEN, TokenKey
from helm_logic.authority.constraint import is_plain
from helm_logic.authority.limit import Limit, read_limit
from helm_logic.authority.narrowing import is_allowed, is_inside
from helm_logic.authority.principal import is_principal
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue

MAX_TOKENS = 16


@attrs.frozen
class Fault:
    """The token at *position* breaks the rule that the format's *code* names."""

    code: str
    position: int
    message: str = ""


@attrs.frozen
class Verified:
    """A token with the key that signed it, the key that holds it, and its tools."""

    token: Token
    signer: TokenKey
    holder: TokenKey
    tools: Mapping[str, Mapping[str, JsonValue]]


class Walk:
    """One reading of one chain; *verify* says whether a key signed a token.

    The first token is signed by one of *keys*; the keys of holders are for one of *algorithms*, by
    default those of *keys*.
    """

    def __init__(
        self,
        keys: tuple[TokenKey, ...],
        now: int,
        verify: Callable[[Jws, TokenKey], None],
        algorithms: tuple[str, ...] = (),
    ) -> None:
        self.faults: list[Fault] = []
        self.tokens: list[Verified] = []
        self.position = 0
        self._keys = keys
        self._now = now
        self._verify = verify
        self._holders = algorithms or known_algorithms(keys)

    @property
    def is_refused(self) -> bool:
        """Whether a token was refused, and reading has ended."""
        return bool(self.faults) and self.faults[-1].code not in RULED

    def note(self, code: str, *, if_: bool = True, message: str = "") -> None:
        """Note the fault *code* of this token, if it has it; raise TokenFault if that ends all."""
        if not if_:
            return
        if code not in RULED:
            raise TokenFault(code, message)
        self.faults.append(Fault(code, self.position, message))

    def read(self, texts: Sequence[str]) -> None:
        """Read the tokens *texts*, root first."""
        if not texts:
            self.note("chain_empty")
        try:
            opened = self._opened(texts)
            for self.position, (jws, claims) in enumerate(opened):
                if self.position:
                    self._further(jws, claims, self.tokens[-1])
                else:
                    self._root(jws, claims)
        except TokenFault as fault:
            self.refuse(fault)

    def refuse(self, fault: TokenFault) -> None:
        """Note *fault*, of the token at this position, with which reading ends."""
        self.faults.append(Fault(fault.code, self.position, str(fault)))

    def _opened(self, texts: Sequence[str]) -> list[tuple[Jws, dict[str, JsonValue]]]:
        self.note("chain_too_long", if_=len(texts) > MAX_TOKENS)
        for self.position, text in enumerate(texts):
            self.note("token_too_large", if_=len(text) > MAX_TOKEN)
        opened, seen = [], set[str]()
        for self.position, text in enumerate(texts):
            try:
                jws = read_jws(text)
                claims = jws.claims()
            except LinkRefused as error:
                raise TokenFault("token_malformed", str(error)) from None
            name = token_id(claims)
            self.note("chain_cycle_detected", if_=name in seen)
            seen.add(name)
            opened.append((jws, claims))
        return opened

    def _root(self, jws: Jws, claims: Mapping[str, JsonValue]) -> None:
        self.note("untrusted_root", if_=not self._keys, message="no anchor is trusted")
        token = read_token(jws, claims)
        self._require_algorithm(jws, known_algorithms(self._keys))
        signer = next((key for key in self._keys if self._is_signed(jws, key)), None)
        if signer is None:
            raise TokenFault("untrusted_root", "no trusted anchor signed the first token")
        holder = token.holder(self._holders)
        self.note("token_malformed", if_=not is_plain(token.id), message="jti: want text")
        self.note("token_malformed", if_=not is_uri(token.issuer), message="iss: want a URI")
        self.note("root_depth_invalid", if_=token.depth != 0)
        self.note("par_hash_present_on_root", if_=token.parent is not None)
        self.note("delegation_ceiling_invalid", if_=not 0 <= token.ceiling <= MAX_CEILING)
        self._times(token)
        self.note("expiry_not_after_issuance", if_=token.expires <= token.issued)
        self.note("lifetime_exceeded", if_=token.expires - token.issued > MAX_LIFETIME)
        self.tokens.append(Verified(token, signer, holder, token.tools()))

    def _further(self, jws: Jws, claims: Mapping[str, JsonValue], above: Verified) -> None:
        self._require_algorithm(jws, (above.holder.algorithm,))
        if not self._is_signed(jws, above.holder):
            raise TokenFault("invalid_signature", "not signed by the holder of the token before")
        token, before = read_token(jws, claims), above.token
        holder = token.holder(self._holders)
        self.note("issuer_thumbprint_mismatch", if_=token.issuer != thumbprint_uri(above.holder))
        self.note("token_malformed", if_=not (is_plain(token.id) and is_principal(token.issuer)))
        self.note("par_hash_missing", if_=token.parent is None)
        self.note("par_hash_mismatch", if_=token.parent not in (None, before.hash))
        self._depths(token, before)
        self._times(token)
        self.note("expiry_exceeds_parent", if_=token.expires > before.expires)
        self.note("expiry_not_after_issuance", if_=token.expires <= token.issued)
        self.note("issued_before_parent", if_=token.issued < before.issued)
        tools = token.tools()
        for tool, limits in tools.items():
            self._narrows(tool, limits, above.tools.get(tool))
        self.tokens.append(Verified(token, above.holder, holder, tools))

    def _require_algorithm(self, jws: Jws, algorithms: tuple[str, ...]) -> None:
        try:
            require_algorithm(jws, algorithms)
        except LinkRefused as error:
            known = error.reason == "algorithm_not_permitted"
            code = "algorithm_not_permitted" if known else "token_malformed"
            raise TokenFault(code, str(error)) from None

    def _is_signed(self, jws: Jws, key: TokenKey) -> bool:
        try:
            self._verify(jws, key)
        except LinkRefused:
            return False
        return True

    def _depths(self, token: Token, before: Token) -> None:
        self.note("delegation_depth_invalid", if_=token.depth != before.depth + 1)
        too_deep = token.depth > min(before.ceiling, MAX_CEILING)
        self.note("delegation_depth_exceeded", if_=too_deep)
        self.note("depth_exceeds_own_ceiling", if_=token.depth > token.ceiling)
        self.note("delegation_ceiling_raised", if_=token.ceiling > before.ceiling)

    def _times(self, token: Token) -> None:
        self.note("expired", if_=token.expires <= self._now)
        self.note("not_yet_valid", if_=token.begins > self._now)
        self.note("not_before", if_=token.not_before > self._now)

    def _narrows(
        self, tool: str, limits: Mapping[str, JsonValue], above: Mapping[str, JsonValue] | None
    ) -> None:
        """Note where what limits *tool* is not as narrow as *above*, what limited it before."""
        if above is None:
            self.note("tool_not_delegated", message=f"the tool `{tool[:80]}` was not delegated")
        elif above and above.keys() != limits.keys():
            self.note("argument_key_set_mismatch", message=f"the tool `{tool[:80]}`")
        for name, value in limits.items():
            narrow = self.recognised(value, name)
            if above and name in above:
                wide = self.recognised(above[name], name)
                allowed = is_allowed(wide.kind, narrow.kind)
                self.note("constraint_type_not_permitted", if_=not allowed, message=name)
                is_wider = allowed and not is_inside(wide, narrow)
                self.note("constraint_expansion", if_=is_wider, message=name)

    def recognised(self, value: JsonValue, name: str) -> Limit:
        """Return the limit *value* on the argument *name*; raise TokenFault if it is not known."""
        try:
            return read_limit(value)
        except InputError as error:
            raise TokenFault("constraint_type_unrecognized", f"{name}: {error}") from None
