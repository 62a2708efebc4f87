# SPDX-License-Identifier: Apache-2.0
"""The symbol table: every predicate, its kind, its number of columns and where it was declared.

Invariants: one entry a name; a given predicate (`input`, `relation`) is concluded by no rule; the
predicates of the verdict join, which the prelude defines, are touched by no other file. Column
types that are not declared are found by `types.py`; the uses of predicates in bodies are checked by
`uses.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from helm_logic.kernel.terms import COLUMN_TAGS
from helm_logic.lang import tree
from helm_logic.lang.declared_inputs import declared_input
from helm_logic.lang.diagnostics import Findings, Note, did_you_mean
from helm_logic.lang.parser import Reading
from helm_logic.lang.ruleset import Input
from helm_logic.lang.source import Span

INPUT, RELATION, DERIVED = "input", "relation", "predicate"
WORDS = frozenset({"not", "true", "false", "matches", "subsumes"})
JOIN = ("verdict", "denied", "escalated", "granted", "relevant")


@attrs.frozen
class Entry:
    """A predicate: *types* are its declared column types, None if they are to be inferred."""

    name: str
    kind: str
    arity: int
    types: tuple[str, ...] | None
    span: Span
    source: str
    column_spans: tuple[Span, ...] = ()

    @property
    def given(self) -> bool:
        """Whether its facts come from outside the rules."""
        return self.kind != DERIVED


@attrs.frozen
class Table:
    """The predicates in the order of their first declaration or rule, and the inputs."""

    entries: Mapping[str, Entry]
    inputs: Mapping[str, Input]
    prelude: frozenset[str]

    def is_sealed(self, name: str) -> bool:
        """Say whether *name* belongs to the verdict join."""
        return name in JOIN and name in self.entries and self.entries[name].source in self.prelude


def make_table(readings: Iterable[Reading], prelude: frozenset[str], findings: Findings) -> Table:
    """Return the table of *readings*; *prelude* names the sources that define the join."""
    maker = _Maker(findings)
    statements = [(each.source.name, one) for each in readings for one in each.tree.statements]
    for source, statement in statements:
        if isinstance(statement, tree.InputDeclaration):
            maker.declare_input(statement, source)
        elif isinstance(statement, tree.Declaration):
            maker.declare(statement, source)
    for source, statement in statements:
        if isinstance(statement, tree.Clause):
            maker.conclude(statement, source)
    return Table(maker.entries, maker.inputs, prelude)


class _Maker:
    def __init__(self, findings: Findings) -> None:
        self.entries: dict[str, Entry] = {}
        self.inputs: dict[str, Input] = {}
        self._findings = findings

    def declare_input(self, statement: tree.InputDeclaration, source: str) -> None:
        made = declared_input(statement, self._findings)
        span = statement.name_span
        entry = Entry(made.name, INPUT, 1, (made.type,), span, source, (statement.type.span,))
        if self._add(entry):
            self.inputs[made.name] = made

    def declare(self, statement: tree.Declaration, source: str) -> None:
        types = tuple(self._type(column) for column in statement.columns)
        kind = RELATION if statement.given else DERIVED
        spans = tuple(column.span for column in statement.columns)
        span = statement.name_span
        self._add(Entry(statement.name, kind, len(types), types, span, source, spans))

    def _type(self, column: tree.Column) -> str:
        if column.type in COLUMN_TAGS:
            return column.type
        expected = ", ".join(COLUMN_TAGS)
        fix = did_you_mean(column.type, COLUMN_TAGS)
        message = f"`{column.type}` is no column type"
        self._findings.add("HL017", message, column.span, expected=expected, fix=fix)
        return "string"

    def _add(self, entry: Entry) -> bool:
        known = self.entries.get(entry.name)
        if entry.name in WORDS:
            message = f"`{entry.name}` is a word of the language"
            self._findings.add("HL018", message, entry.span, fix="choose another name")
        elif known is None:
            self.entries[entry.name] = entry
            return True
        elif known.kind != DERIVED or entry.kind != DERIVED or known.types != entry.types:
            message = f"`{entry.name}` is declared already"
            fix = "remove one of the two, or make them agree" if not known.given else ""
            notes = [Note(f"declared here as {known.kind}", known.span)]
            self._findings.add("HL008", message, entry.span, fix=fix, notes=notes)
        return False

    def conclude(self, clause: tree.Clause, source: str) -> None:
        head = clause.head
        known = self.entries.get(head.predicate)
        if known is None:
            arity, span = len(head.terms), head.name_span
            self._add(Entry(head.predicate, DERIVED, arity, None, span, source))
        elif known.given:
            message = f"a rule concludes about `{head.predicate}`, whose facts are given"
            fix = "declare it with `#predicate` if rules are to define it" * (
                known.kind == RELATION
            )
            notes = [Note(f"declared here as {known.kind}", known.span)]
            self._findings.add("HL008", message, head.name_span, fix=fix, notes=notes)


def rules_of(readings: Iterable[Reading]) -> Iterator[tuple[str, tree.Rulelike]]:
    """Yield every rule, claim and assumption of *readings* after the name of its source."""
    for reading in readings:
        for statement in reading.tree.statements:
            if isinstance(statement, tree.Rulelike):
                yield reading.source.name, statement
