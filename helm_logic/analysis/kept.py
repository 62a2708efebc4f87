# SPDX-License-Identifier: Apache-2.0
"""What is kept of a run for the next one, and under which keys.

- `settled`: rules of which nothing is to be said by themselves, neither dead nor with a condition
  that is vacuous. What decides that is the rule, every rule that it rests on, and what is assumed.
- `decided`: actions for which some rule decides every request. What decides that are the rules that
  can hold for the action, and what is assumed.
- `outcome`: what the engine made of a witness. What decides that is the case, and every rule that
  can hold for its action: rules that ask for another one leave no trace in the model.
- `narrows`: rules by which authority was proved to narrow. What decides that is their digest.

A key is a digest of all that decides, this program included: whatever changes, the key does, and
nothing has to be thrown away in time. Only what a run has to find out again is kept: a finding is
made anew by the run that tells it, with its places, its words and what proves it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache as once
from functools import cached_property
from pathlib import Path

import attrs

from helm_logic import __version__
from helm_logic.analysis.cache import Cache
from helm_logic.analysis.change.actions import Actions
from helm_logic.analysis.dependency import reads, recursive
from helm_logic.analysis.finding import Finding
from helm_logic.analysis.formula import Fact
from helm_logic.analysis.study import Study
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Term
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict

_MANY = 100  # facts about one predicate: near the number from which they are not related to others


class Kept:
    """What *cache* knows of the rules of *study*, and what is to be remembered of this run."""

    def __init__(self, cache: Cache, study: Study) -> None:
        self._cache, self._study = cache, study
        self.believed = False  # whether something was not proved in this run
        self._program = study.rule_set.program
        self._digests = {rule.id: _digest((rule.head, rule.body)) for rule in self._program.rules}

    # Rules by themselves.

    @cached_property
    def settled(self) -> frozenset[str]:
        """The ids of linted rules that were found to be neither dead nor vacuous in part."""
        return frozenset(rule_id for rule_id, key in self._keys.items()
                         if self._cache.get(key) == "settled")  # fmt: skip

    def keep(self, findings: Collection[Finding]) -> None:
        """Remember the rules that *findings* call neither dead nor vacuous, if all was answered."""
        if any(finding.code == "HL903" for finding in findings):
            return
        told = {each.rules[0] for each in findings if each.code in ("HL101", "HL102")}
        for rule_id, key in self._keys.items():
            if rule_id not in told:
                self._cache.put(key, "settled")

    @cached_property
    def _told(self) -> str:
        """A digest of what every answer rests on: what is assumed, and how facts are related."""
        assumed = [rule.head.predicate for rule in self._program.rules
                   if rule.head.predicate.startswith("assume/")]  # fmt: skip
        is_library = bool(self._study.linted & self._study.stock)
        return _digest([self._many, is_library, *sorted(self._below(assumed))])

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        """The key of each linted rule: what it says, what it rests on, and what is assumed."""
        names = {rule.id: reads(rule) for rule in self._program.rules
                 if rule.id in self._study.linted}  # fmt: skip
        below = {read: _digest(sorted(self._below(read))) for read in {*names.values()}}
        return {
            rule_id: "settled " + _digest([self._digests[rule_id], below[read], self._told,
                                           self._study.rule_set.origins.get(rule_id, ())])
            for rule_id, read in names.items()
        }  # fmt: skip

    def _below(self, names: Iterable[str]) -> Iterator[str]:
        """Yield a digest of each predicate that the predicates *names* rest on."""
        found, waiting = set(names), list(names)
        while waiting:
            name = waiting.pop()
            yield self._predicates[name]
            new = {read for rule in self._by_head.get(name, ()) for read in reads(rule)} - found
            found |= new
            waiting += new

    @cached_property
    def _by_head(self) -> Mapping[str, list[Rule]]:
        found: dict[str, list[Rule]] = {}
        for rule in self._program.rules:
            found.setdefault(rule.head.predicate, []).append(rule)
        return found

    @cached_property
    def _predicates(self) -> Mapping[str, str]:
        """A digest of what is known of each predicate: columns, input, rules in order."""
        inputs = {each.name: repr(each) for each in self._study.rule_set.inputs}
        cyclic = recursive(self._program)
        return {
            each.name: _digest([
                repr(each), inputs.get(each.name, ""), each.name in cyclic,
                [(self._digests[rule.id], rule.id in self._study.stock)
                 for rule in self._by_head.get(each.name, ())],
            ])
            for each in self._program.predicates
        }  # fmt: skip

    @cached_property
    def _many(self) -> list[str]:
        """The predicates with so many facts that some may not be related to each other."""
        counted: dict[str, int] = {}
        for feature in self._study.features:
            if isinstance(feature.source, Fact):
                for name in feature.source.predicates:
                    counted[name] = counted.get(name, 0) + 1
        return sorted(name for name, number in counted.items() if number > _MANY)

    # Actions.

    def decides(self, action: Term) -> bool:
        """Say whether some rule was found to decide every request for *action*."""
        if self._cache.get(self._action_key(action)) != "decided":
            return False
        self.believed = True
        return True

    def keep_decided(self, action: Term) -> None:
        """Remember that some rule decides every request for *action*."""
        self._cache.put(self._action_key(action), "decided")

    def _action_key(self, action: Term) -> str:
        rules = [self._general, self._by_action.get(action, "")]
        return "decided " + _digest([action, self._told, *rules])

    # Chains.

    def narrows(self, digest: str) -> bool:
        """Say whether authority was proved to narrow by the rules of *digest*."""
        return self._cache.get(f"narrows {_digest(digest)}") is not None

    def keep_narrowing(self, digest: str) -> None:
        """Remember that authority was proved to narrow by the rules of *digest*."""
        self._cache.put(f"narrows {_digest(digest)}", "proved")

    # Witnesses.

    def outcome(
        self, case: Case, applying: Collection[str], verdict: Verdict | None
    ) -> tuple[bool, Case | None]:
        """Return whether it is known what becomes of *case*, and if it counts, *case* with that."""
        match self._cache.get(self._case_key(case, applying, verdict)):
            case {"verdict": str(found), "reasons": [*reasons], "rules": [*rules]}:
                texts = tuple(map(str, reasons)), tuple(map(str, rules))
                known = attrs.evolve(case, verdict=Verdict(found), reasons=texts[0], rules=texts[1])
                return True, known
            case "nothing":
                return True, None
        return False, None

    def remember(
        self, case: Case, applying: Collection[str], verdict: Verdict | None, found: Case | None
    ) -> None:
        """Remember what came out of *case*: None if it did not what was promised."""
        told: JsonValue = "nothing" if found is None else {
            "verdict": found.verdict.value,
            "reasons": [*found.reasons],
            "rules": [*(found.rules or ())],
        }  # fmt: skip
        self._cache.put(self._case_key(case, applying, verdict), told)

    def _case_key(self, case: Case, applying: Collection[str], verdict: Verdict | None) -> str:
        action = case.request["action"]
        name = str(action["name"]) if isinstance(action, dict) else ""
        asked = [self._general, self._by_action.get(f"s:{name}", ""), repr(attrs.asdict(case)),
                 sorted(applying), None if verdict is None else verdict.value]  # fmt: skip
        return "outcome " + _digest(asked)

    @cached_property
    def _actions(self) -> Mapping[str, frozenset[Term] | None]:
        """The actions that each rule can hold for, None if it may be any."""
        known = Actions(self._by_head)
        return {rule.id: known.of(rule) for rule in self._program.rules}

    @cached_property
    def _general(self) -> str:
        """A digest of the rules that can hold whatever the action is, and of all declarations."""
        general = [rule for rule in self._program.rules if self._actions[rule.id] is None]
        used = {name for rule in general for name in (rule.head.predicate, *reads(rule))}
        declared = [repr(each) for each in self._program.predicates if each.name in used]
        rules = [(rule.id, self._digests[rule.id]) for rule in general]
        return _digest([rules, declared, [repr(each) for each in self._study.rule_set.inputs],
                        self._study.rule_set.relations])  # fmt: skip

    @cached_property
    def _by_action(self) -> Mapping[Term, str]:
        """A digest of the other rules that can hold for an action, by that action."""
        found: dict[Term, list[tuple[str, str]]] = {}
        for rule in self._program.rules:
            for action in self._actions[rule.id] or ():
                found.setdefault(action, []).append((rule.id, self._digests[rule.id]))
        return {action: _digest(rules) for action, rules in found.items()}


def _digest(value: object) -> str:
    return hashlib.sha256(f"{_this_program()} {value!r}".encode()).hexdigest()[:32]


@once
def _this_program() -> str:
    """Return what names this program: its version, and when each of its files was written."""
    found = hashlib.sha256(__version__.encode())
    package = Path(__file__).resolve().parent.parent
    for folder, folders, names in os.walk(package):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                status = (Path(folder) / name).stat()
                found.update(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return found.hexdigest()
