# SPDX-License-Identifier: Apache-2.0
"""A second verifier of receipts and packs, written from FORMAT.md and from nothing else.

It imports the standard library and PyNaCl, and no line of helm_logic: what both accept, and both
refuse, is what the page says. It stops at the first thing that does not hold, finds every instance
of every rule by plain search, and takes no thought about speed. It stays within 400 lines.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import Any, NamedTuple

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

WRONG = (ValueError, LookupError, TypeError, AttributeError, RecursionError, CryptoError)
MEMBERS = """approvals authority certificate chain checks engine error facts now parents policy
    program reasons request revocations verdict"""
STATEMENT, DECISION = "https://in-toto.io/Statement/v1", "urn:helm-logic:predicate:decision:v1"
CARRIES = {"ALLOW": ("allow",), "DENY": ("deny",), "ESCALATE": ("escalate", "relevant")}
KEYS = {"link": "issuer_key", "approval": "key", "revocation": "key"}
NUMBER, ENCODED = "(0|[1-9][0-9]{0,19})", "[A-Za-z0-9+/=]+"
PROOF = re.compile(
    rf"c2sp.org/tlog-proof@v1\nindex {NUMBER}\n((?:{ENCODED}\n){{0,64}})\n"
    rf"(([^\n]+)\n{NUMBER}\n({ENCODED})\n)\n((?:\u2014 [^ \n]+ {ENCODED}\n)+)"
)
TITLE = "What happened, as the signed receipts in this pack tell it."
LAST = (
    "The receipts count, not this page. `helm-logic verify FILE` checks them with your own trust.\n"
)
ASKED = "<subject.type> <subject.id> asked for <action.name> on <resource.type> <resource.id>."
STORY = {
    "reasons": "  Reason <code>: <text>.",
    "chain": "  By the link <id>, <issuer> lets <delegate> act.",
    "approvals": "  <approver> approved it as <role>, answering the receipt <receipt>.",
    "revocations": "  The link <link> was revoked.",
}
TAGS = {"string": "s:", "principal": "s:", "pattern": "s:", "symbol": "y:", "bool": "b:"}
TAGS |= {"int": "", "time": ""}
TERM = re.compile(r"(?s)([syv]:|b:(?=true\Z|false\Z)).*")
COMPARE = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
COMPUTE = {"+": add, "-": sub, "*": mul}
TESTS = {*COMPARE, "matches", "subsumes"}
UNBOUND = "read before it is bound, or bound before"


class Trust(NamedTuple):
    """Raw public keys of engines, the log's origin, and its raw public key."""

    engines: tuple[bytes, ...]
    origin: str
    log: bytes


class Refused(Exception):
    """What was to be verified does not hold."""


def need(holds: object, what: str) -> None:
    """Raise Refused, saying *what* is wrong, unless it *holds*."""
    if not holds:
        raise Refused(what)


def verify(data: bytes, trust: Trust) -> str:
    """Return the verdict that the receipt or pack *data* proves; raise Refused."""
    try:
        if data[:1] == b"{":
            return Receipt(data, trust).verdict
        members = _members(data)
        return (_redacted if "redaction.json" in members else _pack)(members, trust)
    except WRONG as bad:
        raise Refused(repr(bad)) from bad


def canonical(value: Any) -> bytes:
    """Return *value*, whose keys are in order, as canonical JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> Any:
    """Return the value whose canonical JSON is *data*."""
    hooks: Any = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _integer)
    value = json.loads(data.decode(), object_pairs_hook=_object, **hooks)
    need(canonical(value) == data and _depth(value) <= 64, "not canonical json")
    return value


def _integer(text: Any) -> int:
    need(abs(int(text)) < 2**53, "an integer out of range")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key.encode("utf-16-be") for key, _ in pairs]
    need(keys == sorted(set(keys)), "keys out of order")
    return dict(pairs)


def _depth(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, parts), default=0) if isinstance(value, dict | list) else 0


def _exactly(value: Any, names: str) -> list[Any]:
    need(isinstance(value, dict) and value.keys() == set(names.split()), f"want {names}")
    return [value[name] for name in names.split()]


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _base64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "not canonical base64")
    return data


class Envelope:
    """A DSSE envelope: its payload, PAE, digests and signatures."""

    def __init__(self, value: Any) -> None:
        payload, self.type, signatures = _exactly(value, "payload payloadType signatures")
        self.payload = _base64(payload)
        need(re.fullmatch(r"[!#-\[\]-~]{1,255}", self.type), "payload type")
        head = f"DSSEv1 {len(self.type)} {self.type} {len(self.payload)} "
        self.pae = head.encode() + self.payload
        self.digest, self.file = _digest(self.pae), _digest(canonical(value))
        pairs = [_exactly(each, "keyid sig") for each in signatures]
        self.signatures = {keyid: _base64(signature) for keyid, signature in pairs}
        need(1 <= len(self.signatures) == len(pairs) <= 16, "want 1 to 16 signatures")
        for keyid, signature in self.signatures.items():
            need(re.fullmatch("[0-9a-f]{64}", keyid) and 0 < len(signature) <= 4096, "signature")

    def signed_by(self, *keys: bytes) -> None:
        """Return if one of *keys* signed; raise for a bad signature of any of them."""
        spki = bytes.fromhex("302a300506032b6570032100")
        known = {hashlib.sha256(spki + raw).hexdigest(): raw for raw in keys}
        need(known.keys() & self.signatures.keys(), "nobody accepted signed")
        for keyid in known.keys() & self.signatures.keys():
            VerifyKey(known[keyid]).verify(self.pae, self.signatures[keyid])

    def signed_by_its_own(self) -> Any:
        """Return what it says if the key that it names has signed it."""
        kind = self.type.removeprefix("application/vnd.helm-logic.").removesuffix("+json")
        said = load(self.payload)
        scheme, _, raw = said[KEYS[kind]].partition(":")
        need(scheme == "ed25519", "no ed25519 key")
        self.signed_by(_base64(raw))
        return said

    def leaf(self, kind: int) -> bytes:
        """Return its record in the log."""
        ((keyid, signature),) = self.signatures.items()
        head = b"HLL1" + bytes([kind, 0]) + len(signature).to_bytes(2, "big")
        return head + bytes.fromhex(self.digest[7:] + keyid) + signature


def _logged(proof: bytes, leaf: bytes, trust: Trust) -> tuple[int, bytes]:
    """Return the index of *leaf* and the tree head, once the *proof* shows that the log has it."""
    parts: Any = PROOF.fullmatch(proof.decode())
    place, path, head, origin, size, root, signatures = parts.groups()
    hashed = hashlib.sha256(trust.origin.encode() + b"\n\x01" + trust.log).digest()[:4]
    lines = [line.split(" ") for line in signatures.splitlines()]
    signed = [(name, _base64(encoded)) for _, name, encoded in lines]
    (own,) = [data[4:] for name, data in signed if (name, data[:4]) == (trust.origin, hashed)]
    VerifyKey(trust.log).verify(head.encode(), own)
    index, count = int(place), int(size)
    need(origin == trust.origin and index < count < 2**64, "the tree head of another log")
    hashes = [_base64(each) for each in path.split()]
    need(all(len(each) == 32 for each in hashes), "no path")
    found = _root(hashlib.sha256(b"\0" + leaf).digest(), index, count, hashes)
    need(found == _base64(root), "the path leads elsewhere")
    return index, proof.partition(b"\n\n")[2]


def _root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    if size == 1:
        need(not path, "the path is too long")
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        pair = _root(leaf, index, half, path[:-1]) + path[-1]
    else:
        pair = path[-1] + _root(leaf, index - half, size - half, path[:-1])
    return hashlib.sha256(b"\1" + pair).digest()


class Decision:
    """What a statement says, once its request, program, model and verdict are right."""

    id: str
    index: int

    def __init__(self, value: Any, program: Any) -> None:
        said, name = value["predicate"], value["subject"][0]["digest"]["sha256"]
        subject = {"digest": {"sha256": name}, "name": "request"}
        made = {"_type": STATEMENT, "predicate": said, "predicateType": DECISION}
        need(value == made | {"subject": [subject]}, "no statement about a decision")
        _exactly(said, MEMBERS)
        need(type(said["now"]) is int, "no moment")
        self.subject = f"sha256:{name}"
        self.said, self.verdict = said, str(said["verdict"])
        need(self.verdict in CARRIES, "no verdict")
        known = said["request"] is not None
        need(known or said["error"] is not None, "no request and no error")
        need(not known or _digest(canonical(said["request"])) == self.subject, "another request")
        reasons = [_exactly(e, "code about approvers finality rules text") for e in said["reasons"]]
        self.reads = set[str]()
        if said["certificate"] is None:
            need(program is None and self.verdict == "DENY", "a program without a use")
            need(said["error"] is not None, "neither a certificate nor an error")
        else:
            need(_digest(canonical(program)) == said["program"], "another program")
            self._derivation(program, [code for code, *_ in reasons])

    def _derivation(self, program: Any, told: list[str]) -> None:
        model, steps = _exactly(self.said["certificate"], "model steps")
        check = Check(program, self.said["facts"], model)
        self.reads = check.reads
        proved = check.claim(steps)
        need(proved == ("verdict", ("y:" + self.verdict.lower(),)), "another verdict")
        carry = [(name, row) for name in CARRIES[self.verdict] for row, _ in model.get(name, ())]
        codes = ["missing_fact" if name == "relevant" else row[0][2:] for name, row in carry]
        codes = codes or ["no_rule_allows"]
        need(len(told) == len(codes), "not every reason is told")
        need([*dict.fromkeys(told)] == [*dict.fromkeys(codes)], "other reasons")

    def story(self) -> Iterator[str]:
        """Yield what happened, line by line."""
        now, asked = self.said["now"], self.said["request"]
        known = 0 <= now < 253402300800
        moment = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}" if known else str(now)
        unread = "somebody asked what could not be read."
        yield f"{moment}: {unread if asked is None else _filled(ASKED, asked)}"
        yield f"  The verdict was {self.verdict}."
        for kind, line in STORY.items():
            for each in self.said[kind]:
                yield _filled(line if each.get("text") else line.replace(": <text>", ""), each)
        yield f"  This is entry {self.index} of the log, with the receipt {self.id}."


class Receipt(Decision):
    """A receipt that was verified in the nine steps."""

    def __init__(self, data: bytes, trust: Trust) -> None:
        names = "envelope envelopes format program proof"
        whole, attached, form, program, proof = _exactly(load(data), names)
        envelope, self.attached = Envelope(whole), [Envelope(each) for each in attached]
        same = (form, envelope.type) == ("helm-logic/receipt/v1", "application/vnd.in-toto+json")
        need(same, "another format or payload type")
        envelope.signed_by(*trust.engines)
        super().__init__(load(envelope.payload), program)
        said, self.id = self.said, envelope.digest
        named = [*said["chain"], *said["approvals"], *said["revocations"]]
        found = [(each.digest, each.file) for each in self.attached]
        need([(each["digest"], each["file"]) for each in named] == found, "attachments")
        self.answers = {each["receipt"] for each in said["approvals"]}
        every = self.answers | {each["digest"] for each in said["approvals"]}
        need(said["parents"] in (sorted(self.answers), sorted(every)), "parents")
        self.logged = every - self.answers if said["parents"] == sorted(every) else set()
        self.index, self.head = _logged(proof.encode(), envelope.leaf(1), trust)


class Check:
    """The perfect model of a program: every instance of every rule, found by plain search."""

    def __init__(self, program: Any, facts: Any, model: Any) -> None:
        predicates, rules, strata = _exactly(program, "predicates rules strata")
        kinds = {name: [TAGS[column] for column in columns] for name, columns, _ in predicates}
        derived = {name for name, _, given in predicates if given is False}
        self.given = {name for name, _, given in predicates if given is True}
        need(len(self.given | derived) == len(predicates), "a predicate is declared twice")
        need(len({str(name) for name, _, _ in rules}) == len(rules), "a rule id stands twice")
        need(sorted(name for names in strata for name in names) == sorted(derived), "strata")
        need(facts.keys() <= self.given and model.keys() <= derived, "facts of another kind")
        self.arity = {name: len(tags) for name, tags in kinds.items()}
        self.stratum = dict.fromkeys(self.given, -1)
        self.stratum |= {name: n for n, names in enumerate(strata) for name in names}
        self.rows: dict[str, dict[Any, int]] = {name: {} for name in kinds}
        self.rows |= {name: self._table(name, pairs) for name, pairs in model.items()}
        self.instances: dict[Any, Any] = {}
        for name, rows in facts.items():
            self.rows[name] = self._table(name, [(row, 0) for row in rows])
            self.instances |= {(name, row): ((name, row), []) for row in self.rows[name]}
            need(all([*map(_tag, row)] == kinds[name] for row in rows), "a fact of another type")
        supported = {fact for fact, _ in self.instances.values()}
        self.reads = set[str]()
        for number, (_, head, body) in enumerate(rules):
            supported |= set(self._supported(number, head, body))
        every = {(name, row) for name, rows in self.rows.items() for row in rows}
        need(every == supported, "closure or support")

    def _table(self, name: str, pairs: Any) -> dict[Any, int]:
        table = {_row(row): height for row, height in pairs}
        inorder = sorted(table, key=lambda row: [(type(term) is str, term) for term in row])
        need(len(table) == len(pairs) > 0 and inorder == [*table], "not in order, or not once")
        need(all(len(row) == self.arity[name] for row in table), "columns")
        need(all(type(height) is int for height in table.values()), "a height is an integer")
        return table

    def _supported(self, number: int, head: Any, body: Any) -> Iterator[Any]:
        """Look at each instance of a rule; yield the facts that it supports."""
        own, bound, found = self.stratum[head[0]], set[str](), [dict[str, Any]()]
        for literal in body:
            holds = self._literal(literal, bound, own)
            found = [more for values in found for more in holds(values)]
        need(own >= 0 and self._atom(head[0], head[1], own) <= bound, UNBOUND)
        for values in found:
            fact = head[0], _ground(head[1], values)
            wanted = [(each[1], _ground(each[2], values)) for each in body if each[0] == "is"]
            self.instances[number, tuple(values.values())] = fact, wanted
            height = self.rows[fact[0]][fact[1]]
            below = [self.rows[name][row] for name, row in wanted if self.stratum[name] == own]
            if all(each < height for each in below):
                yield fact

    def _literal(self, literal: Any, bound: set[str], own: int) -> Any:
        """Refuse what is not safe or stratified; return the function that says where it holds."""
        match literal:
            case ["is", name, terms]:
                bound |= self._atom(name, terms, own, once=True)
                return lambda values: self._matching(name, terms, values)
            case ["not", name, terms]:
                need(self._atom(name, terms, own - 1) <= bound, UNBOUND)
                return lambda values: [values] * (_ground(terms, values) not in self.rows[name])
            case ["test", relation, *terms] if relation in TESTS and len(terms) == 2:
                need(_variables(terms) <= bound, UNBOUND)
                return lambda values: [values] * _test(relation, *_ground(terms, values))
            case ["let", target, sign, *terms] if sign in COMPUTE and len(terms) == 2:
                need(_variables(terms) <= bound and _variables([target]) - bound, UNBOUND)
                bound.add(target)
                return lambda values: [values | {target: _let(sign, *_ground(terms, values))}]
            case ["count", counted, name, terms, relation, limit] if relation in COMPARE:
                free = self._atom(name, terms, own - 1, once=True) - bound
                need(free.issuperset(counted) and _variables([limit]) <= bound, UNBOUND)
                return lambda values: [values] * self._counted(literal, values)
        raise Refused("no literal")

    def _atom(self, name: str, terms: Any, highest: int, *, once: bool = False) -> set[str]:
        """Return the variables of an atom that may stand there."""
        self.reads.add(name)
        variables = [term for term in terms if _tag(term) == "v:"]
        need(self.arity[name] == len(terms) and self.stratum[name] <= highest, "not stratified")
        need(len(variables) == len(set(variables)) or not once, "a variable stands twice")
        return set(variables)

    def _matching(self, name: str, terms: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for row in self.rows[name]:
            bound = dict(zip(terms, row, strict=True))
            found = values | {term: bound[term] for term in bound if _tag(term) == "v:"} | values
            if _ground(terms, found) == row:
                yield found

    def _counted(self, literal: Any, values: dict[str, Any]) -> bool:
        _, counted, name, terms, relation, limit = literal
        rows = {_ground(counted, each) for each in self._matching(name, terms, values)}
        return bool(COMPARE[relation](len(rows), *_ground([limit], values)))

    def claim(self, steps: list[Any]) -> Any:
        """Return what the last of *steps* concludes, once each of them follows."""
        shown: list[Any] = []
        for first, constants, *premises in steps:
            need(len(premises) == (type(first) is int), "no step")
            fact, wanted = self.instances[(*_row([first]), _row(constants))]
            numbers = _row(*premises) if premises else ()
            need(all(0 <= each < len(shown) for each in numbers), "a later premise")
            need([shown[each] for each in numbers] == wanted, "other premises")
            shown.append(fact)
        return shown[-1]


def _tag(term: Any) -> str:
    """Return the tag of a term, which integers have none of."""
    found: Any = "" if type(term) is int else TERM.fullmatch(term)
    return str(found and found[1])


def _row(terms: Any) -> tuple[Any, ...]:
    need("v:" not in map(_tag, terms), "no constants")
    return tuple(terms)


def _variables(terms: Any) -> set[str]:
    return {term for term in terms if _tag(term) == "v:"}


def _ground(terms: Any, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(term, term) for term in terms)


def _let(sign: str, left: Any, right: Any) -> int:
    need(type(left) is type(right) is int, "no integers")
    return _integer(COMPUTE[sign](left, right))


def _test(relation: str, left: Any, right: Any) -> bool:
    if relation in COMPARE:
        return bool(COMPARE[relation](left, right))
    need(left[:2] == right[:2] == "s:", "no patterns")
    wide, narrow = left[2:].split("/"), right[2:].split("/")
    rest = wide[-1] == "**"
    if relation == "subsumes" and rest and narrow[-1] == "**":
        narrow = narrow[:-1] or ["*"]
    stray = "**" in wide[:-1] or (relation == "subsumes" and "**" in narrow)
    if rest:
        wide, narrow = wide[:-1], narrow[: len(wide) - 1]
    fits = [one in ("*", two) for one, two in zip(wide, narrow, strict=False)]
    return all(fits) and len(wide) == len(narrow) and not stray


def _members(data: bytes) -> dict[str, bytes]:
    members, place = dict[str, bytes](), 0
    while data[place : place + 1024] != bytes(1024):
        name = data[place : place + 100].rstrip(b"\0").decode("ascii")
        size = int(data[place + 124 : place + 135], 8)
        fields = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"0" * 11 + b"\0"
        rest = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
        head = name.encode().ljust(100, b"\0") + fields
        head += b"%06o\0 " % (sum(head) + sum(rest) + 8 * 32) + rest
        content, end = data[place + 512 : place + 512 + size], place + 512 + size
        need(data[place : place + 512] == head and len(content) == size <= 32 << 20, "a member")
        need(re.fullmatch("[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", name), "a name")
        need(name > max(members, default=""), "not in order")
        members[name], place = content, end + -size % 512
        need(not any(data[end:place]), "what follows a member")
    need(place + 1024 == len(data) <= 64 << 20 and len(members) <= 256, "another end")
    return members


def _pack(members: dict[str, bytes], trust: Trust) -> str:
    receipts = [Receipt(members["receipt.json"], trust)]
    names = {"manifest.json", "receipt.json", "story.txt"}
    for each in receipts:
        for answered in each.answers - {one.id for one in receipts}:
            names.add(f"parents/{answered[7:]}.json")
            receipts.append(Receipt(members[f"parents/{answered[7:]}.json"], trust))
            need(receipts[-1].id == answered, "a parent by another name")
    by_id = {each.id: each for each in receipts}
    places, heads = {each.id: each.index for each in receipts}, {each.head for each in receipts}
    for each in receipts:
        for one in each.attached:
            _answers(one, each, by_id)
            if one.digest in each.logged:
                name = f"approvals/{one.digest[7:]}.tlog-proof"
                places[one.digest], head = _logged(members[name], one.leaf(2), trust)
                names, heads = names | {name}, heads | {head}
    need(len(heads) == 1, "several tree heads")
    for each in receipts:
        edges = [(parent, each.id) for parent in each.said["parents"]]
        edges += [(one["receipt"], one["digest"]) for one in each.said["approvals"]]
        need(all(places[a] < places[b] for a, b in edges if b in places), "not in order")
    _sealed(members, "pack", names, receipts)
    return receipts[0].verdict


def _answers(envelope: Envelope, receipt: Receipt, receipts: dict[str, Receipt]) -> None:
    """Return if *envelope* is signed by its own key, and an approval of what *receipt* decides."""
    said = envelope.signed_by_its_own()
    if envelope.type == "application/vnd.helm-logic.approval+json":
        answered = receipts[said["receipt"]]
        need(answered.verdict == "ESCALATE", "an approval answers no ESCALATE")
        fits = {(one.subject, one.said["policy"]) for one in (receipt, answered)}
        need(fits == {(said["request"], said["policy"])}, "an approval of something else")


def _redacted(members: dict[str, bytes], trust: Trust) -> str:
    envelope = Envelope(load(members["redaction.json"]))
    need(envelope.type == "application/vnd.helm-logic.redaction+json", "no redaction")
    envelope.signed_by(*trust.engines)
    names = "format leaf receipt statement withheld"
    form, text, receipt, statement, withheld = _exactly(load(envelope.payload), names)
    leaf, (keyid,) = _base64(text), envelope.signatures
    need(form == "helm-logic/redaction/v1" and leaf[8:72].hex() == receipt[7:] + keyid, "a leaf")
    need(leaf[:8] == b"HLL1\1\0" + (len(leaf) - 72).to_bytes(2, "big"), "no leaf of a receipt")
    program = load(members["program.json"]) if "program.json" in members else None
    decision = Decision(statement, program)
    decision.id, (decision.index, _) = receipt, _logged(members["receipt.tlog-proof"], leaf, trust)
    parts = {"manifest.json", "redaction.json", "receipt.tlog-proof", "story.txt"}
    parts |= members.keys() & {"program.json"}
    for each in (*decision.said["chain"], *decision.said["revocations"]):
        parts.add(f"envelopes/{each['file'][7:]}.json")
        attached = Envelope(load(members[f"envelopes/{each['file'][7:]}.json"]))
        need((attached.digest, attached.file) == (each["digest"], each["file"]), "an envelope")
        attached.signed_by_its_own()
    told = []
    for commitment, facts, path in (_exactly(w, "commitment facts path") for w in withheld):
        found = decision.said["request"]
        for name in path:
            found = found[name]
        need(found == {"redacted": commitment}, "not withheld")
        need(decision.reads.isdisjoint(facts), "the rules read what is withheld")
        told.append(_filled("The value of <path> is withheld.", {"path": ".".join(path)}))
    _sealed(members, "redacted-pack", parts, [decision], *told)
    return decision.verdict


def _policies(members: dict[str, bytes], said: Any) -> set[str]:
    """Return the names of the policy of a statement and of its rule texts, if it is there."""
    name = f"policies/{said['policy'][7:]}.json"
    if name not in members:
        return set()
    policy = load(members[name])
    need(_digest(members[name]) == said["policy"], "another policy")
    same = (policy["format"], policy["program"]) == ("helm-logic/bundle/v1", said["program"])
    need(same, "a policy with another format or program")
    rules = {f"rules/{digest[7:]}.dl": digest for _, digest in policy["rules"]}
    need(all(_digest(members[text]) == rules[text] for text in rules), "a rule text")
    return {name, *rules}


def _sealed(
    members: dict[str, bytes], form: str, names: set[str], decisions: Any, *told: str
) -> None:
    """Return if the members are those named and the policies; and manifest and story theirs."""
    named = names.union(*(_policies(members, each.said) for each in decisions))
    need(members.keys() == named, "other members")
    rest = sorted(named - {"manifest.json"})
    listed = [{"digest": _digest(members[n]), "name": n, "size": len(members[n])} for n in rest]
    made = {"format": f"helm-logic/{form}/v1", "members": listed, "receipt": decisions[0].id}
    need(members["manifest.json"] == canonical(made), "another manifest")
    placed = sorted(decisions, key=lambda each: (each.index, each.id))
    stories = ["\n".join(each.story()) for each in placed]
    page = "\n\n".join([TITLE, *stories, *told, LAST])
    need(members["story.txt"] == page.encode("ascii"), "another story")


def _filled(line: str, value: Any) -> str:
    """Return *line* with what *value* has at each `<path>`, as a JSON string or null."""
    return re.sub("<(.+?)>", lambda found: _told(value, found[1].split(".")), line)


def _told(value: Any, path: list[str]) -> str:
    if path:
        return _told(value.get(path[0]) if isinstance(value, dict) else None, path[1:])
    return json.dumps(value) if isinstance(value, str) else "null"
