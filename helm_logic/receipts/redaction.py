# SPDX-License-Identifier: Apache-2.0
"""Redactions: an engine's own word on what one of its receipts says, but for some input values.

    {"format": "helm-logic/redaction/v1", "leaf": BASE64, "receipt": DIGEST, "statement": {...},
     "withheld": [{"commitment": DIGEST, "facts": [PREDICATE, ...], "path": [TEXT, ...]}, ...]}

A receipt's signature covers its whole payload, values included, so nobody but the engine can say
what the payload says without showing it. The engine signs the statement again, with another payload
type, so that it is never taken for the receipt: each withheld value of the request is replaced by
`{"redacted": COMMITMENT}`, the facts that came from it are left out, and the certificate too if a
rule could have read one of them. The subject is the request as it is shown.

A commitment is the digest of `[salt, path, value]`. The salt comes from the engine's signature over
receipt and path, so the engine can always open it, and nobody else can guess a value from it. The
receipt id is a digest of all values without a salt: DECISIONS.md says what that means.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Self

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.certificate import facts_value
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest, parse_json
from helm_logic.kernel.terms import Row
from helm_logic.ledger.base64text import parse_base64, print_base64
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import ED25519, Signer
from helm_logic.ledger.leaf import Kind, Leaf, envelope_leaf, parse_leaf
from helm_logic.ledger.shape import require_list, require_object, require_text
from helm_logic.receipts.decode import decode_facts
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import MAX_PAYLOAD, Statement, request_digest

PAYLOAD_TYPE = "application/vnd.helm-logic.redaction+json"
FORMAT = "helm-logic/redaction/v1"

_SALT = b"helm-logic redaction salt v1\n"
_NAMED = ("property", "quantity")  # relations whose rows begin with the name of the value
_INPUT_PATH = 4  # in a policy: name, type, whether it is a set, domain, path, ...


@attrs.frozen
class Withheld:
    """One value left out: where it was, its commitment, and the predicates that lost rows."""

    path: tuple[str, ...]
    commitment: str
    facts: tuple[str, ...]


@attrs.frozen
class Redaction:
    """What a receipt says but for *withheld*; *leaf* is its record in the log."""

    receipt: str
    leaf: Leaf
    statement: Statement
    withheld: tuple[Withheld, ...]

    def signed(self, engine: Signer) -> Envelope:
        """Return the redaction, signed by *engine*."""
        value = {
            "format": FORMAT,
            "leaf": print_base64(self.leaf.to_bytes()),
            "receipt": self.receipt,
            "statement": json.loads(self.statement.to_bytes()),
            "withheld": [attrs.asdict(each) for each in self.withheld],
        }
        return sign(PAYLOAD_TYPE, canonical_json(value), engine)

    @classmethod
    def read(cls, envelope: Envelope) -> Self:
        """Return the redaction in *envelope*, whose signature is not looked at; raise HelmError."""
        if envelope.payload_type != PAYLOAD_TYPE:
            raise InputError("wrong_type", f"got the payload type `{envelope.payload_type}`")
        value = parse_json(envelope.payload, max_bytes=MAX_PAYLOAD)
        members = ("format", "leaf", "receipt", "statement", "withheld")
        parts = require_object(value, "redaction", members)
        if parts["format"] != FORMAT or canonical_json(value) != envelope.payload:
            raise InputError("wrong_type", f"want canonical json of the format `{FORMAT}`")
        try:
            leaf = parse_leaf(parse_base64(require_text(parts["leaf"], "leaf")))
        except ValueError as error:
            raise InputError("wrong_shape", f"leaf: {error}") from None
        receipt = require_text(parts["receipt"], "receipt")
        if (leaf.kind, leaf.pae_digest) != (Kind.RECEIPT, receipt):
            raise InputError("wrong_shape", "the leaf is not that of the receipt")
        statement = Statement.parse(canonical_json(parts["statement"]))
        withheld = tuple(map(_withheld, require_list(parts["withheld"], "withheld")))
        found = cls(receipt, leaf, statement, withheld)
        found.check_request()
        return found

    def check_request(self) -> None:
        """Return if the request shows every commitment at its path; raise InputError."""
        if request_digest(self.statement.request) != self.statement.request_digest:
            raise InputError("request", "the subject is not the request as it is shown")
        for each in self.withheld:
            if _at(self.statement.request, each.path) != {"redacted": each.commitment}:
                raise InputError("request", f"`{'.'.join(each.path)}` is not what is withheld")


def redact(
    receipt: Receipt, paths: Sequence[tuple[str, ...]], policy: bytes, engine: Signer
) -> Redaction:
    """Return what *receipt* says without the values of the request at *paths*.

    *policy* are the contents of its bundle, which say what facts each value gave. Raises InputError
    if a path names no value that can be left out, or a value would still be seen elsewhere, or if
    *engine* does not sign the same bytes the same way: its salts could not be told again.
    """
    if engine.scheme != ED25519:
        raise InputError("redaction", f"takes an {ED25519} key, and this one is {engine.scheme}")
    said = Statement.parse(receipt.envelope.payload)
    request = json.loads(canonical_json(said.request))
    leaf = parse_leaf(envelope_leaf(Kind.RECEIPT, receipt.envelope))
    rows = decode_facts(said.facts)  # type: ignore[arg-type]
    withheld, values = [], []
    for path in sorted(set(paths)):
        commitment = _commitment(receipt.id, path, request, engine)
        values.append((path, _taken(request, path, commitment)))
        withheld.append(Withheld(path, commitment, _take_facts(rows, path, policy)))
    hidden = {name for each in withheld for name in each.facts}
    shown = attrs.evolve(
        said,
        request=request,
        request_digest=request_digest(request),
        facts=facts_value(rows),
        certificate=None if hidden & _read_by_rules(receipt.program) else said.certificate,
    )
    for path, value in values:
        _require_hidden(path, value, shown, receipt)
    return Redaction(receipt.id, leaf, shown, tuple(withheld))


def depends(redaction: Redaction, program: object) -> bool:
    """Say whether a rule of *program*, in JSON, reads facts that *redaction* leaves out."""
    return not _read_by_rules(program).isdisjoint(n for w in redaction.withheld for n in w.facts)


def salt(receipt: str, path: Sequence[str], engine: Signer) -> str:
    """Return the salt of the value at *path* in *receipt*: with it, the commitment is opened."""
    message = _SALT + receipt.encode("ascii") + b"\n" + canonical_json(list(path))
    return hashlib.sha256(engine.sign(message)).hexdigest()


def _commitment(receipt: str, path: tuple[str, ...], request: object, engine: Signer) -> str:
    opened = [salt(receipt, path, engine), list(path), _at(request, path)]
    return digest(canonical_json(opened))


def _taken(request: Any, path: tuple[str, ...], commitment: str) -> JsonValue:
    """Put *commitment* in the place of the value at *path*, and return that."""
    named = ".".join(path)
    in_context = path[0] == "context" and len(path) > 1
    if not in_context and path[1:2] != ("properties",):
        raise InputError("redaction", f"got `{named}`, want context.NAME or ENTITY.properties.NAME")
    parent = _at(request, path[:-1])
    value: JsonValue = parent[path[-1]]
    parent[path[-1]] = {"redacted": commitment}
    return value


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            raise InputError("redaction", f"the request has no `{'.'.join(path)}`")
        value = value[name]
    return value


def _take_facts(
    rows: dict[str, tuple[Row, ...]], path: tuple[str, ...], policy: bytes
) -> tuple[str, ...]:
    """Take from *rows* what came from the value at *path*; return the predicates that lost rows."""
    lost = []
    entity, *rest = path
    # A link names `resource.env` what the request has as `resource.properties.env`.
    name = "s:" + ".".join([entity, *(rest[1:] if rest[:1] == ["properties"] else rest)])
    for predicate in sorted(_facts_of(path, policy) & rows.keys()):
        kept = tuple(row for row in rows[predicate] if predicate in _NAMED and row[0] != name)
        if kept != rows[predicate]:
            rows[predicate] = kept
            lost.append(predicate)
    return tuple(lost)


def _facts_of(path: tuple[str, ...], policy: bytes) -> set[str]:
    """Return the predicates whose facts may come from the value at *path*, or a part of it."""
    parts = require_object(parse_json(policy, max_bytes=MAX_PAYLOAD), "policy")
    found = {*_NAMED}
    for declared in require_list(parts.get("inputs"), "inputs"):
        each = require_list(declared, "input")
        read = tuple(require_text(name, "path") for name in require_list(each[_INPUT_PATH], "path"))
        if read[: len(path)] == path or path[: len(read)] == read:
            found.add(require_text(each[0], "input"))
    return found


def _read_by_rules(program: object) -> set[str]:
    parts = require_object(program, "program") if program is not None else {"rules": []}
    names = set()
    for rule in require_list(parts["rules"], "rules"):
        for literal in require_list(require_list(rule, "rule", 3)[2], "body"):
            kind, *rest = require_list(literal, "literal")
            if kind in ("is", "not"):
                names.add(require_text(rest[0], "predicate"))
            elif kind == "count":
                names.add(require_text(rest[1], "predicate"))
    return names


def _require_hidden(
    path: tuple[str, ...], value: object, shown: Statement, receipt: Receipt
) -> None:
    """Return if no text of *value* is to be seen in what is shown; raise InputError."""
    seen = [shown.to_bytes(), *(each.payload for each in receipt.envelopes)]
    for text in _texts(value):
        if text and any(canonical_json(text)[1:-1] in data for data in seen):
            raise InputError(
                "redaction", f"`{'.'.join(path)}` is also to be seen elsewhere in the receipt"
            )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _withheld(value: JsonValue) -> Withheld:
    parts = require_object(value, "withheld", ("commitment", "facts", "path"))
    texts = [
        tuple(require_text(each, name) for each in require_list(parts[name], name))
        for name in ("path", "facts")
    ]
    return Withheld(texts[0], require_text(parts["commitment"], "commitment"), texts[1])
