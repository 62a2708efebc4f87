# SPDX-License-Identifier: Apache-2.0
"""The check: accepted only if the model is *the* perfect model and the derivation proves its claim.

For every rule, all its instances over the claimed model are computed by plain joins, and then
- *closure*: the head of every instance is in the model;
- *support*: every derived fact is the head of an instance whose premises from its own stratum
  have smaller heights.
For a stratified program only the perfect model passes both (induction on strata: within one,
support makes every fact well-founded and closure makes the set complete), so `not`, `count` and
the absence of a fact are certified too. The derivation then needs no search: each step must be one
of those instances, and its premises earlier steps. What merely equals a constant is refused first.

No options, no input or output, no clock; nothing is kept from one check to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from helm_logic.errors import CertificateRefused, EvaluationError
from helm_logic.kernel.certificate import Apply, Certificate, Facts, Model, Step
from helm_logic.kernel.joins import Bindings, Join, Relations
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Row, is_row_of


class Checker:
    """The check for one program, whose rule bodies are prepared once."""

    def __init__(self, program: Program) -> None:
        self._columns = {predicate.name: predicate.columns for predicate in program.predicates}
        self._given = {predicate.name for predicate in program.predicates if predicate.given}
        self._derived = self._columns.keys() - self._given
        self._rules = [_RuleCheck(program, number) for number in range(len(program.rules))]

    def check(self, facts: Facts, certificate: Certificate) -> Atom:
        """Return the claim that *certificate* proves from *facts*, or raise CertificateRefused."""
        _require_plain(certificate)
        rows = self._rows(facts, certificate.model)
        relations = Relations(rows)
        supported: dict[str, set[Row]] = {name: set() for name in rows}
        instances: list[set[Row]] = []
        for rule in self._rules:
            try:
                bindings = rule.join.instances(relations)
            except (EvaluationError, TypeError) as error:
                want = "a body with a result"
                raise CertificateRefused(f"rule `{rule.id}`", error, want) from None
            instances.append(set(bindings))
            if bindings:
                heads = set(map(rule.head_of, bindings))
                if not heads <= rows[rule.head].keys():
                    fact = f"{rule.head}{min(heads - rows[rule.head].keys(), key=repr)}"
                    raise CertificateRefused("model", "no such fact", f"{fact} by rule `{rule.id}`")
                supported[rule.head] |= rule.supported(bindings, heads, rows)
        for name in certificate.model:
            if loose := rows[name].keys() - supported[name]:
                fact = f"{name}{min(loose, key=repr)}"
                raise CertificateRefused("model", fact, "a fact that a rule supports")
        given = {name: rows[name] for name in facts}
        return self._conclusion(given, instances, certificate.steps)

    def _rows(self, facts: Facts, model: Model) -> dict[str, Mapping[Row, int]]:
        rows: dict[str, Mapping[Row, int]] = {name: {} for name in self._columns}
        if foreign := facts.keys() - self._given:
            raise CertificateRefused("facts", f"`{min(foreign)}`", "given predicates only")
        if foreign := model.keys() - self._derived:
            raise CertificateRefused("model", f"`{min(foreign)}`", "derived predicates only")
        for name, given in facts.items():
            claimed, columns = tuple(given), self._columns[name]
            for row in claimed:
                if not is_row_of(row, columns):
                    raise CertificateRefused("facts", f"{name}{row}", f"rows of {columns}")
            rows[name] = dict.fromkeys(claimed, 0)
        for name, heights in model.items():
            arity = len(self._columns[name])
            for row in heights:
                if len(row) != arity:
                    raise CertificateRefused("model", f"{name}{row}", f"{arity} constants")
            rows[name] = heights
        return rows

    def _conclusion(
        self,
        given: Mapping[str, Collection[Row]],
        instances: list[set[Row]],
        steps: tuple[Step, ...],
    ) -> Atom:
        proved: dict[int, tuple[str, Row]] = {}
        for number, step in enumerate(steps):
            if isinstance(step, Apply):
                proved[number] = self._apply(step, instances, proved)
            elif step.row in given.get(step.predicate, ()):
                proved[number] = step
            else:
                fact = f"{step.predicate}{step.row}"
                raise CertificateRefused(f"step {number}", fact, "a given fact")
        if not proved:
            raise CertificateRefused("derivation", "no steps", "steps that end in the claim")
        return Atom(*proved[len(proved) - 1])

    def _apply(
        self, step: Apply, instances: list[set[Row]], proved: Mapping[int, tuple[str, Row]]
    ) -> tuple[str, Row]:
        number, substitution, premises = step
        if type(number) is not int or not 0 <= number < len(self._rules):
            want = f"one of {len(self._rules)} rules"
            raise CertificateRefused(f"step {len(proved)}", f"rule {number}", want)
        rule = self._rules[number]
        binding = rule.join.start + substitution
        if binding not in instances[number]:
            want = f"an instance of rule `{rule.id}`"
            raise CertificateRefused(f"step {len(proved)}", substitution, want)
        wanted = [(name, row_of(binding)) for name, row_of in rule.premises]
        got = list(map(proved.get, premises))
        if got != wanted:
            raise CertificateRefused(f"step {len(proved)}", f"premises {got}", wanted)
        return rule.head, rule.head_of(binding)


class _RuleCheck:
    """One rule: its join, and how to read head and premises out of a binding."""

    def __init__(self, program: Program, number: int) -> None:
        rule = program.rules[number]
        self.id, self.head, self.join = rule.id, rule.head.predicate, Join(rule)
        self.head_of = self.join.select(rule.head.terms)
        self.premises = [(atom.predicate, self.join.select(atom.terms)) for atom in rule.premises]
        stratum = program.stratum
        self._own = [each for each in self.premises if stratum[each[0]] == stratum[self.head]]

    def supported(
        self, bindings: Bindings, heads: set[Row], rows: Mapping[str, Mapping[Row, int]]
    ) -> set[Row]:
        """Return the heads whose premises from the head's own stratum have smaller heights."""
        if not self._own:
            return heads
        heights, head_of = rows[self.head], self.head_of
        for name, row_of in self._own:
            below = rows[name]
            bindings = [b for b in bindings if below[row_of(b)] < heights[head_of(b)]]
        return set(map(head_of, bindings))


def _require_plain(certificate: Certificate) -> None:
    """Refuse what is equal to a constant or number without being one, such as `True` to `1`."""
    model = certificate.model.values()
    kinds = {type(term) for rows in model for row in rows for term in row}
    kinds |= {type(x) for step in certificate.steps for part in step[1:] for x in part}
    heights = {type(height) for rows in model for height in rows.values()}
    if not (kinds <= {int, str} and heights <= {int}):
        raise CertificateRefused("certificate", "a value of another type", "ints and texts")


def check(program: Program, facts: Facts, certificate: Certificate) -> Atom:
    """Return the claim that *certificate* proves; raise CertificateRefused if it proves none."""
    return Checker(program).check(facts, certificate)
