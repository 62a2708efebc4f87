# SPDX-License-Identifier: Apache-2.0
"""The adapter of Biscuit tokens: `{"format": "biscuit", "token": TEXT}`, first in its chain.

A token becomes one link, from its issuer to whom it is for, which may not delegate. It grants
exactly the action and resource of the request, for exactly this moment, if the policy's authorizer
allows them; else it grants nothing, and the rules find that the chain does not cover the request.
What was found is told as claims of the link:

    claim(L, "biscuit:policy", "allow 0")           which policy of the authorizer matched first
    claim(L, "biscuit:failed", "block 1 check 0")   a check that did not pass ("authorizer check 0")
    claim(L, "biscuit:error", "Overflow")           an error, which ends an authorization
    claim(L, "role", "admin")                       the issuer's own facts of one string

Options of an anchor:

    resource     the pattern of the resources that its tokens may grant on
    authorizer   Datalog: the facts, checks and policies of the verifying side
    subject      the predicate by which block 0 says whom the token is for: `subject("agent:ops")`
    bearer       true: it is for whoever presents it, and says nothing of that
    revoked      a file with a list of revocation ids, in hex

The authorizer is also given `subject(S)`, `operation(ACTION)`, `resource(R)`, `time(NOW)`, and
`argument(NAME, VALUE)` for each property of the action. No host functions: `.extern` is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.authority.adapters.biscuit.authorizer import Outcome, authorize
from helm_logic.authority.adapters.biscuit.parser import parse_authorizer
from helm_logic.authority.adapters.biscuit.syntax import AUTHORIZER, Block, Predicate
from helm_logic.authority.adapters.biscuit.token import (
    Token,
    is_installed,
    key_name,
    verify_token,
)
from helm_logic.authority.adapters.biscuit.values import (
    NULL,
    Value,
    boolean,
    date,
    integer,
    make_map,
    string,
)
from helm_logic.authority.adapters.protocol import (
    UNREAD,
    Anchor,
    Asked,
    Claims,
    Item,
    Presented,
    RefusedLink,
    Rows,
    Run,
    TokenKey,
    TokenLink,
    own_keys,
    token_envelope,
)
from helm_logic.authority.constraint import require_pattern
from helm_logic.authority.principal import is_principal
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue, digest
from helm_logic.kernel.pattern import is_pattern, matches
from helm_logic.kernel.terms import Row
from helm_logic.ledger.shape import require_list, require_object, require_text

FORMAT = "biscuit"
MAX_CLAIMS = 64
MAX_CLAIM = 256
_OPTIONS = ("subject", "bearer", "revoked")


@attrs.frozen
class Trusted:
    """An issuer of tokens, with its options read."""

    issuer: str
    keys: tuple[TokenKey, ...]
    resource: str
    authorizer: Block
    subject: str | None
    revoked: frozenset[str]

    @classmethod
    def of(cls, anchor: Anchor) -> Trusted:
        """Return what *anchor* is; raise InputError for an option that is missing or wrong."""
        where = f"tokens {anchor.issuer}"
        options = require_object(dict(anchor.options), where, ("resource", "authorizer"), _OPTIONS)
        for key in anchor.keys:
            key_name(key)
        subject, bearer = options.get("subject"), options.get("bearer", False)
        if not isinstance(bearer, bool) or (subject is None) != bearer:
            raise InputError("wrong_shape", f"{where}: want either `subject` or `bearer = true`")
        return cls(
            anchor.issuer,
            own_keys(anchor),
            require_pattern(options["resource"], f"{where} resource"),
            parse_authorizer(require_text(options["authorizer"], f"{where} authorizer")),
            None if subject is None else require_text(subject, f"{where} subject"),
            frozenset(
                require_text(each, f"{where} revoked")
                for each in require_list(options.get("revoked", []), f"{where} revoked")
            ),
        )


class BiscuitAdapter:
    """Reads Biscuit tokens of the issuers that it was made with."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        """Trust *anchors*; raise InputError for options of another shape, or without the extra."""
        if not is_installed():
            wanted = "pip install 'helm-logic[biscuit]'"
            raise InputError("missing_extra", f"tokens: Biscuit needs biscuit-python: {wanted}")
        self._trusted = tuple(map(Trusted.of, anchors))

    def read(self, run: Run) -> Presented:
        """Return what *run* is: a link for a token that begins its chain, or refusals."""
        try:
            link = self._link(Item.read(run.items[0]), run)
        except InputError as error:
            return _refused(run, "malformed_link", str(error))
        except LinkRefused as error:
            return _refused(run, error.reason, str(error))
        return Presented((link,))

    def _link(self, item: Item, run: Run) -> TokenLink:
        if run.first or len(run.items) > 1:
            raise LinkRefused("broken_chain", "a biscuit is the first link of its chain, and one")
        if item.proof is not None:
            raise LinkRefused("malformed_link", "a biscuit has no proof of possession")
        trusted, token = self._verified(item.token)
        if any(each.hex() in trusted.revoked for each in token.revocation_ids):
            raise LinkRefused("link_revoked", "a block of the token is revoked by its issuer")
        outcome = authorize(token.blocks, _authorizer(trusted.authorizer, run.asked))
        return _token_link(trusted, token, outcome, run.asked)

    def _verified(self, text: str) -> tuple[Trusted, Token]:
        """Return the token *text* and the first issuer that it is from."""
        by_key = {key.keyid: each for each in reversed(self._trusted) for key in each.keys}
        keys = [key for trusted in self._trusted for key in trusted.keys]
        token = verify_token(text, keys)
        return by_key[token.key.keyid], token


def _authorizer(block: Block, asked: Asked) -> Block:
    """Return the authorizer *block* with the facts of what is *asked*; raise InputError."""
    facts = [
        Predicate("subject", (string(asked.subject),)),
        Predicate("operation", (string(asked.action),)),
        Predicate("resource", (string(asked.resource),)),
        Predicate("time", (date(asked.now),)),
        *(
            Predicate("argument", (string(name), _value(value)))
            for name, value in sorted(asked.arguments.items())
        ),
    ]
    return attrs.evolve(block, facts=(*block.facts, *facts))


def _value(value: JsonValue) -> Value:
    match value:
        case bool():
            return boolean(value)
        case int():
            return integer(value)
        case str():
            return string(value)
        case list():
            return Value("array", tuple(map(_value, value)))
        case dict():
            return make_map((string(name), _value(each)) for name, each in value.items())
    return NULL


def _token_link(trusted: Trusted, token: Token, outcome: Outcome, asked: Asked) -> TokenLink:
    name = f"biscuit:{digest(token.revocation_ids[-1]).removeprefix('sha256:')[:32]}"
    stated = Claims(
        id=name,
        issuer=trusted.issuer,
        delegate=asked.subject if trusted.subject is None else _subject(trusted.subject, outcome),
        not_before=asked.now,
        expires=asked.now + 1,
        may_delegate=0,
        parent=None,
        grants=tuple(_grants(trusted, outcome, asked)),
    )
    envelope = token_envelope(FORMAT, token.text, token.key.keyid, token.revocation_ids[-1])
    file = envelope.to_bytes()
    rows = _rows(stated, token, outcome)
    return TokenLink(stated, envelope, envelope.digest, rows, (), file, digest(file))


def _subject(predicate: str, outcome: Outcome) -> str:
    """Return whom the token is for, as block 0 alone says; raise LinkRefused."""
    named = [text for name, text in _authority_texts(outcome) if name == predicate]
    if len(named) != 1 or not is_principal(named[0]):
        message = f"block 0 states {len(named)} facts `{predicate}`, want one with a principal"
        raise LinkRefused("malformed_link", message)
    return named[0]


def _authority_texts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the facts of one string that block 0 alone vouches for."""
    facts = () if outcome.world is None else outcome.world.facts
    for origin, fact in sorted(facts, key=lambda each: each[1].text):
        if origin == {0} and len(fact.terms) == 1:
            [term] = fact.terms
            if isinstance(term, Value) and term.kind == "string":
                yield fact.name, term.content


def _grants(trusted: Trusted, outcome: Outcome, asked: Asked) -> Iterator[JsonValue]:
    covered = is_pattern(asked.resource) and matches(f"s:{trusted.resource}", f"s:{asked.resource}")
    if outcome.is_allowed and covered and is_pattern(asked.action):
        yield {"actions": [asked.action], "constraints": {}, "resource": asked.resource}


def _rows(stated: Claims, token: Token, outcome: Outcome) -> Rows:
    name = f"s:{stated.id}"
    granted: list[Row] = [
        (name, number, f"s:{grant['actions'][0]}", f"s:{grant['resource']}")  # type: ignore[index, call-overload]
        for number, grant in enumerate(stated.grants)
    ]
    return (
        ("link", ((name, f"s:{stated.issuer}", f"s:{stated.delegate}"),)),
        ("signed_by", ((name, f"s:{token.key.keyid}"),)),
        ("valid", ((name, stated.not_before, stated.expires),)),
        ("depth_left", ((name, stated.may_delegate),)),
        ("grant", tuple(granted)),
        ("claim", tuple((name, f"s:{key}", f"s:{text}") for key, text in _claims(outcome))),
    )


def _claims(outcome: Outcome) -> list[tuple[str, str]]:
    """Return what is told of a token; of the issuer's facts the first, and none too long."""
    found = []
    if outcome.policy is not None:
        kind, number = outcome.policy
        found.append(("biscuit:policy", f"{kind} {number}"))
    if outcome.error is not None:
        found.append(("biscuit:error", outcome.error))
    for each in outcome.failed:
        place = "authorizer" if each.block == AUTHORIZER else f"block {each.block}"
        found.append(("biscuit:failed", f"{place} check {each.check}"))
    texts = dict.fromkeys(
        (name, text)
        for name, text in _authority_texts(outcome)
        if not name.startswith("biscuit:") and len(text) <= MAX_CLAIM and len(name) <= MAX_CLAIM
    )
    return found[:MAX_CLAIMS] + list(texts)[:MAX_CLAIMS]


def _refused(run: Run, reason: str, message: str) -> Presented:
    """Return the refusal of the first item of *run*; those after it are not read."""
    after = range(run.first + 1, run.first + len(run.items))
    unread = (RefusedLink(each, UNREAD, "a token before it was refused") for each in after)
    return Presented((RefusedLink(run.first, reason, message), *unread))
