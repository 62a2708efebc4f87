# SPDX-License-Identifier: Apache-2.0
"""What could be otherwise about a request: values it gives, approvals, the moment, its links.

A *change* is one thing that somebody could bring about; its *kind* says who. Inputs, approvals and
time are what whoever asks can come back with; a link is for its issuer to sign anew; another action
or subject is another request. Anchors, and facts of the policy, are never changed here.

Facts of a changed request are made as those of a request are, by the rooms that make them, so that
what is found here is what `decide` will find. Candidates are the values that can matter: those of a
declared domain, and where there is none the constants of the rules, of the links' constraints, and
beside each number the next on either side.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

import attrs

from helm_logic.authority.facts import BOUNDS, named_properties
from helm_logic.errors import NotExplained
from helm_logic.explain.chain_repair import ChainRepair, LinkEdit
from helm_logic.explain.influence import Causes
from helm_logic.explain.model_view import Fact
from helm_logic.explain.subject import Asked, Subject
from helm_logic.explain.values import Values
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.policy.inputs import REQUEST_RELATIONS, request_facts
from helm_logic.policy.request import Request
from helm_logic.receipts.pack_story import moment

INPUT, APPROVAL, TIME, LINK, REQUEST = "input", "approval", "time", "link", "request"
ABDUCIBLE = (INPUT, APPROVAL, TIME)
PLACEHOLDERS = 3  # approvers whom nobody has configured, and who stand for any

Path: TypeAlias = tuple[str, ...]
_SUBJECT, _ACTION = ("subject",), ("action", "name")


@attrs.frozen
class Change:
    """One thing that is otherwise: *slot* tells which, and *value* how.

    *moves* are the given predicates whose facts come or go with it; *words* tell it to a reader.
    """

    kind: str
    slot: Hashable
    value: Hashable
    words: str = attrs.field(eq=False)
    moves: frozenset[str] = attrs.field(eq=False)

    def touches(self, leaves: Collection[Fact], causes: Causes) -> bool:
        """Say whether it can take away one of *leaves*, or is one of *causes*."""
        if self.moves & (causes.added | causes.removed):
            return True
        edit = self.value if isinstance(self.value, LinkEdit) else None
        return any(
            name in self.moves and (edit is None or edit.touches(row)) for name, row in leaves
        )

    @property
    def approval(self) -> tuple[str, str]:
        """Who approves, and in which role."""
        return self.value  # type: ignore[return-value]

    def to_value(self) -> dict[str, object]:
        """Return the JSON form: with path and value, or who approves as what, or the moment."""
        value: dict[str, object] = {"kind": self.kind, "words": self.words}
        if self.kind in (INPUT, REQUEST):
            path: Path = self.slot  # type: ignore[assignment]
            value |= {"path": ".".join(path), "value": json.loads(str(self.value) or "null")}
        elif self.kind == APPROVAL:
            approver, role = self.approval
            value |= {"approver": approver, "role": role}
        elif self.kind == TIME:
            value |= {"now": self.value}
        elif isinstance(self.value, LinkEdit):
            value |= {"link": self.value.link, "statement": self.value.statement}
        return value


@attrs.frozen(slots=False)
class Requests:
    """The requests that differ from the one of *subject* by changes; raises NotExplained."""

    subject: Subject

    @cached_property
    def asked(self) -> Asked:
        """The request itself."""
        if self.subject.asked is None:
            raise NotExplained(
                "what would change it cannot be told without the policy that decided; name its "
                "folder with --policy, or explain an EvidencePack"
            )
        return self.subject.asked

    @cached_property
    def chain(self) -> ChainRepair:
        """The chain, and how its links could be signed anew."""
        return ChainRepair(self.subject)

    @cached_property
    def _standing(self) -> dict[str, tuple[Row, ...]]:
        made = {*REQUEST_RELATIONS, "property", "quantity", *(i.name for i in self.asked.inputs)}
        facts = self.subject.facts
        return {name: tuple(rows) for name, rows in facts.items() if name not in made}

    def facts(self, changes: Collection[Change]) -> dict[str, list[Row]]:
        """Return all given facts of the request with *changes*."""
        request, now = self.request(changes), self.now(changes)
        facts = {name: list(rows) for name, rows in self._standing.items()}
        if edits := _edits(changes):
            facts |= self.chain.facts(edits, request, now)
        names = {str(row[2])[2:] for name in BOUNDS for row in facts.get(name, ())}
        facts |= named_properties(names, request)
        facts |= request_facts(Request(dict(request), ""), self.asked.inputs, now)
        for each in changes:
            if each.kind == APPROVAL:
                approver, role = each.approval
                row = (f"s:what-if/{role}/{approver}", f"s:{approver}", f"s:{role}")
                facts.setdefault("approval", []).append(row)
        return {name: rows for name, rows in facts.items() if name in self.subject.program.by_name}

    def request(self, changes: Collection[Change]) -> dict[str, JsonValue]:
        """Return the request with *changes*, without chain and approvals."""
        value = dict(self.asked.request)
        for each in changes:
            if each.kind in (INPUT, REQUEST):
                value = _placed(value, each.slot, str(each.value))  # type: ignore[arg-type]
        return value

    def now(self, changes: Collection[Change]) -> int:
        """Return the moment of the decision, in seconds, with *changes*."""
        return next((each.value for each in changes if each.kind == TIME), self.asked.now)  # type: ignore[return-value]

    def candidates(self, kinds: Collection[str], changes: Collection[Change]) -> list[Change]:
        """Return the changes of *kinds* that there are beside *changes*, cheapest for all first."""
        found = [each for each in self._fixed if each.kind in kinds]
        if APPROVAL in kinds:
            found += self._approvals(changes)
        return found

    def told(self, changes: Collection[Change]) -> tuple[Change, ...]:
        """Return *changes* in order, those of links with what the links have to say together."""
        request, now, edits = self.request(changes), self.now(changes), _edits(changes)
        told = (
            attrs.evolve(each, words=self.chain.words(each.value, edits, request, now))
            if isinstance(each.value, LinkEdit)
            else each
            for each in changes
        )
        return tuple(sorted(told, key=lambda each: (each.kind, each.words)))

    def mattering(
        self, candidates: Iterable[Change], changes: Collection[Change]
    ) -> Iterator[Change]:
        """Yield those of *candidates* that are no links, or leave another chain than *changes*."""
        request, now, edits = self.request(changes), self.now(changes), _edits(changes)
        before = None
        for each in candidates:
            if isinstance(each.value, LinkEdit):
                before = before or self.chain.changed(edits, request, now)
                if before == self.chain.changed([*edits, each.value], request, now):
                    continue
            yield each

    @cached_property
    def _fixed(self) -> list[Change]:
        return [*self._inputs(), *self._times(), *self._links(), *self._requests()]

    @cached_property
    def _values(self) -> Values:
        return Values(self.subject)

    def _inputs(self) -> Iterator[Change]:
        paths: dict[Path, set[str]] = {}
        for declared in self.asked.inputs:
            paths.setdefault(declared.path, set()).update(
                (declared.name, "missing", "invalid_input")
            )
        for name in self._values.constrained:
            paths.setdefault(_path(name), set()).update(("property", "quantity"))
        for path, moves in sorted(paths.items()):
            present = _at(self.asked.request, path)
            here = [each for each in self.asked.inputs if each.path == path]
            for value in self._values.of(path, here, present):
                words = f"`{'.'.join(path)}` is " + (value or "left out")
                words += f" instead of {present}" if present else ", which the request leaves out"
                yield Change(INPUT, path, value, words, frozenset(moves))

    def _times(self) -> Iterator[Change]:
        for later in self._values.moments(self.asked.now):
            words = f"it is asked at {moment(later)}"
            yield Change(TIME, ("now",), later, words, frozenset({"now"}))

    def _links(self) -> Iterator[Change]:
        for edit in self.chain.edits():
            yield Change(LINK, edit.slot, edit, f"{edit.statement} of {edit.link}", edit.moves)

    def _requests(self) -> Iterator[Change]:
        actions = {str(row[0])[2:] for row in self.subject.model.get("known_action", ())}
        present = {str(row[0])[2:] for row in self.subject.facts.get("action", ())}
        for action in sorted(actions - present):
            words = f"the action is `{action}`"
            yield Change(REQUEST, _ACTION, json.dumps(action), words, frozenset({"action"}))
        present = {str(row[0])[2:] for row in self.subject.facts.get("subject", ())}
        for name in sorted(set(self.chain.ends()) - present):
            kind, _, identity = name.partition(":")
            value = json.dumps({"id": identity, "type": kind})
            yield Change(REQUEST, _SUBJECT, value, f"`{name}` asks", frozenset({"subject"}))

    def _approvals(self, changes: Collection[Change]) -> Iterator[Change]:
        taken = {
            (str(row[1])[2:], str(row[2])[2:]) for row in self.subject.facts.get("approval", ())
        }
        taken |= {each.approval for each in changes if each.kind == APPROVAL}
        for role in self._values.roles(self.asked.approvers):
            named = [name for name, roles in self.asked.approvers.items() if role in roles]
            free = [name for name in sorted(named) if (name, role) not in taken]
            words = "{} approves it as `" + role + "`"
            if not named:
                free = [
                    name
                    for name in (f"user:{role}", *(f"user:{role}-{n}" for n in (2, PLACEHOLDERS)))
                    if (name, role) not in taken
                ][:1]
                words = "somebody whom the policy lets approve as `" + role + "` does so"
            for name in free:
                moves = frozenset({"approval"})
                slot = (APPROVAL, name, role)
                yield Change(APPROVAL, slot, (name, role), words.format(f"`{name}`"), moves)


def _edits(changes: Collection[Change]) -> list[LinkEdit]:
    return [each.value for each in changes if isinstance(each.value, LinkEdit)]


def _path(name: str) -> Path:
    """Return where a request has the property *name* of a constraint."""
    source, _, member = name.partition(".")
    return (source, member) if source == "context" else (source, "properties", member)


def _at(value: object, path: Path) -> str:
    """Return what *value* has at *path*, as JSON; nothing if there is nothing."""
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return ""
        value = value[name]
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _placed(value: Mapping[str, JsonValue], path: Path, new: str) -> dict[str, JsonValue]:
    """Return *value* with the JSON *new* at *path*, or without what is there if that is empty.

    Members of an object that is there already stay beside those of a new one.
    """
    first, *rest = path
    below = value.get(first)
    inner = below if isinstance(below, dict) else {}
    if rest:
        return {**value, first: _placed(inner, tuple(rest), new)}
    if not new:
        return {name: each for name, each in value.items() if name != first}
    read: JsonValue = json.loads(new)
    return {**value, first: {**inner, **read} if isinstance(read, dict) else read}
