# SPDX-License-Identifier: Apache-2.0
"""Whether what rules ask for exists: names, numbers of columns, inputs in `missing`, values.

Types are `types.py`; which variables have values is `safety.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from helm_logic.kernel.terms import Term
from helm_logic.lang import tree, walk
from helm_logic.lang.constants import ADMITS
from helm_logic.lang.diagnostics import Findings, Note, did_you_mean
from helm_logic.lang.ruleset import Input
from helm_logic.lang.table import RELATION, Table

MISSING = "missing"
_SHOWN = 8


class Uses:
    """Checks the rules of a program against its table.

    *known* are names that may exist although the table lacks them, because a statement could not be
    read; if *lenient*, because a file was not found, no name is called undefined.
    """

    def __init__(
        self, table: Table, findings: Findings, known: frozenset[str], *, lenient: bool
    ) -> None:
        self._table, self._findings, self._known, self._lenient = table, findings, known, lenient

    def check(self, clause: tree.Clause, source: str) -> None:
        """Report what is wrong with the atoms and input values of *clause*, from *source*."""
        body = walk.literals(clause)
        asked = [atom for _, atom in walk.atoms(body)]
        sealed = source not in self._table.prelude
        for atom in asked if "/" in clause.head.predicate else (clause.head, *asked):
            if sealed and self._table.is_sealed(atom.predicate):
                message = f"`{atom.predicate}` belongs to the verdict, which no rule touches"
                fix = "conclude `deny`, `escalate` or `allow`" * (atom is clause.head)
                self._findings.add("HL018", message, atom.name_span, fix=fix)
            else:
                self._check_atom(atom)
        self._check_domains(body)

    def _check_atom(self, atom: tree.Atom) -> None:
        entry = self._table.entries.get(atom.predicate)
        if entry is None:
            if not self._lenient and atom.predicate not in self._known:
                self._undefined(atom)
        elif entry.arity != len(atom.terms):
            got, want = _columns(len(atom.terms)), _columns(entry.arity)
            message = f"`{atom.predicate}` has {got} here and {want} elsewhere"
            notes = [Note(f"with {want} here", entry.span)]
            self._findings.add("HL004", message, atom.span, expected=want, notes=notes)
        elif atom.predicate == MISSING and entry.kind == RELATION and len(atom.terms) == 1:
            self._check_missing(atom.terms[0])

    def _undefined(self, atom: tree.Atom) -> None:
        fix = did_you_mean(atom.predicate, self._table.entries)
        if not fix:
            arguments = ", ".join("..." for _ in atom.terms)
            fix = f"declare it: `#predicate {atom.predicate}({arguments}).`"
        expected = "a predicate that a rule concludes or a line declares"
        message = f"no rule concludes `{atom.predicate}` and nothing declares it"
        self._findings.add("HL007", message, atom.name_span, expected=expected, fix=fix)

    def _check_missing(self, term: tree.SimpleTerm) -> None:
        if not isinstance(term, tree.Constant) or term.kind != "string":
            return
        name = str(term.value)[2:]
        declared = self._table.inputs.get(name)
        if declared is None:
            required = [each.name for each in self._table.inputs.values() if each.required]
            message = f"no input is called {term.spelling}"
            fix = did_you_mean(name, required)
            self._findings.add("HL010", message, term.span, expected="a required input", fix=fix)
        elif not declared.required:
            why = "is optional" if declared.optional else "has a default"
            message = f"{term.spelling} is never missing: it {why}"
            self._findings.add("HL010", message, term.span, expected="a required input")

    def _check_domains(self, body: tuple[tree.Literal, ...]) -> None:
        """Report constants that an input never equals, in its atom or compared with it."""
        values: dict[str, Input] = {}
        for _, atom in walk.atoms(body):
            declared = self._table.inputs.get(atom.predicate)
            if declared is None or len(atom.terms) != 1:
                continue
            if isinstance(atom.terms[0], tree.Constant):
                self._require_value(atom.terms[0], declared)
            elif not atom.terms[0].is_anonymous:
                values.setdefault(atom.terms[0].name, declared)
        for literal in body:
            if isinstance(literal, tree.Comparison) and literal.relation in ("=", "!="):
                for one, other in ((literal.left, literal.right), (literal.right, literal.left)):
                    if isinstance(one, tree.Variable) and isinstance(other, tree.Constant):
                        self._require_value_of(one, other, values)

    def _require_value_of(
        self, variable: tree.Variable, constant: tree.Constant, values: Mapping[str, Input]
    ) -> None:
        if variable.name in values:
            self._require_value(constant, values[variable.name])

    def _require_value(self, constant: tree.Constant, declared: Input) -> None:
        if declared.domain is None or constant.value in declared.domain:
            return
        if declared.type not in ADMITS[constant.kind]:
            return  # a type conflict, which is reported as that
        expected, fix = _listed(declared.domain), ""
        if constant.kind in ("string", "symbol"):
            fix = did_you_mean(str(constant.value)[2:], [str(each)[2:] for each in declared.domain])
        where = self._table.entries[declared.name].column_spans[0]
        self._findings.add(
            "HL011",
            f"`{declared.name}` is never {constant.spelling}",
            constant.span,
            expected=expected,
            fix=fix,
            notes=[Note("its values are declared here", where)],
        )


def _listed(domain: tuple[Term, ...]) -> str:
    shown = [str(each) if type(each) is int else str(each)[2:] for each in domain[:_SHOWN]]
    return " or ".join(shown) + f" or {len(domain) - _SHOWN} more" * (len(domain) > _SHOWN)


def _columns(number: int) -> str:
    return "1 column" if number == 1 else f"{number} columns"
