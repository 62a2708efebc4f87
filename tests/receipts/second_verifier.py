# SPDX-License-Identifier: Apache-2.0
"""A second verifier of receipts and packs, written from FORMAT.md and from nothing else.

It imports the standard library and PyNaCl, no line of helm_logic, and shares no code with it: what
both accept, and both refuse, is what the page says. It favours plain words over speed, and stops at
the first thing that does not hold.
"""

from __future__ import annotations

import base64
import hashlib
import json
import operator
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

JSON_MAX = 2**53 - 1
SPKI = bytes.fromhex("302a300506032b6570032100")
MEMBERS = ["approvals", "authority", "certificate", "chain", "checks", "engine", "error", "facts"]
MEMBERS += ["now", "parents", "policy", "program", "reasons", "request", "revocations", "verdict"]
TAGS = dict.fromkeys(("string", "principal", "pattern"), "s:") | {"symbol": "y:", "bool": "b:"}
COMPARE = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
COMPARE |= {">": operator.gt, ">=": operator.ge}
COMPUTE = {"+": operator.add, "-": operator.sub, "*": operator.mul}
CARRIES = {"ALLOW": ("allow",), "DENY": ("deny",), "ESCALATE": ("escalate", "relevant")}
KEYS = {"link": "issuer_key", "approval": "key", "revocation": "key"}
KINDS = {"parents": "json", "approvals": "tlog-proof", "policies": "json", "rules": "dl"}


ASKED = [("subject", "type"), ("subject", "id"), ("action", "name")]
ASKED += [("resource", "type"), ("resource", "id")]
UNREAD = "somebody asked what could not be read."


class Refused(Exception):
    """What was to be verified does not hold."""


class Trust(NamedTuple):
    """Raw public keys of engines, the log's origin, and its raw public key."""

    engines: tuple[bytes, ...]
    origin: str
    log: bytes


def verify(data: bytes, trust: Trust) -> str:
    """Return the verdict that the receipt or pack *data* proves; raise Refused."""
    try:
        return Receipt(data, trust).verdict if data[:1] == b"{" else _pack(data, trust)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, CryptoError) as bad:
        raise Refused(repr(bad)) from bad


def _need(holds: object, what: str) -> None:
    if not holds:
        raise Refused(what)


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: Any, depth: int = 0) -> Any:
    _need(depth <= 64, "nested too deep")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key], depth + 1) for key in keys}
    return [_ordered(each, depth + 1) for each in value] if isinstance(value, list) else value


def _integer(text: str) -> int:
    _need(
        re.fullmatch("0|-?[1-9][0-9]{0,15}", text, re.ASCII) and abs(int(text)) <= JSON_MAX,
        "no such integer",
    )
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _need(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def _load(data: bytes, *, canonical: bool = True) -> Any:
    hooks: Any = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _integer)
    value = json.loads(data.decode(), object_pairs_hook=_object, **hooks)
    _need(not canonical or _canonical(value) == data, "not canonical json")
    return value


def _exactly(value: Any, *names: str) -> list[Any]:
    _need(isinstance(value, dict) and set(value) == set(names), f"want the members {names}")
    return [value[name] for name in names]


def _base64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    _need(base64.b64encode(data).decode() == text, "not canonical base64")
    return data


class Envelope:
    """A DSSE envelope: its payload, PAE, digests and signatures."""

    def __init__(self, value: Any) -> None:
        payload, self.type, signatures = _exactly(value, "payload", "payloadType", "signatures")
        self.payload = _base64(payload)
        _need(re.fullmatch(r"[!#-\[\]-~]{1,255}", self.type), "payload type")
        head = f"DSSEv1 {len(self.type)} {self.type} {len(self.payload)} "
        self.pae = head.encode() + self.payload
        self.digest, self.file = _digest(self.pae), _digest(_canonical(value))
        pairs = [_exactly(each, "keyid", "sig") for each in signatures]
        self.signatures = {keyid: _base64(signature) for keyid, signature in pairs}
        _need(1 <= len(self.signatures) == len(pairs) <= 16, "want 1 to 16 signatures")
        for keyid, signature in self.signatures.items():
            _need(re.fullmatch("[0-9a-f]{64}", keyid) and 0 < len(signature) <= 4096, "signature")

    def signed_by(self, *keys: bytes) -> None:
        """Return if one of *keys* signed; raise for a bad signature of any of them."""
        known = {hashlib.sha256(SPKI + raw).hexdigest(): raw for raw in keys}
        _need(known.keys() & self.signatures.keys(), "nobody accepted signed")
        for keyid in known.keys() & self.signatures.keys():
            VerifyKey(known[keyid]).verify(self.pae, self.signatures[keyid])

    def leaf(self, kind: int) -> bytes:
        """Return the hash of its leaf."""
        ((keyid, signature),) = self.signatures.items()
        head = b"HLL1" + bytes([kind, 0]) + len(signature).to_bytes(2, "big")
        names = bytes.fromhex(self.digest[7:] + keyid)
        return hashlib.sha256(b"\0" + head + names + signature).digest()


class Proof:
    """A tlog-proof: an index, a path and a signed checkpoint."""

    def __init__(self, data: bytes) -> None:
        head, _, self.checkpoint = data.partition(b"\n\n")
        first, index, *path = head.decode("ascii").split("\n")
        self.index, self.path = _decimal(index.removeprefix("index ")), [*map(_base64, path)]
        _need(first == "c2sp.org/tlog-proof@v1" and index[:6] == "index ", "no tlog-proof")
        _need(len(path) <= 64 and all(len(each) == 32 for each in self.path), "no path")
        text, blank, lines = self.checkpoint.decode().rpartition("\n\n")
        self.text, (*signed, end) = text + "\n", lines.split("\n")
        _need(blank and signed and not end, "no signed note")
        parts = [each.split(" ") for each in signed]
        _need(all(len(each) == 3 and each[0] == "\u2014" for each in parts), "no signature line")
        self.signatures = [(name, _base64(encoded)) for _, name, encoded in parts]

    def includes(self, leaf: bytes, trust: Trust) -> None:
        """Return if the log signed a tree head that includes *leaf*."""
        hashed = hashlib.sha256(trust.origin.encode() + b"\n\x01" + trust.log).digest()[:4]
        (own,) = [s for name, s in self.signatures if (name, s[:4]) == (trust.origin, hashed)]
        VerifyKey(trust.log).verify(self.text.encode(), own[4:])
        origin, size, root, end = self.text.split("\n")
        _need(origin == trust.origin and not end, "the tree head of another log")
        _need(self.index < _decimal(size), "beyond the tree")
        found = _root(leaf, self.index, _decimal(size), self.path)
        _need(found == _base64(root), "the path leads elsewhere")


def _decimal(text: str) -> int:
    _need(re.fullmatch("0|[1-9][0-9]{0,19}", text, re.ASCII) and int(text) < 2**64, "no decimal")
    return int(text)


def _root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    if size == 1:
        _need(not path, "the path is too long")
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        pair = _root(leaf, index, half, path[:-1]) + path[-1]
    else:
        pair = path[-1] + _root(leaf, index - half, size - half, path[:-1])
    return hashlib.sha256(b"\1" + pair).digest()


class Receipt:
    """A receipt that was verified in the nine steps."""

    def __init__(self, data: bytes, trust: Trust) -> None:
        parts = _exactly(_load(data), "envelope", "envelopes", "format", "program", "proof")
        whole, attached, form, self.program, proof = parts
        _need(form == "helm-logic/receipt/v1", "another format")
        self.envelope = Envelope(whole)
        self.attached = [Envelope(each) for each in attached]
        _need(self.envelope.type == "application/vnd.in-toto+json", "another payload type")
        self.envelope.signed_by(*trust.engines)
        self._statement()
        self._attachments()
        self._derivation()
        self.proof = Proof(proof.encode())
        self.proof.includes(self.envelope.leaf(1), trust)

    def _statement(self) -> None:
        names = ("_type", "predicate", "predicateType", "subject")
        kind, said, predicate, (subject,) = _exactly(_load(self.envelope.payload), *names)
        _need(kind == "https://in-toto.io/Statement/v1", "no statement")
        _need(predicate == "urn:helm-logic:predicate:decision:v1", "no decision")
        _exactly(said, *MEMBERS)
        digests, name = _exactly(subject, "digest", "name")
        self.subject = "sha256:" + _exactly(digests, "sha256")[0]
        _need(name == "request" and type(said["now"]) is int, "subject or now")
        for each in said["reasons"]:
            _exactly(each, "about", "approvers", "code", "finality", "rules", "text")
        self.said, self.verdict = said, str(said["verdict"])
        _need(self.verdict in CARRIES, "no verdict")
        if said["request"] is None:
            _need(said["error"] is not None, "no request and no error")
        else:
            _need(_digest(_canonical(said["request"])) == self.subject, "another request")

    def _attachments(self) -> None:
        said = self.said
        named = [*said["chain"], *said["approvals"], *said["revocations"]]
        found = [(each.digest, each.file) for each in self.attached]
        _need([(each["digest"], each["file"]) for each in named] == found, "attachments")
        self.answers = {each["receipt"] for each in said["approvals"]}
        every = self.answers | {each["digest"] for each in said["approvals"]}
        _need(said["parents"] in (sorted(self.answers), sorted(every)), "parents")
        self.logged = every - self.answers if said["parents"] == sorted(every) else set()

    def _derivation(self) -> None:
        said = self.said
        if said["certificate"] is None:
            _need(self.program is None and self.verdict == "DENY", "no program")
            _need(said["error"] is not None, "neither a certificate nor an error")
            return
        _need(_digest(_canonical(self.program)) == said["program"], "another program")
        model, steps = _exactly(said["certificate"], "model", "steps")
        for rows in (*said["facts"].values(), *([r for r, _ in m] for m in model.values())):
            _need(
                rows and sorted(set(map(tuple, rows)), key=_place) == [*map(tuple, rows)], "order"
            )
        claim = Check(self.program, said["facts"], model).claim(steps)
        _need(claim == ("verdict", ("y:" + self.verdict.lower(),)), "another verdict")
        carry = [(name, row) for name in CARRIES[self.verdict] for row, _ in model.get(name, ())]
        codes = ["missing_fact" if name == "relevant" else row[0][2:] for name, row in carry]
        told = [each["code"] for each in said["reasons"]]
        _need(len(told) == max(1, len(carry)), "not every reason is told")
        _need([*dict.fromkeys(told)] == ([*dict.fromkeys(codes)] or ["no_rule_allows"]), "reasons")


def _place(row: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(isinstance(term, str), term) for term in row]


class Check:
    """The perfect model of a program, checked rule by rule."""

    def __init__(self, program: Any, facts: Any, model: Any) -> None:
        predicates, self.rules, strata = _exactly(program, "predicates", "rules", "strata")
        self.columns = {name: columns for name, columns, _ in predicates}
        derived = [name for name, _, given in predicates if given is False]
        _need(len(self.columns) == len(predicates), "a predicate is declared twice")
        _need(sorted(name for names in strata for name in names) == sorted(derived), "strata")
        _need(len({rule[0] for rule in self.rules}) == len(self.rules), "a rule id stands twice")
        self.stratum = {name: n for n, names in enumerate(strata) for name in names}
        _need(set(facts) <= set(self.columns) - set(derived), "facts of derived predicates")
        _need(set(model) <= set(derived), "a model of given predicates")
        self.rows = {name: {tuple(row): 0 for row in rows} for name, rows in facts.items()}
        for name, rows in self.rows.items():
            pairs = [pair for row in rows for pair in zip(row, self.columns[name], strict=True)]
            _need(all(_fits(*pair) for pair in pairs), "a fact of another type")
        for name, pairs in model.items():
            self.rows[name] = {tuple(row): height for row, height in pairs}
            _need(all(type(height) is int for _, height in pairs), "a height is an integer")
            _need(all(len(row) == len(self.columns[name]) for row in self.rows[name]), "columns")
        self.given, self.instances = set(facts), [set[tuple[Any, ...]]() for _ in self.rules]
        supported = {(name, row) for name in facts for row in self.rows[name]}
        for number, rule in enumerate(self.rules):
            supported |= set(self._supported(number, *rule))
        _need(supported >= {(n, r) for n, rows in self.rows.items() for r in rows}, "support")

    def _supported(self, number: int, _id: str, head: Any, body: Any) -> Iterator[Any]:
        """Check the rule and yield the facts of the model that it supports."""
        order = self._safe(head, body)
        for values in self._solve(body, {}):
            self.instances[number].add(tuple(values[name] for name in order))
            row = _ground(head[1], values)
            height = self.rows.get(head[0], {}).get(row)
            _need(height is not None, "closure")
            same = [
                self.rows[name][_ground(terms, values)]
                for kind, name, terms in (each for each in body if each[0] == "is")
                if self.stratum.get(name) == self.stratum[head[0]] and kind
            ]
            if all(each < (height or 0) for each in same):
                yield head[0], row

    def _safe(self, head: Any, body: Any) -> list[str]:
        """Return the variables in the order bound; refuse what is not safe or not stratified."""
        order: list[str] = []
        own = self.stratum[head[0]]
        for literal in body:
            name, terms, free, reads = _parts(literal)
            if name is not None:
                highest = own if literal[0] == "is" else own - 1
                _need(len(self.columns[name]) == len(terms), "columns")
                _need(self.stratum.get(name, -1) <= highest, "not stratified")
            _need(len(set(free)) == len(free), "a variable stands twice")
            _need(set(reads) <= set(order), "read before it is bound")
            if literal[0] == "count":
                _need(set(literal[1]) <= set(free) - set(order), "counts something else")
            if literal[0] == "let":
                _need(_variables(free) == free and free[0] not in order, "bound before")
            if literal[0] in ("is", "let"):
                order += [each for each in free if each not in order]
        _need(set(_variables(head[1])) <= set(order), "the head is not bound")
        _need(len(self.columns[head[0]]) == len(head[1]), "columns of the head")
        return order

    def _solve(self, body: list[Any], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not body:
            yield values
            return
        for found in self._holds(body[0], values):
            yield from self._solve(body[1:], found)

    def _holds(self, literal: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        match literal:
            case ["is", name, terms]:
                yield from self._matching(name, terms, values)
            case ["not", name, terms] if _ground(terms, values) not in self.rows.get(name, {}):
                yield values
            case ["test", relation, left, right] if _test(
                relation, *_ground([left, right], values)
            ):
                yield values
            case ["let", target, sign, left, right]:
                one, two = _ground([left, right], values)
                _need(type(one) is int and type(two) is int, "no integers")
                result = COMPUTE[sign](one, two)
                _need(abs(result) <= JSON_MAX, "an integer out of range")
                yield values | {target: result}
            case ["count", counted, name, terms, relation, bound]:
                rows = {_ground(counted, v) for v in self._matching(name, terms, values)}
                if COMPARE[relation](len(rows), _ground([bound], values)[0]):
                    yield values

    def _matching(self, name: str, terms: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for row in self.rows.get(name, {}):
            found = dict(values)
            for term, value in zip(terms, row, strict=True):
                if (found.setdefault(term, value) if str(term)[:2] == "v:" else term) != value:
                    break
            else:
                yield found

    def claim(self, steps: list[Any]) -> tuple[str, tuple[Any, ...]]:
        """Return what the last of *steps* concludes, once each of them follows."""
        shown: list[tuple[str, tuple[Any, ...]]] = []
        for step in steps:
            if len(step) == 2:
                name, row = step[0], tuple(step[1])
                _need(name in self.given and row in self.rows[name], "no given fact")
                shown.append((name, row))
                continue
            number, substitution, premises = step
            _need(0 <= number < len(self.rules), "no such rule")
            _need(tuple(substitution) in self.instances[number], "no instance")
            _, head, body = self.rules[number]
            values = dict(zip(self._safe(head, body), substitution, strict=True))
            wanted = [(each[1], _ground(each[2], values)) for each in body if each[0] == "is"]
            _need(all(0 <= each < len(shown) for each in premises), "a later premise")
            _need([shown[each] for each in premises] == wanted, "other premises")
            shown.append((head[0], _ground(head[1], values)))
        return shown[-1]


def _parts(literal: Any) -> tuple[str | None, Any, list[str], list[str]]:
    """Return a literal's predicate and its terms, the variables it ranges over, those it reads."""
    match literal:
        case ["is", name, terms]:
            return name, terms, _variables(terms), []
        case ["not", name, terms]:
            return name, terms, [], _variables(terms)
        case ["test", _, left, right]:
            return None, [], [], _variables([left, right])
        case ["let", target, _, left, right]:
            return None, [], [target], _variables([left, right])
        case ["count", _, name, terms, _, bound]:
            return name, terms, _variables(terms), _variables([bound])
    raise Refused("no literal")


def _variables(terms: Any) -> list[str]:
    known = [type(term) is int or term[:2] in ("s:", "y:", "b:", "v:") for term in terms]
    _need(all(known), "no term")
    return [term for term in terms if str(term).startswith("v:")]


def _ground(terms: Any, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values[term] if str(term).startswith("v:") else term for term in terms)


def _fits(term: Any, column: str) -> bool:
    if column in ("int", "time"):
        return type(term) is int
    fits = type(term) is str and term.startswith(TAGS[column])
    return fits and (column != "bool" or term in ("b:true", "b:false"))


def _test(relation: str, left: Any, right: Any) -> bool:
    if relation in COMPARE:
        return bool(COMPARE[relation](left, right))
    _need(left[:2] == right[:2] == "s:", "no patterns")
    wide, narrow = left[2:].split("/"), right[2:].split("/")
    if relation == "subsumes" and narrow[-1] == "**":
        if wide[-1] != "**":
            return False
        narrow = narrow[:-1] or ["*"]
    if "**" in wide[:-1] or (relation == "subsumes" and "**" in narrow):
        return False
    if wide[-1] == "**":
        wide, narrow = wide[:-1], narrow[: len(wide) - 1]
    _need(relation in ("matches", "subsumes"), "no relation")
    pairs = [*zip(wide, narrow, strict=False)]
    return len(wide) == len(narrow) and all(one in ("*", two) for one, two in pairs)


def _pack(data: bytes, trust: Trust) -> str:
    members = _members(data)
    manifest = _load(members["manifest.json"])
    rest = sorted(members.keys() - {"manifest.json"})
    listed = [{"digest": _digest(members[n]), "name": n, "size": len(members[n])} for n in rest]
    _need(manifest["members"] == listed, "another manifest")
    sets: dict[str, dict[str, bytes]] = {name: {} for name in KINDS}
    for name, content in members.items():
        if name not in ("manifest.json", "receipt.json", "story.txt"):
            kind, named, suffix = re.split(r"[/.]", name, maxsplit=2)
            _need(KINDS[kind] == suffix and re.fullmatch("[0-9a-f]{64}", named), "another member")
            sets[kind]["sha256:" + named] = content
    root = Receipt(members["receipt.json"], trust)
    form, _, named = _exactly(manifest, "format", "members", "receipt")
    _need(form == "helm-logic/pack/v1" and named == root.envelope.digest, "another manifest")
    receipts = {name: Receipt(content, trust) for name, content in sets["parents"].items()}
    _need(all(name == each.envelope.digest for name, each in receipts.items()), "parents")
    receipts[root.envelope.digest] = root
    _closed(root, receipts, sets)
    places = {name: each.proof.index for name, each in receipts.items()}
    approvals = {one.digest: one for each in receipts.values() for one in each.attached}
    for name, content in sets["approvals"].items():
        proof = Proof(content)
        _need(proof.checkpoint == root.proof.checkpoint, "several tree heads")
        proof.includes(approvals[name].leaf(2), trust)
        places[name] = proof.index
    for name, each in receipts.items():
        _need(each.proof.checkpoint == root.proof.checkpoint, "several tree heads")
        edges = [(parent, name) for parent in each.said["parents"]]
        edges += [(one["receipt"], one["digest"]) for one in each.said["approvals"]]
        ordered = [places[a] < places[b] for a, b in edges if b in places]
        _need(all(ordered), "not in order")
        _statements(each, receipts)
    _need(members["story.txt"] == _story([*receipts.values()]), "another story")
    return root.verdict


def _members(data: bytes) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    place = 0
    while data[place : place + 1024] != bytes(1024):
        name = data[place : place + 100].rstrip(b"\0").decode("ascii")
        size = int(data[place + 124 : place + 135], 8)
        _need(re.fullmatch("[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", name), "a name")
        fixed = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"0" * 11 + b"\0"
        head, tail = name.encode().ljust(100, b"\0") + fixed, b"0" + bytes(100) + b"ustar\x0000"
        tail += bytes(64) + b"0000000\0" * 2 + bytes(167)
        total = sum(head) + sum(tail) + 8 * 32
        _need(data[place : place + 512] == head + b"%06o\0 " % total + tail, "a header")
        content, end = data[place + 512 : place + 512 + size], place + 512 + size
        place = end + -size % 512
        _need(len(content) == size and not any(data[end:place]), "a content")
        _need(size <= 32 << 20 and name > max(members, default=""), "a member")
        members[name] = content
    _need(place + 1024 == len(data) <= 64 << 20 and len(members) <= 256, "another end")
    return members


def _closed(root: Receipt, receipts: dict[str, Receipt], sets: Any) -> None:
    reached, waiting = set[str](), {root.envelope.digest}
    while waiting:
        reached |= waiting
        waiting = {name for one in waiting for name in receipts[one].answers} - reached
    _need(reached == receipts.keys() and len(receipts) == len(sets["parents"]) + 1, "parents")
    logged = {name for each in receipts.values() for name in each.logged}
    _need(logged == sets["approvals"].keys(), "approvals")
    texts = set()
    for name, content in sets["policies"].items():
        policy = _load(content, canonical=False)
        users = [each.said["program"] for each in receipts.values() if each.said["policy"] == name]
        _need(users and {*users} == {policy["program"]} and _digest(content) == name, "a policy")
        _need(policy["format"] == "helm-logic/bundle/v1", "the format of a policy")
        texts |= {text for _, text in policy["rules"]}
    _need(texts == sets["rules"].keys(), "rule texts")
    _need(all(_digest(content) == name for name, content in sets["rules"].items()), "a rule text")


def _statements(receipt: Receipt, receipts: dict[str, Receipt]) -> None:
    for each in receipt.attached:
        kind = each.type.removeprefix("application/vnd.helm-logic.").removesuffix("+json")
        said = _load(each.payload, canonical=False)
        scheme, _, raw = said[KEYS[kind]].partition(":")
        _need(scheme == "ed25519", "no ed25519 key")
        each.signed_by(_base64(raw))
        if kind == "approval":
            answered = receipts[said["receipt"]]
            _need(answered.verdict == "ESCALATE", "an approval answers no ESCALATE")
            fits = {(one.subject, one.said["policy"]) for one in (receipt, answered)}
            _need(fits == {(said["request"], said["policy"])}, "an approval of something else")


def _story(receipts: list[Receipt]) -> bytes:
    parts = ["What happened, as the signed receipts in this pack tell it."]
    placed = sorted(receipts, key=lambda each: (each.proof.index, each.envelope.digest))
    parts += ["\n".join(_event(each, each.said)) for each in placed]
    end = "The receipts count, not this page. `helm-logic verify FILE` checks them with your own"
    return "\n\n".join([*parts, f"{end} trust.\n"]).encode("ascii")


def _event(receipt: Receipt, said: Any) -> Iterator[str]:
    moment = str(said["now"])
    if 0 <= said["now"] < 253402300800:
        moment = f"{datetime.fromtimestamp(said['now'], UTC):%Y-%m-%dT%H:%M:%SZ}"
    asked = "{} {} asked for {} on {} {}.".format(*(_told(said["request"], *way) for way in ASKED))
    yield f"{moment}: {asked if said['request'] is not None else UNREAD}"
    yield f"  The verdict was {receipt.verdict}."
    for each in said["reasons"]:
        text = f": {_told(each, 'text')}" if each["text"] else ""
        yield f"  Reason {_told(each, 'code')}{text}."
    for each in said["chain"]:
        issuer, delegate = _told(each, "issuer"), _told(each, "delegate")
        yield f"  By the link {_told(each, 'id')}, {issuer} lets {delegate} act."
    for each in said["approvals"]:
        who, role, answered = (_told(each, name) for name in ("approver", "role", "receipt"))
        yield f"  {who} approved it as {role}, answering the receipt {answered}."
    for each in said["revocations"]:
        yield f"  The link {_told(each, 'link')} was revoked."
    index, name = receipt.proof.index, receipt.envelope.digest
    yield f"  This is entry {index} of the log, with the receipt {name}."


def _told(value: Any, *path: str) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return json.dumps(value) if isinstance(value, str) else "null"
