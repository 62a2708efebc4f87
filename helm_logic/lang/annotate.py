# SPDX-License-Identifier: Apache-2.0
"""The id of every rule, and what its annotations say.

A rule is called by its `@id`, or else after its head: `deny/1` is the first rule about `deny`
without one, counted over the whole program, `deny/2` the next. So an `@id` may not end in `/` and a
number: ids are unique without asking. Claims and assumptions are called `claim/1` and `assume/1` in
the same way, after all rules, so that they change no rule's id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial

import attrs

from helm_logic.lang import tree
from helm_logic.lang.diagnostics import Findings, Note, did_you_mean
from helm_logic.lang.printer import format_bare
from helm_logic.lang.ruleset import Annotations
from helm_logic.lang.source import Span

SEVERITIES = ("info", "low", "medium", "high", "critical")
_KINDS: Mapping[str, str] = {
    "id": "string", "reason": "string", "approver": "string", "severity": "symbol",
    "overrides": "string",
}  # fmt: skip
_OF_RULES_ONLY = ("approver", "severity", "overrides")
_NOTHING = Annotations()
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}", re.ASCII)
_NUMBERED = re.compile(r"(?:^|/)\d+$|^relevant/", re.ASCII)


@attrs.frozen
class Named:
    """A rule with its id and what its annotations say, its text left out."""

    id: str
    clause: tree.Clause
    said: Annotations
    source: str

    @property
    def annotations(self) -> Annotations:
        """What its annotations say, and its text."""
        return attrs.evolve(self.said, write=partial(format_bare, self.clause))


@attrs.frozen
class NamedClaim:
    """A claim or assumption with its id and annotations; *predicate* says its condition holds."""

    id: str
    predicate: str
    statement: tree.Claim | tree.Assumption
    said: Annotations
    source: str

    @property
    def annotations(self) -> Annotations:
        """What its annotations say, and its text."""
        return attrs.evolve(self.said, write=partial(format_bare, self.statement))


def annotate(
    statements: Iterable[tuple[str, tree.Rulelike]], findings: Findings
) -> tuple[list[Named], list[NamedClaim]]:
    """Return rules, and claims, with ids; each of *statements* comes after its source's name.

    Reports HL009 and HL015.
    """
    annotator = _Annotator(findings)
    rules, claims = [], []
    for source, statement in statements:
        if isinstance(statement, tree.Clause):
            rules.append(annotator.name(source, statement))
        else:
            claims.append((source, statement))
    annotator.check_overrides(each.id for each in rules)
    return rules, [annotator.name_claim(source, claim) for source, claim in claims]


class _Annotator:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._ids: dict[str, Span] = {}
        self._numbers: dict[str, int] = {}
        self._overrides: list[tree.Constant] = []

    def name(self, source: str, clause: tree.Clause) -> Named:
        rule_id, annotations = self._read(clause)
        return Named(rule_id or self._next_id(clause.head.predicate), clause, annotations, source)

    def name_claim(self, source: str, claim: tree.Claim | tree.Assumption) -> NamedClaim:
        given, annotations = self._read(claim)
        word = "claim" if isinstance(claim, tree.Claim) else "assume"
        claim_id = given or self._next_id(word)
        predicate = f"{word}/{given}" if given else claim_id
        return NamedClaim(claim_id, predicate, claim, annotations, source)

    def _read(self, rule: tree.Rulelike) -> tuple[str | None, Annotations]:
        """Return the `@id` of *rule*, if it has a good one, and what its annotations say."""
        if not rule.annotations:
            return None, _NOTHING
        said: dict[str, list[tree.Constant]] = {}
        for annotation in rule.annotations:
            if isinstance(rule, tree.Clause) or annotation.name not in _OF_RULES_ONLY:
                self._take(annotation, said)
            else:
                message = f"`@{annotation.name}` says nothing about a claim"
                self._findings.add("HL015", message, annotation.span, expected="@id or @reason")
        self._overrides += said.get("overrides", [])
        texts = {name: str(found[0].value)[2:] for name, found in said.items()}
        annotations = Annotations(
            reason=texts.get("reason"),
            approver=texts.get("approver"),
            severity=texts.get("severity"),
            overrides=tuple(str(each.value)[2:] for each in said.get("overrides", [])),
        )
        return self._explicit_id(said["id"][0]) if "id" in said else None, annotations

    def _take(self, annotation: tree.Annotation, said: dict[str, list[tree.Constant]]) -> None:
        name, argument = annotation.name, annotation.argument
        if name not in _KINDS:
            expected = ", ".join(f"@{each}" for each in _KINDS)
            message, fix = f"there is no annotation `@{name}`", did_you_mean(name, _KINDS)
            self._findings.add("HL015", message, annotation.span, expected=expected, fix=fix)
        elif argument.kind != _KINDS[name]:
            message = f"`@{name}` takes a {_KINDS[name]}, not `{argument.spelling}`"
            fix = f'`@{name}("...")`' if _KINDS[name] == "string" else f"`@{name}(high)`"
            self._findings.add("HL015", message, argument.span, fix=fix)
        elif name == "severity" and argument.spelling not in SEVERITIES:
            message, expected = f"`{argument.spelling}` is no severity", ", ".join(SEVERITIES)
            fix = did_you_mean(argument.spelling, SEVERITIES)
            self._findings.add("HL015", message, argument.span, expected=expected, fix=fix)
        elif name in said and name != "overrides":
            notes = [Note("the first one", said[name][0].span)]
            message = f"`@{name}` stands twice before one rule"
            self._findings.add("HL015", message, annotation.span, notes=notes)
        else:
            said.setdefault(name, []).append(argument)

    def _explicit_id(self, constant: tree.Constant) -> str | None:
        text = str(constant.value)[2:]
        if not _ID.fullmatch(text) or _NUMBERED.search(text):
            expected = "letters, digits, `.`, `_`, `-` and `/`, without a number as its last part"
            message = f"{constant.spelling[:40]} is no id of a rule"
            self._findings.add("HL015", message, constant.span, expected=expected)
            return None
        if text in self._ids:
            notes = [Note("the other one", self._ids[text])]
            message = f"two rules have the id {constant.spelling}"
            self._findings.add("HL009", message, constant.span, fix="rename one", notes=notes)
            return None
        self._ids[text] = constant.span
        return text

    def _next_id(self, predicate: str) -> str:
        self._numbers[predicate] = self._numbers.get(predicate, 0) + 1
        return f"{predicate}/{self._numbers[predicate]}"

    def check_overrides(self, ids: Iterable[str]) -> None:
        known = frozenset(ids)
        for each in self._overrides:
            text = str(each.value)[2:]
            if text not in known:
                fix = did_you_mean(text, known)
                message = f"no rule has the id {each.spelling}"
                self._findings.add(
                    "HL015", message, each.span, expected="the id of a rule", fix=fix
                )
