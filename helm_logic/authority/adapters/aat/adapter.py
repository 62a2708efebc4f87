# SPDX-License-Identifier: Apache-2.0
"""The adapter of attenuating agent tokens: `{"format": "aat", "token": JWS, "proof"?: JWS}`.

Options of an anchor:

    resource   the pattern of the resources that its tokens may grant on; tokens name none
    audience   what `aat_aud` of a proof has to be; without it, any proof for the request counts
    holders    the algorithms that the keys of holders may be for, by default those of the issuer's
    status     {"revoked": [JTI], "unknown": [JTI]}: withdrawn tokens, and those nobody can tell of

Which anchor a chain is read with is what the first token's `iss` says; that its keys signed it is
verified. The arguments of the tool are the request's `action.properties`.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from helm_logic.authority.adapters.aat.codes import reason_of
from helm_logic.authority.adapters.aat.faults import Walk
from helm_logic.authority.adapters.aat.links import FORMAT, token_links
from helm_logic.authority.adapters.aat.possession import Status, Use, check_status, check_use
from helm_logic.authority.adapters.aat.token import TokenFault
from helm_logic.authority.adapters.jws import ALGORITHMS, Verifier, read_jws
from helm_logic.authority.adapters.protocol import (
    UNREAD,
    Anchor,
    Item,
    Presented,
    RefusedLink,
    Run,
    TokenKey,
    own_keys,
)
from helm_logic.authority.constraint import require_pattern
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_list, require_object, require_text

_OPTIONS = ("audience", "holders", "status")


@attrs.frozen
class Trusted:
    """An issuer of tokens, with its options read."""

    keys: tuple[TokenKey, ...]
    resource: str
    audience: str | None
    status: Status | None
    holders: tuple[str, ...]

    @classmethod
    def of(cls, anchor: Anchor) -> Trusted:
        """Return what *anchor* is; raise InputError for an option that is missing or wrong."""
        where = f"tokens {anchor.issuer}"
        options = require_object(dict(anchor.options), where, ("resource",), _OPTIONS)
        audience = options.get("audience")
        status = options.get("status")
        return cls(
            own_keys(anchor),
            require_pattern(options["resource"], f"{where} resource"),
            None if audience is None else require_text(audience, f"{where} audience"),
            None if status is None else _status(status, f"{where} status"),
            _holders(options.get("holders", []), f"{where} holders"),
        )


class AatAdapter:
    """Reads attenuating agent tokens of the issuers that it was made with."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        """Trust *anchors*; raise InputError if one of them has options of another shape."""
        self._trusted = {each.issuer: Trusted.of(each) for each in anchors}
        self._verifier = Verifier()

    def read(self, run: Run) -> Presented:
        """Return what *run* is: links as far as its tokens are sound, then one refusal."""
        try:
            items = [Item.read(each) for each in run.items]
        except InputError as error:
            return _refused(run, 0, "malformed_link", str(error))
        trusted = self._issuer(items[0].token)
        keys = () if trusted is None else trusted.keys
        holders = () if trusted is None else trusted.holders
        walk = Walk(keys, run.asked.now, self._verifier.verify, holders)
        walk.read([each.token for each in items])
        if trusted is None:
            return _walked(run, walk, "", None)
        if not walk.is_refused:
            self._use(run, walk, items, trusted)
        return _walked(run, walk, trusted.resource, items[-1].proof)

    def _issuer(self, token: str) -> Trusted | None:
        try:
            name = read_jws(token).claims().get("iss")
        except LinkRefused:
            return None
        return self._trusted.get(name) if isinstance(name, str) else None

    def _use(self, run: Run, walk: Walk, items: Sequence[Item], trusted: Trusted) -> None:
        try:
            for walk.position, each in enumerate(items[: None if not run.is_last else -1]):
                walk.note("token_malformed", if_=each.proof is not None, message="a proof too many")
            if trusted.status is not None:
                check_status(walk, trusted.status)
            if run.is_last:
                asked = run.asked
                given = (asked.action, asked.arguments, asked.now, items[-1].proof)
                check_use(walk, Use(*given, trusted.audience), self._verifier.verify)
        except TokenFault as fault:
            walk.refuse(fault)


def _walked(run: Run, walk: Walk, resource: str, proof: str | None) -> Presented:
    if not walk.is_refused:
        proved = proof if run.is_last else None
        return Presented(
            token_links(walk.tokens, resource, run.asked, proved, is_whole=run.is_last)
        )
    fault = walk.faults[-1]
    sound = walk.tokens[: fault.position]
    reason = reason_of(fault.code)
    if reason == "link_revoked" and not (run.is_last and fault.position == len(run.items) - 1):
        reason = "ancestor_revoked"
    refused = _refused(run, fault.position, reason, f"{fault.code}: {fault.message}")
    before = range(run.first + len(sound), run.first + fault.position)
    places = (
        *token_links(sound, resource, run.asked, None, is_whole=False),
        *(RefusedLink(each, UNREAD, "a token of the chain cannot be read") for each in before),
        *refused.places,
    )
    return Presented(places)


def _refused(run: Run, number: int, reason: str, message: str) -> Presented:
    """Return the refusal of item *number* of *run*; those after it are not read."""
    after = range(run.first + number + 1, run.first + len(run.items))
    unread = (RefusedLink(each, UNREAD, "a token before it was refused") for each in after)
    return Presented((RefusedLink(run.first + number, reason, message), *unread))


def _holders(value: JsonValue, where: str) -> tuple[str, ...]:
    names = tuple(require_text(each, where) for each in require_list(value, where))
    for name in names:
        if name not in ALGORITHMS:
            raise InputError("wrong_shape", f"{where}: got `{name[:24]}`, which is no algorithm")
    return names


def _status(value: JsonValue, where: str) -> Status:
    parts = require_object(value, where, (), ("revoked", "unknown"))
    listed = {
        name: frozenset(require_text(each, where) for each in require_list(ids, f"{where} {name}"))
        for name, ids in parts.items()
    }
    return Status(**listed)


__all__ = ["FORMAT", "AatAdapter"]
