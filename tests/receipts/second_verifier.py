# SPDX-License-Identifier: Apache-2.0
"""A second verifier of receipts and packs, written from FORMAT.md and from nothing else.

It imports the standard library and PyNaCl, and no line of helm_logic: what both accept, and both
refuse, is what the page says. It stops at the first thing that does not hold, finds every instance
of every rule by plain search, and takes no thought about speed. A test keeps it within 400 lines of
code: what is empty or a docstring is not counted.
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
MEMBERS = """approvals* authority certificate chain* checks* engine error facts now# parents*
    policy$ program$ reasons* request revocations* verdict$"""
PROGRAM, REASON = "predicates* rules* strata*", "about* approvers* code$ finality$ rules* text$"
CARRIES = {"ALLOW": ("allow",), "DENY": ("deny",), "ESCALATE": ("escalate", "relevant")}
KEYS = {"link": "issuer_key", "approval": "key", "revocation": "key"}
NUMBER, HASH, TEXT = "(0|[1-9][0-9]{0,19})", "[A-Za-z0-9+/]{43}=", "[A-Za-z0-9+/=]+"
PROOF: Any = re.compile(
    rf"c2sp.org/tlog-proof@v1\nindex {NUMBER}\n((?:{HASH}\n){{0,64}})\n"
    rf"(([^\n]+)\n{NUMBER}\n({HASH})\n)\n((?:\u2014 [^\s+\0-\x20]+ {TEXT}\n)+)"
)
TITLE = "What happened, as the signed receipts in this pack tell it."
HOW = "`helm-logic verify FILE` checks them with your own trust."
UNREAD = "somebody asked what could not be read."
ASKED = "<subject.type> <subject.id> asked for <action.name> on <resource.type> <resource.id>."
STORY = {
    "reasons": "  Reason <code>: <text>.",
    "chain": "  By the link <id>, <issuer> lets <delegate> act.",
    "approvals": "  <approver> approved it as <role>, answering the receipt <receipt>.",
    "revocations": "  The link <link> was revoked.",
}
TAGS = {"string": "s:", "principal": "s:", "pattern": "s:", "symbol": "y:", "bool": "b:"}
TAGS |= {"int": "", "time": ""}
TERM: Any = re.compile(r"(?s)([syv]:|b:(?=true\Z|false\Z)).*")
COMPARE = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
COMPUTE = {"+": add, "-": sub, "*": mul}


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
            return str(Receipt(data, trust).verdict)
        members = _members(data)
        manifest = _exactly(load(members.pop("manifest.json")), "format$ members* receipt$")
        listed = [{"digest": _digest(d), "name": n, "size": len(d)} for n, d in members.items()]
        need(manifest["members"] == listed, "another manifest")
        kinds = {"helm-logic/pack/v1": _pack, "helm-logic/redacted-pack/v1": _redacted}
        found = kinds[manifest["format"]](members, trust)
        need(manifest["receipt"] == found.id, "another receipt")
        return str(found.verdict)
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


def _exactly(value: Any, names: str) -> Any:
    """Return the object *value* if it has these members: lists*, texts$, numbers#, and others."""
    kinds = {n.strip("*$#"): {"*": list, "$": str, "#": int}.get(n[-1]) for n in names.split()}
    need(isinstance(value, dict) and value.keys() == kinds.keys(), f"want {names}")
    need(all(type(value[name]) is kinds[name] for name in kinds if kinds[name]), f"want {names}")
    return value


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _base64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "not canonical base64")
    return data


class Envelope:
    """A DSSE envelope: its payload, PAE, digests and signatures."""

    def __init__(self, value: Any) -> None:
        _exactly(value, "payload$ payloadType$ signatures*")
        self.payload, self.type = _base64(value["payload"]), value["payloadType"]
        need(re.fullmatch(r"[!#-\[\]-~]{1,255}", self.type), "payload type")
        head = f"DSSEv1 {len(self.type)} {self.type} {len(self.payload)} "
        self.pae = head.encode() + self.payload
        self.digest, self.file = _digest(self.pae), _digest(canonical(value))
        pairs = [_exactly(each, "keyid$ sig$") for each in value["signatures"]]
        self.signatures = {each["keyid"]: _base64(each["sig"]) for each in pairs}
        need(1 <= len(self.signatures) == len(pairs) <= 16, "want 1 to 16 signatures")
        self.entry = self.digest, self.signatures
        for keyid, signature in self.signatures.items():
            need(re.fullmatch("[0-9a-f]{64}", keyid) and 0 < len(signature) <= 4096, "signature")

    def signed_by(self, payload_type: str, *keys: bytes) -> None:
        """Return if one of *keys* signed such a payload; raise for a bad signature of any."""
        spki = bytes.fromhex("302a300506032b6570032100")
        known = {hashlib.sha256(spki + raw).hexdigest(): raw for raw in keys}
        need(self.type == payload_type and known.keys() & self.signatures.keys(), "nobody signed")
        for keyid in known.keys() & self.signatures.keys():
            VerifyKey(known[keyid]).verify(self.pae, self.signatures[keyid])

    def signed_by_its_own(self) -> Any:
        """Return what it says if the key that it names has signed it."""
        kind = self.type.removeprefix("application/vnd.helm-logic.").removesuffix("+json")
        said = load(self.payload)
        if kind == "token":  # signed in another way, by a key that the policy has
            return _exactly(said, "format$ signed$")
        self.signed_by(self.type, _base64(said[KEYS[kind]].removeprefix("ed25519:")))
        return said


def _logged(proof: bytes, trust: Trust, kind: int, entry: Any) -> tuple[int, bytes, bytes]:
    """Return index, tree head and record of an entry, once the *proof* shows that it is logged."""
    digest, ((signer, signature),) = entry[0], entry[1].items()
    need(re.fullmatch("sha256:[0-9a-f]{64}", digest), "no digest")
    leaf = b"HLL1" + bytes([kind, 0]) + len(signature).to_bytes(2, "big")
    leaf += bytes.fromhex(digest[7:] + signer) + signature
    place, path, head, origin, size, root, notes = PROOF.fullmatch(proof.decode()).groups()
    keyid = hashlib.sha256(trust.origin.encode() + b"\n\x01" + trust.log).digest()[:4]
    signed = [(name, _base64(text)) for _, name, text in map(str.split, notes.splitlines())]
    (own,) = [data[4:] for name, data in signed if (name, data[:4]) == (trust.origin, keyid)]
    VerifyKey(trust.log).verify(head.encode(), own)
    index, count = int(place), int(size)
    need(origin == trust.origin and index < count < 2**64, "the tree head of another log")
    top = _root(hashlib.sha256(b"\0" + leaf).digest(), index, count, [*map(_base64, path.split())])
    need(top == _base64(root), "the path leads elsewhere")
    return index, proof.partition(b"\n\n")[2], leaf


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

    def __init__(self, name: str, index: int, value: Any, program: Any) -> None:
        self.id, self.index = name, index
        said, asked = _exactly(value["predicate"], MEMBERS), value["subject"][0]["digest"]["sha256"]
        subject = {"digest": {"sha256": asked}, "name": "request"}
        made = {"_type": "https://in-toto.io/Statement/v1", "predicate": said, "subject": [subject]}
        made["predicateType"] = "urn:helm-logic:predicate:decision:v1"
        need(value == made, "no statement about a decision")
        self.said, self.subject, self.verdict = said, f"sha256:{asked}", said["verdict"]
        asked, failed = said["request"], said["error"] is not None
        need(failed if asked is None else _digest(canonical(asked)) == self.subject, "the request")
        for each in said["reasons"]:
            lists = [_exactly(each, REASON)[name] for name in ("about", "approvers", "rules")]
            need(all(type(text) is str for texts in lists for text in texts), "a reason")
        self.reads = set[str]()
        if said["certificate"] is None:
            need(program is None and self.verdict == "DENY" and failed, "no certificate")
            return
        need(_digest(canonical(program)) == said["program"], "another program")
        model, steps = _exactly(said["certificate"], "model steps*").values()
        check = Check(program, said["facts"], model)
        self.reads, proved = check.reads, check.claim(steps)
        need(proved == ("verdict", (f"y:{self.verdict.lower()}",)), "another verdict")
        carry = [(name, row) for name in CARRIES[self.verdict] for row, _ in model.get(name, ())]
        codes = ["missing_fact" if name == "relevant" else row[0][2:] for name, row in carry]
        need([each["code"] for each in said["reasons"]] == (codes or ["no_rule_allows"]), "reasons")

    def story(self) -> Iterator[str]:
        """Yield what happened, line by line."""
        now, asked = self.said["now"], self.said["request"]
        known = 0 <= now < 253402300800
        moment = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}" if known else str(now)
        yield f"{moment}: {UNREAD if asked is None else _filled(ASKED, asked)}"
        yield f"  The verdict was {self.verdict}."
        for kind, line in STORY.items():
            for each in self.said[kind]:
                yield _filled(line if each.get("text") else line.replace(": <text>", ""), each)
        yield f"  This is entry {self.index} of the log, with the receipt {self.id}."


class Receipt(Decision):
    """A receipt that was verified in the nine steps."""

    def __init__(self, data: bytes, trust: Trust) -> None:
        file = _exactly(load(data), "envelope envelopes* format program proof$")
        envelope, self.attached = Envelope(file["envelope"]), [*map(Envelope, file["envelopes"])]
        need(file["format"] == "helm-logic/receipt/v1", "another format")
        envelope.signed_by("application/vnd.in-toto+json", *trust.engines)
        index, self.head, _ = _logged(file["proof"].encode(), trust, 1, envelope.entry)
        super().__init__(envelope.digest, index, load(envelope.payload), file["program"])
        named = [e for kind in ("chain", "approvals", "revocations") for e in self.said[kind]]
        found = [(each.digest, each.file) for each in self.attached]
        need([(each["digest"], each["file"]) for each in named] == found, "attachments")
        approvals, parents = self.said["approvals"], self.said["parents"]
        self.answers = {each["receipt"] for each in approvals}
        self.logged = {e["digest"] for e in approvals if parents != sorted(self.answers)}
        need(parents == sorted(self.answers | self.logged), "parents")


class Check:
    """The perfect model of a program: every instance of every rule, found by plain search."""

    def __init__(self, program: Any, facts: Any, model: Any) -> None:
        predicates, rules, strata = _exactly(program, PROGRAM).values()
        self.tags = {n: [TAGS[each] for each in _list(columns)] for n, columns, _ in predicates}
        derived = {name for name, _, given in predicates if given is False}
        given = {name for name, _, given in predicates if given is True}
        need(len(given | derived) == len(predicates), "a predicate is declared twice")
        need(len({r[0] for r in rules if type(r[0]) is str}) == len(rules), "an id stands twice")
        need(sorted(n for names in strata for n in _list(names)) == sorted(derived), "strata")
        need(facts.keys() <= given and model.keys() <= derived, "facts of another kind")
        self.stratum = {n: i for i, names in enumerate([given, *strata], start=-1) for n in names}
        tables = {name: self._table(self.tags[name], pairs) for name, pairs in model.items()}
        self.rows = {name: tables.get(name, {}) for name in self.tags}
        self.instances: dict[Any, Any] = {}
        for name, rows in facts.items():
            self.rows[name] = self._table(self.tags[name], [(row, 0) for row in rows])
            self.instances |= {(name, row): ((name, row), []) for row in self.rows[name]}
            need(all(_tags(row) == self.tags[name] for row in rows), "a fact of another type")
        self.reads, supported = set[str](), {*self.instances}
        for number, (_, head, body) in enumerate(rules):
            supported |= set(self._supported(number, head, body))
        need(supported == {(n, row) for n in self.rows for row in self.rows[n]}, "support")

    def _table(self, tags: list[str], pairs: Any) -> dict[Any, int]:
        table = {_row(row): height for row, height in pairs}
        inorder = sorted(table, key=lambda row: [(type(term) is str, term) for term in row])
        need(len(table) == len(pairs) > 0 and inorder == [*table], "not in order, or not once")
        need(all(type(table[row]) is int and len(row) == len(tags) for row in table), "no such row")
        return table

    def _supported(self, number: int, head: Any, body: Any) -> Iterator[Any]:
        """Look at each instance of a rule; yield the facts that it supports."""
        own, bound, found = self.stratum[head[0]], set[str](), [dict[str, Any]()]
        for literal in _list(body):
            holds = self._literal(literal, bound, own)
            found = [more for values in found for more in holds(values)]
        need(own >= 0 and self._atom(head[0], head[1], own) <= bound, "unsafe")
        for values in found:
            fact = head[0], _ground(head[1], values)
            wanted = [(each[1], _ground(each[2], values)) for each in body if each[0] == "is"]
            self.instances[number, tuple(values.values())] = fact, wanted
            below = [self.rows[name][row] for name, row in wanted if self.stratum[name] == own]
            if all(each < self.rows[fact[0]][fact[1]] for each in below):
                yield fact

    def _literal(self, literal: Any, bound: set[str], own: int) -> Any:
        """Refuse what is not safe or stratified; return the function that says where it holds."""
        match literal:
            case ["is", name, terms]:
                bound |= self._atom(name, terms, own, once=True)
                return lambda values: self._matching(name, terms, values)
            case ["not", name, terms]:
                need(self._atom(name, terms, own - 1) <= bound, "unsafe")
                return lambda values: [values] * (_ground(terms, values) not in self.rows[name])
            case ["test", relation, _, _] if relation in {*COMPARE, "matches", "subsumes"}:
                need(bound.issuperset(_variables(literal[2:])), "unsafe")
                return lambda values: [values] * _test(relation, *_ground(literal[2:], values))
            case ["let", target, sign, *terms] if sign in COMPUTE and len(terms) == 2:
                free = set(_variables([target])) - bound
                need(free and bound.issuperset(_variables(terms)), "unsafe")
                bound |= free
                return lambda values: [values | {target: _let(sign, *_ground(terms, values))}]
            case ["count", counted, name, terms, relation, limit] if relation in COMPARE:
                free = self._atom(name, terms, own - 1, once=True) - bound
                need(free.issuperset(_list(counted)), "counts something else")
                need(bound.issuperset(_variables([limit])), "unsafe")
                return lambda values: [values] * self._counted(literal, values)
        raise Refused("no literal")

    def _atom(self, name: str, terms: Any, highest: int, *, once: bool = False) -> set[str]:
        """Return the variables of an atom that may stand there."""
        self.reads.add(name)
        variables = _variables(terms)
        need(len(self.tags[name]) == len(terms) and self.stratum[name] <= highest, "no such atom")
        need(len(variables) == len(set(variables)) or not once, "a variable stands twice")
        return set(variables)

    def _matching(self, name: str, terms: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for row in self.rows[name]:
            pairs = zip(terms, row, strict=True)
            more = values | {term: each for term, each in pairs if _variables([term])} | values
            if _ground(terms, more) == row:
                yield more

    def _counted(self, literal: Any, values: dict[str, Any]) -> bool:
        _, counted, name, terms, relation, limit = literal
        rows = {_ground(counted, each) for each in self._matching(name, terms, values)}
        return bool(COMPARE[relation](len(rows), *_ground([limit], values)))

    def claim(self, steps: list[Any]) -> Any:
        """Return what the last of *steps* concludes, once each of them follows."""
        shown: dict[Any, Any] = {}
        for first, constants, *premises in steps:
            need(type(first) in (str, int) and len(premises) == (type(first) is int), "no step")
            fact, wanted = self.instances[first, _row(constants)]
            numbers = _row(*premises) if premises else ()
            need([shown.get(each) for each in numbers] == wanted, "other premises")
            shown[len(shown)] = fact
        return shown[len(shown) - 1]


def _list(value: Any) -> list[Any]:
    need(isinstance(value, list), "no list")
    return list(value)


def _tags(terms: Any) -> list[str]:
    """Return the tags of terms, which integers have none of."""
    return ["" if type(term) is int else TERM.fullmatch(term)[1] for term in _list(terms)]


def _row(terms: Any) -> tuple[Any, ...]:
    need("v:" not in _tags(terms), "no constants")
    return tuple(terms)


def _variables(terms: Any) -> list[str]:
    return [term for term, tag in zip(terms, _tags(terms), strict=True) if tag == "v:"]


def _ground(terms: Any, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values.get(term, term) for term in terms)


def _let(sign: str, left: Any, right: Any) -> int:
    return _integer(COMPUTE[sign](left, right))  # what texts give is no integer


def _test(relation: str, left: Any, right: Any) -> bool:
    if relation in COMPARE:
        return bool(COMPARE[relation](left, right))
    need(left[:2] == right[:2] == "s:", "no patterns")
    wide, narrow = left[2:].split("/"), right[2:].split("/")
    rest = wide[-1] == "**"
    if relation == "subsumes" and rest and narrow[-1] == "**":
        narrow = narrow[:-1] or ["*"]
    stray = "**" in wide[:-1] or (relation == "subsumes" and "**" in narrow)
    wide, narrow = (wide[:-1], narrow[: len(wide) - 1]) if rest else (wide, narrow)
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


def _pack(members: dict[str, bytes], trust: Trust) -> Any:
    receipts = [Receipt(members["receipt.json"], trust)]
    names = {"receipt.json", "story.txt"}
    for each in receipts:
        for answered in each.answers - {one.id for one in receipts}:
            receipts.append(Receipt(members[f"parents/{answered[7:]}.json"], trust))
            names.add(f"parents/{receipts[-1].id[7:]}.json")
    places, heads = {each.id: each.index for each in receipts}, {each.head for each in receipts}
    ids = {each.id: (each.verdict, each.subject, each.said["policy"]) for each in receipts}
    for each in receipts:
        for one in each.attached:
            said = one.signed_by_its_own()
            if one.type == "application/vnd.helm-logic.approval+json":
                wanted = ("ESCALATE", said["request"], said["policy"])
                need(ids[said["receipt"]] == wanted, "an approval of no such ESCALATE")
                need(ids[each.id][1:] == wanted[1:], "an approval of something else")
            if one.digest in each.logged:
                name = f"approvals/{one.digest[7:]}.tlog-proof"
                places[one.digest], head, _ = _logged(members[name], trust, 2, one.entry)
                names, heads = names | {name}, heads | {head}
        edges = [(parent, each.id) for parent in each.said["parents"]]
        edges += [(one["receipt"], one["digest"]) for one in each.said["approvals"]]
        need(all(places[a] < places[b] for a, b in edges if b in places), "not in order")
    for content in (members[name] for name in members if name.startswith("roots/")):
        root = Envelope(load(content))
        root.signed_by("application/vnd.helm-logic.root-change+json", trust.log)
        said = _exactly(load(root.payload), "format$ now# previous root")
        need(len(root.signatures) == 1 and Envelope(said["root"]).pae, "a trust root")
        names.add(f"roots/{root.digest[7:]}.json")
    need(len(heads) == 1, "several tree heads")
    return _sealed(members, names, receipts)


def _redacted(members: dict[str, bytes], trust: Trust) -> Any:
    envelope = Envelope(load(members["redaction.json"]))
    envelope.signed_by("application/vnd.helm-logic.redaction+json", *trust.engines)
    made = _exactly(load(envelope.payload), "format leaf$ receipt$ statement withheld*")
    receipt, leaf, (keyid,) = made["receipt"], _base64(made["leaf"]), envelope.signatures
    proof = members["receipt.tlog-proof"]
    index, _, record = _logged(proof, trust, 1, (receipt, {keyid: leaf[72:]}))
    need(leaf == record and made["format"] == "helm-logic/redaction/v1", "another leaf or format")
    program = load(members.get("program.json", b"null"))
    decision = Decision(receipt, index, made["statement"], program)
    parts = {"redaction.json", "receipt.tlog-proof", "story.txt"}
    parts |= {"program.json"} if program else set()
    for each in (*decision.said["chain"], *decision.said["revocations"]):
        parts.add(f"envelopes/{each['file'][7:]}.json")
        attached = Envelope(load(members[f"envelopes/{each['file'][7:]}.json"]))
        need((attached.digest, attached.file) == (each["digest"], each["file"]), "an envelope")
        attached.signed_by_its_own()
    told = []
    for each in made["withheld"]:
        found = decision.said["request"]
        for name in _exactly(each, "commitment$ facts* path*")["path"]:
            found = found[name]
        need(found == {"redacted": each["commitment"]}, "not withheld")
        need(decision.reads.isdisjoint(each["facts"]), "the rules read what is withheld")
        told.append(_filled("The value of <path> is withheld.", {"path": ".".join(each["path"])}))
    return _sealed(members, parts, [decision], *told)


def _policies(members: dict[str, bytes], said: Any) -> set[str]:
    """Return the names of the policy of a statement and of its rule texts, if it is there."""
    name = f"policies/{said['policy'][7:]}.json"
    if name not in members:
        return set()
    policy = load(members[name])
    same = (_digest(members[name]), policy["program"]) == (said["policy"], said["program"])
    need(same and policy["format"] == "helm-logic/bundle/v1", "another policy")
    rules = {f"rules/{digest[7:]}.dl": digest for _, digest in policy["rules"]}
    need(all(_digest(members[text]) == rules[text] for text in rules), "a rule text")
    return {name, *rules}


def _sealed(members: Any, names: set[str], decisions: list[Any], *told: str) -> Any:
    """Return the first decision, if the members are these and policies, and the story theirs."""
    need(members.keys() == names.union(*(_policies(members, e.said) for e in decisions)), "members")
    stories = ["\n".join(e.story()) for e in sorted(decisions, key=lambda e: (e.index, e.id))]
    page = "\n\n".join([TITLE, *stories, *told, f"The receipts count, not this page. {HOW}\n"])
    need(members["story.txt"] == page.encode("ascii"), "another story")
    return decisions[0]


def _filled(line: str, value: Any) -> str:
    """Return *line* with what *value* has at each `<path>`, as a JSON string or null."""
    return re.sub("<(.+?)>", lambda found: _told(value, found[1].split(".")), line)


def _told(value: Any, path: list[str]) -> str:
    if path:
        return _told(value.get(path[0]) if isinstance(value, dict) else None, path[1:])
    return json.dumps(value) if isinstance(value, str) else "null"
