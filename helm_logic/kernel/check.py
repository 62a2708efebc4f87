# SPDX-License-Identifier: Apache-2.0
"""The check: accepted only if the model is *the* perfect model and the derivation proves its claim.

For every rule, all its instances over the claimed model are computed by plain joins, and then
- *closure*: the head of every instance is in the model;
- *support*: every derived fact is the head of an instance whose premises from its own stratum
  have smaller heights.
For a stratified program only the perfect model passes both (induction on strata: within one,
support makes every fact well-founded and closure makes the set complete), so `not`, `count` and
the absence of a fact are certified too. The derivation then needs no search: each step must be one
of those instances, and its premises earlier steps.

No options, no input or output, no clock; nothing is kept from one check to the next.
"""

from __future__ import annotations

from helm_logic.errors import CertificateRefused
from helm_logic.kernel.certificate import Apply, Certificate, Facts, Given
from helm_logic.kernel.joins import Bindings, Join, Relations
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Row, is_constant_of


class Checker:
    """The check for one program, whose rule bodies are prepared once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._rules = [_RuleCheck(program, number) for number in range(len(program.rules))]

    def check(self, facts: Facts, certificate: Certificate) -> Atom:
        """Return the claim that *certificate* proves from *facts*; raise CertificateRefused if none."""
        rows = self._rows(facts, certificate)
        relations = Relations(rows)
        supported: dict[str, set[Row]] = {name: set() for name in rows}
        instances: list[Bindings] = []
        for rule in self._rules:
            bindings = rule.join.instances(relations)
            instances.append(bindings)
            if bindings:
                heads = set(map(rule.head_of, bindings))
                if outside := heads - rows[rule.head].keys():
                    fact = f"{rule.head}{min(outside)}"
                    raise CertificateRefused("model", "no such fact", f"{fact} by rule `{rule.id}`")
                supported[rule.head] |= rule.supported(bindings, heads, rows)
        for name, heights in certificate.model.items():
            if loose := heights.keys() - supported[name]:
                raise CertificateRefused(
                    "model", f"{name}{min(loose)}", "a fact that a rule supports"
                )
        return self._conclusion(rows, instances, certificate)

    def _rows(self, facts: Facts, certificate: Certificate) -> dict[str, dict[Row, int]]:
        rows: dict[str, dict[Row, int]] = {name: {} for name in self._program.by_name}
        for name, given in facts.items():
            if self._program.stratum.get(name) != -1:
                raise CertificateRefused("facts", f"`{name}`", "a given predicate of the program")
            rows[name] = dict.fromkeys(given, 0)
            columns = self._program.by_name[name].columns
            for row in rows[name]:
                if len(row) != len(columns) or not all(map(is_constant_of, row, columns)):
                    raise CertificateRefused("facts", f"{name}{row}", f"a row of {columns}")
        for name, heights in certificate.model.items():
            if self._program.stratum.get(name, -1) == -1:
                raise CertificateRefused("model", f"`{name}`", "a derived predicate of the program")
            rows[name] = dict(heights)
        return rows

    def _conclusion(
        self, rows: dict[str, dict[Row, int]], instances: list[Bindings], certificate: Certificate
    ) -> Atom:
        proved: list[tuple[str, Row]] = []
        for number, step in enumerate(certificate.steps):
            if isinstance(step, Apply):
                proved.append(self._apply(f"step {number}", step, instances, proved))
            elif (
                self._program.stratum.get(step.predicate) == -1 and step.row in rows[step.predicate]
            ):
                proved.append((step.predicate, step.row))
            else:
                raise CertificateRefused(
                    f"step {number}", f"{step.predicate}{step.row}", "a given fact"
                )
        if not proved:
            raise CertificateRefused("derivation", "no steps", "steps that end in the claim")
        return Atom(*proved[-1])

    def _apply(
        self, where: str, step: Apply, instances: list[Bindings], proved: list[tuple[str, Row]]
    ) -> tuple[str, Row]:
        if not 0 <= step.rule < len(self._rules):
            raise CertificateRefused(where, f"rule {step.rule}", f"one of {len(self._rules)} rules")
        rule = self._rules[step.rule]
        binding = rule.join.start + step.substitution
        if binding not in instances[step.rule]:
            raise CertificateRefused(where, step.substitution, f"an instance of rule `{rule.id}`")
        want = [(name, row_of(binding)) for name, row_of in rule.premises]
        got = [proved[n] if 0 <= n < len(proved) else None for n in step.premises]
        if got != want:
            raise CertificateRefused(where, f"premises {got}", want)
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
        self, bindings: Bindings, heads: set[Row], rows: dict[str, dict[Row, int]]
    ) -> set[Row]:
        """Return the heads whose premises from the head's own stratum have smaller heights."""
        if not self._own:
            return heads
        return {
            head
            for binding in bindings
            for head in (self.head_of(binding),)
            if all(
                rows[name][row_of(binding)] < rows[self.head][head] for name, row_of in self._own
            )
        }


def check(program: Program, facts: Facts, certificate: Certificate) -> Atom:
    """Return the claim that *certificate* proves; raise CertificateRefused if it proves none."""
    return Checker(program).check(facts, certificate)
