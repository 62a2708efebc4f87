# SPDX-License-Identifier: Apache-2.0
"""The facts that a logged request gives, made again from what its receipt states and attaches.

Links, approvals and revocations are verified again, signature by signature; chain, request and
inputs become facts by the same functions as when it was decided. Under which policy is a `Basis`:
that of then, as the log stores it, or another.

Two things cannot be made again, and are taken as the receipt's facts state them: which presented
links were refused, and which approvals were (neither is kept). What the receipt does not even state
is `Untold`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

import attrs

from helm_logic.authority.adapters.anchors import read_anchor
from helm_logic.authority.adapters.protocol import Adapter, format_of
from helm_logic.authority.adapters.registry import make_adapters, read_item
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import (
    IDENTITY_FORMATS,
    Chain,
    Place,
    RefusedLink,
    Tokens,
    verify_chain,
)
from helm_logic.authority.facts import chain_facts, property_facts
from helm_logic.authority.link import VerifiedLink, verify_link
from helm_logic.authority.revocation import RevocationSet, verify_revocation
from helm_logic.errors import InputError
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.lang import Input
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.policy.approval import Circumstances, judge_approvals
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.replay_case import blob_of
from helm_logic.policy.request import Request
from helm_logic.receipts.decode import decode_facts
from helm_logic.receipts.pack import policy_value
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.trust import TOKEN_TYPE

REJECTED = "rejected_approval"

_LINKS = 4096  # verified links that are kept; most requests of a log share theirs
_INPUT_PARTS = 7


class Untold(Exception):
    """A receipt does not tell what its facts were, for the reason that is the message."""


class TooLong(Untold):
    """The chain was longer than the policy of then reads, and so is not kept."""


@attrs.frozen
class Basis:
    """What a policy contributes to the facts of a request.

    *static* are its standing facts, *trusted* maps (approver, role) to keys, *depth* is how long a
    chain is read, *adapters* read tokens. Approvals count that were given for the policy with the
    digest *policy*.
    """

    policy: str
    program: str
    inputs: tuple[Input, ...]
    static: Facts
    trusted: Mapping[tuple[str, str], Collection[PublicKey]]
    depth: int
    adapters: Mapping[str, Adapter]

    @classmethod
    def of(cls, bundle: Bundle) -> Basis:
        """Return what *bundle* contributes."""
        settings = bundle.settings
        trusted = {
            (name, role): approver.keys
            for name, approver in settings.approvers.items()
            for role in approver.roles
        }
        return cls(
            bundle.digest, bundle.program_digest, bundle.rule_set.inputs, bundle.static, trusted,
            settings.chain_depth, bundle.adapters,
        )  # fmt: skip

    @classmethod
    def read(cls, policy: str, contents: bytes) -> Basis:
        """Return what the bundle *policy*, whose contents are stored, contributed; InputError."""
        parts = policy_value(contents)
        trusted: dict[tuple[str, str], tuple[PublicKey, ...]] = {}
        for name, value in require_object(parts.get("approvers"), "approvers").items():
            approver = require_object(value, name, ("keys", "roles"))
            keys = tuple(map(_key, require_list(approver["keys"], "keys")))
            for role in require_list(approver["roles"], "roles"):
                trusted[name, require_text(role, "role")] = keys
        return cls(
            policy,
            require_text(parts["program"], "program"),
            tuple(map(_input, require_list(parts.get("inputs"), "inputs"))),
            decode_facts(parts.get("facts")),
            trusted,
            require_integer(parts.get("chainDepth"), "chainDepth"),
            make_adapters(map(read_anchor, require_list(parts.get("tokens", []), "tokens"))),
        )


class Rebuilder:
    """Makes facts again; keeps the links that it verified."""

    def __init__(self) -> None:
        self._link = lru_cache(_LINKS)(_read_link)

    def facts(
        self,
        statement: Statement,
        given: Mapping[str, tuple[Row, ...]],
        asked: Request,
        blobs: Mapping[str, bytes],
        basis: Basis,
    ) -> dict[str, list[Row]]:
        """Return the facts of the request *asked* of *statement*, without the standing ones.

        *given* are the facts that it states, *blobs* has the files that it names. Raises Untold;
        HelmError for one that is missing or not what it should be.
        """
        files = [name for _, name in statement.named_envelopes()]
        named = iter([blob_of(blobs, name, "the envelope") for name in files])
        links = [self._link(next(named)) for _ in statement.chain]  # type: ignore[attr-defined]
        approvals = [parse(next(named)) for _ in statement.approvals]  # type: ignore[attr-defined]
        revocations = RevocationSet(verify_revocation(parse(each)) for each in named)
        tokens = Tokens(basis.adapters, asked.asked(statement.now))
        chain = _chain(statement, given, links, basis.depth, tokens)
        # Whatever an approval was used for, it was not used up before this receipt.
        wanted = Circumstances(
            statement.request_digest, basis.policy, chain.digest, basis.trusted, statement.now,
            lambda _digest: False,
        )  # fmt: skip
        facts = {
            **request_facts(asked, basis.inputs, statement.now),
            **chain_facts(chain, revocations),
            **property_facts(chain, asked.value),
            **judge_approvals(approvals, wanted).facts(),
        }
        facts[REJECTED] += given.get(REJECTED, ())
        return facts


def _chain(
    statement: Statement,
    given: Mapping[str, tuple[Row, ...]],
    links: list[VerifiedLink | dict[str, JsonValue]],
    most: int,
    tokens: Tokens,
) -> Chain:
    """Return the chain that was presented, as far as at most *most* links read it."""
    refusals = {place: str(code)[2:] for place, code in given.get("rejected", ())}
    lengths = [row[0] for row in given.get("chain_length", ())]
    if lengths and isinstance(lengths[0], int):
        length = lengths[0] + sum(format_of(each) in IDENTITY_FORMATS for each in links)
    elif statement.authority is not None:  # no link was refused
        length = len(links)
    else:
        raise Untold("the receipt does not tell which links were refused, if there were any")
    if length > most:
        return Chain((RefusedLink(most, "depth_exceeded", "too many links"),), length)
    if not links and list(refusals.values()) == ["depth_exceeded"] and length > 1:
        raise TooLong(f"a chain of {length} links was too long to be read, and is not kept")
    if len(links) + len(refusals) != length:
        kept = f"{len(links)} kept and {len(refusals)} refused"
        raise InputError("attachments", f"a chain of {length} links is not {kept}")
    rest = iter(links)
    places: list[Place | dict[str, JsonValue]] = []
    for place in range(length):
        link = None if place in refusals else next(rest, None)
        places.append(link or RefusedLink(place, refusals.get(place, ""), ""))
    return verify_chain(places, LinkCache(), statement.now, most, tokens)


def _read_link(file: bytes) -> VerifiedLink | dict[str, JsonValue]:
    """Return the native link in *file*, verified, or the token as it was presented."""
    envelope = parse(file)
    if envelope.payload_type != TOKEN_TYPE:
        return verify_link(envelope)
    return read_item(envelope).to_value()


def _input(value: JsonValue) -> Input:
    """Return the input that stands in a bundle's contents as *value*; raise InputError."""
    name, kind, is_set, domain, path, default, optional = require_list(value, "input", _INPUT_PARTS)
    return Input(
        require_text(name, "input"),
        require_text(kind, "input type"),
        is_set is True,
        None if domain is None else tuple(require_list(domain, "domain")),  # type: ignore[arg-type]
        tuple(require_text(part, "path") for part in require_list(path, "path")),
        default,  # type: ignore[arg-type]
        optional is True,
    )


def _key(value: JsonValue) -> PublicKey:
    try:
        return PublicKey.parse(require_text(value, "key"))
    except ValueError as error:
        raise InputError("wrong_shape", f"approvers: {error}") from None
