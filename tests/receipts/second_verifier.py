# SPDX-License-Identifier: Apache-2.0
"""A second verifier of receipts and packs, written from FORMAT.md and from nothing else.

It imports the standard library, PyNaCl and its own other half (`second_kernel.py`), no line of
helm_logic, and shares no code with it: what both accept, and both refuse, is what the page says. It
stops at the first thing that does not hold.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from tests.receipts.second_kernel import Check, Refused, canonical, load, need

WRONG = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
SPKI = bytes.fromhex("302a300506032b6570032100")
MEMBERS = ["approvals", "authority", "certificate", "chain", "checks", "engine", "error", "facts"]
MEMBERS += ["now", "parents", "policy", "program", "reasons", "request", "revocations", "verdict"]
CARRIES = {"ALLOW": ("allow",), "DENY": ("deny",), "ESCALATE": ("escalate", "relevant")}
KEYS = {"link": "issuer_key", "approval": "key", "revocation": "key"}
ASKED = [("subject", "type"), ("subject", "id"), ("action", "name")]
ASKED += [("resource", "type"), ("resource", "id")]
UNREAD = "somebody asked what could not be read."


class Trust(NamedTuple):
    """Raw public keys of engines, the log's origin, and its raw public key."""

    engines: tuple[bytes, ...]
    origin: str
    log: bytes


def verify(data: bytes, trust: Trust) -> str:
    """Return the verdict that the receipt or pack *data* proves; raise Refused."""
    try:
        return Receipt(data, trust).verdict if data[:1] == b"{" else _pack(data, trust)
    except (*WRONG, CryptoError) as bad:
        raise Refused(repr(bad)) from bad


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _exactly(value: Any, *names: str) -> list[Any]:
    need(isinstance(value, dict) and set(value) == set(names), f"want the members {names}")
    return [value[name] for name in names]


def _base64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text, "not canonical base64")
    return data


class Envelope:
    """A DSSE envelope: its payload, PAE, digests and signatures."""

    def __init__(self, value: Any) -> None:
        payload, self.type, signatures = _exactly(value, "payload", "payloadType", "signatures")
        self.payload = _base64(payload)
        need(re.fullmatch(r"[!#-\[\]-~]{1,255}", self.type), "payload type")
        head = f"DSSEv1 {len(self.type)} {self.type} {len(self.payload)} "
        self.pae = head.encode() + self.payload
        self.digest, self.file = _digest(self.pae), _digest(canonical(value))
        pairs = [_exactly(each, "keyid", "sig") for each in signatures]
        self.signatures = {keyid: _base64(signature) for keyid, signature in pairs}
        need(1 <= len(self.signatures) == len(pairs) <= 16, "want 1 to 16 signatures")
        for keyid, signature in self.signatures.items():
            need(re.fullmatch("[0-9a-f]{64}", keyid) and 0 < len(signature) <= 4096, "signature")

    def signed_by(self, *keys: bytes) -> None:
        """Return if one of *keys* signed; raise for a bad signature of any of them."""
        known = {hashlib.sha256(SPKI + raw).hexdigest(): raw for raw in keys}
        need(known.keys() & self.signatures.keys(), "nobody accepted signed")
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
        need(first == "c2sp.org/tlog-proof@v1" and index[:6] == "index ", "no tlog-proof")
        need(len(path) <= 64 and all(len(each) == 32 for each in self.path), "no path")
        text, blank, lines = self.checkpoint.decode().rpartition("\n\n")
        self.text, (*signed, end) = text + "\n", lines.split("\n")
        need(blank and signed and not end, "no signed note")
        parts = [each.split(" ") for each in signed]
        need(all(len(each) == 3 and each[0] == "\u2014" for each in parts), "no signature line")
        self.signatures = [(name, _base64(encoded)) for _, name, encoded in parts]

    def includes(self, leaf: bytes, trust: Trust) -> None:
        """Return if the log signed a tree head that includes *leaf*."""
        hashed = hashlib.sha256(trust.origin.encode() + b"\n\x01" + trust.log).digest()[:4]
        (own,) = [s for name, s in self.signatures if (name, s[:4]) == (trust.origin, hashed)]
        VerifyKey(trust.log).verify(self.text.encode(), own[4:])
        origin, size, root, end = self.text.split("\n")
        need(origin == trust.origin and not end, "the tree head of another log")
        need(self.index < _decimal(size), "beyond the tree")
        found = _root(leaf, self.index, _decimal(size), self.path)
        need(found == _base64(root), "the path leads elsewhere")


def _decimal(text: str) -> int:
    need(re.fullmatch("0|[1-9][0-9]{0,19}", text, re.ASCII) and int(text) < 2**64, "no decimal")
    return int(text)


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


class Receipt:
    """A receipt that was verified in the nine steps."""

    def __init__(self, data: bytes, trust: Trust) -> None:
        parts = _exactly(load(data), "envelope", "envelopes", "format", "program", "proof")
        whole, attached, form, self.program, proof = parts
        need(form == "helm-logic/receipt/v1", "another format")
        self.envelope = Envelope(whole)
        self.attached, self.id = [Envelope(each) for each in attached], self.envelope.digest
        need(self.envelope.type == "application/vnd.in-toto+json", "another payload type")
        self.envelope.signed_by(*trust.engines)
        self._statement(load(self.envelope.payload))
        self._attachments()
        self._derivation()
        self.proof = Proof(proof.encode())
        self.proof.includes(self.envelope.leaf(1), trust)

    def _statement(self, value: Any) -> None:
        names = ("_type", "predicate", "predicateType", "subject")
        kind, said, predicate, (subject,) = _exactly(value, *names)
        need(kind == "https://in-toto.io/Statement/v1", "no statement")
        need(predicate == "urn:helm-logic:predicate:decision:v1", "no decision")
        _exactly(said, *MEMBERS)
        digests, name = _exactly(subject, "digest", "name")
        self.subject = "sha256:" + _exactly(digests, "sha256")[0]
        need(name == "request" and type(said["now"]) is int, "subject or now")
        for each in said["reasons"]:
            _exactly(each, "about", "approvers", "code", "finality", "rules", "text")
        self.said, self.verdict = said, str(said["verdict"])
        need(self.verdict in CARRIES, "no verdict")
        if said["request"] is None:
            need(said["error"] is not None, "no request and no error")
        else:
            need(_digest(canonical(said["request"])) == self.subject, "another request")

    def _attachments(self) -> None:
        said = self.said
        named = [*said["chain"], *said["approvals"], *said["revocations"]]
        found = [(each.digest, each.file) for each in self.attached]
        need([(each["digest"], each["file"]) for each in named] == found, "attachments")
        self.answers = {each["receipt"] for each in said["approvals"]}
        every = self.answers | {each["digest"] for each in said["approvals"]}
        need(said["parents"] in (sorted(self.answers), sorted(every)), "parents")
        self.logged = every - self.answers if said["parents"] == sorted(every) else set()

    def _derivation(self) -> None:
        said = self.said
        if said["certificate"] is None:
            need(self.program is None and self.verdict == "DENY", "no program")
            need(said["error"] is not None, "neither a certificate nor an error")
            return
        need(_digest(canonical(self.program)) == said["program"], "another program")
        model, steps = _exactly(said["certificate"], "model", "steps")
        check = Check(self.program, said["facts"], model)
        self.reads = check.reads()
        need(check.claim(steps) == ("verdict", ("y:" + self.verdict.lower(),)), "another verdict")
        carry = [(name, row) for name in CARRIES[self.verdict] for row, _ in model.get(name, ())]
        codes = ["missing_fact" if name == "relevant" else row[0][2:] for name, row in carry]
        told = [each["code"] for each in said["reasons"]]
        need(len(told) == max(1, len(carry)), "not every reason is told")
        need([*dict.fromkeys(told)] == ([*dict.fromkeys(codes)] or ["no_rule_allows"]), "reasons")


def _pack(data: bytes, trust: Trust) -> str:
    members = _members(data)
    manifest = load(members["manifest.json"])
    rest = sorted(members.keys() - {"manifest.json"})
    listed = [{"digest": _digest(members[n]), "name": n, "size": len(members[n])} for n in rest]
    need(manifest["members"] == listed, "another manifest")
    if manifest["format"] == "helm-logic/redacted-pack/v1":
        return Redacted(members, manifest, trust).verdict
    kinds = {"parents": "json", "approvals": "tlog-proof", "policies": "json", "rules": "dl"}
    sets = _folders(members, kinds, {"manifest.json", "receipt.json", "story.txt"})
    root = Receipt(members["receipt.json"], trust)
    form, _, named = _exactly(manifest, "format", "members", "receipt")
    need(form == "helm-logic/pack/v1" and named == root.id, "another manifest")
    receipts = {name: Receipt(content, trust) for name, content in sets["parents"].items()}
    need(all(name == each.id for name, each in receipts.items()), "parents")
    receipts[root.id] = root
    _closed(root, receipts, sets)
    places = {name: each.proof.index for name, each in receipts.items()}
    approvals = {one.digest: one for each in receipts.values() for one in each.attached}
    for name, content in sets["approvals"].items():
        proof = Proof(content)
        need(proof.checkpoint == root.proof.checkpoint, "several tree heads")
        proof.includes(approvals[name].leaf(2), trust)
        places[name] = proof.index
    for name, each in receipts.items():
        need(each.proof.checkpoint == root.proof.checkpoint, "several tree heads")
        edges = [(parent, name) for parent in each.said["parents"]]
        edges += [(one["receipt"], one["digest"]) for one in each.said["approvals"]]
        ordered = [places[a] < places[b] for a, b in edges if b in places]
        need(all(ordered), "not in order")
        _statements(each, receipts)
    need(members["story.txt"] == _story([*receipts.values()]), "another story")
    return root.verdict


def _members(data: bytes) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    place = 0
    while data[place : place + 1024] != bytes(1024):
        name = data[place : place + 100].rstrip(b"\0").decode("ascii")
        size = int(data[place + 124 : place + 135], 8)
        need(re.fullmatch("[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", name), "a name")
        fixed = b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"0" * 11 + b"\0"
        head, tail = name.encode().ljust(100, b"\0") + fixed, b"0" + bytes(100) + b"ustar\x0000"
        tail += bytes(64) + b"0000000\0" * 2 + bytes(167)
        total = sum(head) + sum(tail) + 8 * 32
        need(data[place : place + 512] == head + b"%06o\0 " % total + tail, "a header")
        content, end = data[place + 512 : place + 512 + size], place + 512 + size
        place = end + -size % 512
        need(len(content) == size and not any(data[end:place]), "a content")
        need(size <= 32 << 20 and name > max(members, default=""), "a member")
        members[name] = content
    need(place + 1024 == len(data) <= 64 << 20 and len(members) <= 256, "another end")
    return members


def _closed(root: Receipt, receipts: dict[str, Receipt], sets: Any) -> None:
    reached, waiting = set[str](), {root.id}
    while waiting:
        reached |= waiting
        waiting = {name for one in waiting for name in receipts[one].answers} - reached
    need(reached == receipts.keys() and len(receipts) == len(sets["parents"]) + 1, "parents")
    logged = {name for each in receipts.values() for name in each.logged}
    need(logged == sets["approvals"].keys(), "approvals")
    _policies(sets, [each.said for each in receipts.values()])


def _policies(sets: Any, statements: list[Any]) -> None:
    texts = set()
    for name, content in sets["policies"].items():
        policy = load(content, as_canonical=False)
        users = {said["program"] for said in statements if said["policy"] == name}
        need(users == {policy["program"]} and _digest(content) == name, "a policy")
        need(policy["format"] == "helm-logic/bundle/v1", "the format of a policy")
        texts |= {text for _, text in policy["rules"]}
    need(texts == sets["rules"].keys(), "rule texts")
    need(all(_digest(content) == name for name, content in sets["rules"].items()), "a rule text")


def _folders(members: dict[str, bytes], kinds: dict[str, str], others: set[str]) -> Any:
    need(others <= members.keys(), "a member is missing")
    sets: dict[str, dict[str, bytes]] = {name: {} for name in kinds}
    for name in members.keys() - others:
        kind, named, suffix = re.split(r"[/.]", name, maxsplit=2)
        need(kinds[kind] == suffix and re.fullmatch("[0-9a-f]{64}", named), "another member")
        sets[kind]["sha256:" + named] = members[name]
    return sets


def _statements(receipt: Receipt, receipts: dict[str, Receipt]) -> None:
    for each in receipt.attached:
        said = _own_key(each)
        if "approval" in each.type:
            answered = receipts[said["receipt"]]
            need(answered.verdict == "ESCALATE", "an approval answers no ESCALATE")
            fits = {(one.subject, one.said["policy"]) for one in (receipt, answered)}
            need(fits == {(said["request"], said["policy"])}, "an approval of something else")


def _own_key(envelope: Envelope) -> Any:
    kind = envelope.type.removeprefix("application/vnd.helm-logic.").removesuffix("+json")
    said = load(envelope.payload, as_canonical=False)
    scheme, _, raw = said[KEYS[kind]].partition(":")
    need(scheme == "ed25519", "no ed25519 key")
    envelope.signed_by(_base64(raw))
    return said


class Redacted(Receipt):
    """What a receipt says but for some values, signed again by its engine."""

    def __init__(self, members: dict[str, bytes], manifest: Any, trust: Trust) -> None:
        self.envelope = Envelope(load(members["redaction.json"]))
        need(self.envelope.type == "application/vnd.helm-logic.redaction+json", "no redaction")
        self.envelope.signed_by(*trust.engines)
        names = ("format", "leaf", "receipt", "statement", "withheld")
        form, text, self.id, value, withheld = _exactly(load(self.envelope.payload), *names)
        leaf = _base64(text)
        head = b"HLL1\1\0" + (len(leaf) - 72).to_bytes(2, "big") + bytes.fromhex(self.id[7:])
        need(form == "helm-logic/redaction/v1" and leaf[:40] == head, "another leaf")
        need({leaf[40:72].hex()} == self.envelope.signatures.keys(), "another engine's redaction")
        need({"format", "members", "receipt"} == manifest.keys(), "members of the manifest")
        need(manifest["receipt"] == self.id == "sha256:" + leaf[8:40].hex(), "another receipt")
        self._statement(value)
        said, others = self.said, {"manifest.json", "redaction.json", "receipt.tlog-proof"}
        others |= {"story.txt"} if said["certificate"] is None else {"story.txt", "program.json"}
        self.program = load(members["program.json"]) if "program.json" in others else None
        self.reads = set[str]()
        self._derivation()
        for commitment, facts, path in (
            _exactly(w, "commitment", "facts", "path") for w in withheld
        ):
            found = said["request"]
            for name in path:
                found = found[name]
            need(found == {"redacted": commitment}, "not withheld")
            need(self.reads.isdisjoint(facts), "the rules read what is withheld")
        kinds = {"envelopes": "json", "policies": "json", "rules": "dl"}
        sets = _folders(members, kinds, others)
        _policies(sets, [said])
        wanted = {each["file"]: each["digest"] for each in (*said["chain"], *said["revocations"])}
        files = {name: Envelope(load(content)) for name, content in sets["envelopes"].items()}
        need({name: each.digest for name, each in files.items()} == wanted, "envelopes")
        need(all(each.file == name and _own_key(each) for name, each in files.items()), "a file")
        self.proof = Proof(members["receipt.tlog-proof"])
        self.proof.includes(hashlib.sha256(b"\0" + leaf).digest(), trust)
        told = [f"The value of {_told('.'.join(each['path']))} is withheld." for each in withheld]
        need(members["story.txt"] == _story([self], *told), "another story")


def _story(receipts: list[Receipt], *told: str) -> bytes:
    parts = ["What happened, as the signed receipts in this pack tell it."]
    placed = sorted(receipts, key=lambda each: (each.proof.index, each.id))
    parts += ["\n".join(_event(each, each.said)) for each in placed]
    end = "The receipts count, not this page. `helm-logic verify FILE` checks them with your own"
    return "\n\n".join([*parts, *told, f"{end} trust.\n"]).encode("ascii")


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
    yield f"  This is entry {receipt.proof.index} of the log, with the receipt {receipt.id}."


def _told(value: Any, *path: str) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return json.dumps(value) if isinstance(value, str) else "null"
