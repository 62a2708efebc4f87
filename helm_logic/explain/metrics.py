# SPDX-License-Identifier: Apache-2.0
"""How large proofs are, and which rules do the work, for one decision or for a whole log.

    steps     facts in the derivation, each once          height   steps on its longest path
    rules     different rules in it                       sharing  uses of a fact beyond its first
    given     given facts that it rests on                links    links of the chain: its depth
    model     derived facts, whether the proof needs them or not

A rule *decides* where a reason names it, and *fires* where it has an instance, in the proof or not.
The CSV has a line for each decision; the same decisions give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator

import attrs

from helm_logic.errors import EvaluationError
from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.subject import Subject
from helm_logic.kernel.certificate import Apply
from helm_logic.kernel.joins import Join, Relations
from helm_logic.kernel.program import Program

COLUMNS = (
    "place", "receipt", "now", "verdict", "reasons", "deciding", "steps", "height", "rules",
    "sharing", "given", "links", "model",
)  # fmt: skip


@attrs.frozen
class Metrics:
    """The size of one derivation; the module says what each number counts."""

    steps: int
    height: int
    rules: int
    sharing: int
    given: int
    links: int
    model: int

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return attrs.asdict(self)


def metrics(subject: Subject, dag: ProofDag) -> Metrics:
    """Return the size of *dag*, a derivation of *subject*."""
    heights: list[int] = []
    uses: Counter[int] = Counter()
    for node in dag.nodes:
        heights.append(1 + max((heights[each] for each in node.premises), default=0))
        uses.update(node.premises)
    return Metrics(
        steps=len(dag.nodes),
        height=max(heights),
        rules=len({node.rule for node in dag.nodes} - {None}),
        sharing=sum(each - 1 for each in uses.values()),
        given=sum(1 for _ in dag.leaves()),
        links=max((int(row[0]) for row in subject.facts.get("chain_length", ())), default=0),
        model=sum(map(len, subject.model.values())),
    )


@attrs.frozen
class Decided:
    """One decision of a log: its *place* and *receipt*, its moment, and what came out of it."""

    place: int
    receipt: str
    now: int
    subject: Subject
    dag: ProofDag


def csv_lines(decided: Iterable[Decided]) -> Iterator[str]:
    """Yield the lines of the table of *decided*, the names of its columns first."""
    yield _line(COLUMNS)
    for each in decided:
        subject, size = each.subject, metrics(each.subject, each.dag)
        reasons = " ".join(sorted({reason.code for reason in subject.reasons}))
        deciding = " ".join(sorted({rule for reason in subject.reasons for rule in reason.rules}))
        yield _line(
            (
                each.place, each.receipt, each.now, subject.verdict, reasons, deciding, size.steps,
                size.height, size.rules, size.sharing, size.given, size.links, size.model,
            )
        )  # fmt: skip


@attrs.frozen
class RuleUse:
    """How often a rule decided, stood in a proof, and fired, over a number of decisions."""

    rule: str
    decided: int
    proved: int
    fired: int

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return attrs.asdict(self)


def rule_use(subjects: Iterable[Subject]) -> tuple[RuleUse, ...]:
    """Return the use of every rule of the programs of *subjects*, those that never fire last."""
    decided: Counter[str] = Counter()
    proved: Counter[str] = Counter()
    fired: Counter[str] = Counter()
    names: dict[str, None] = {}
    for subject in subjects:
        names |= dict.fromkeys(rule.id for rule in subject.program.rules)
        decided.update({rule for reason in subject.reasons for rule in reason.rules})
        used = {step.rule for step in subject.steps if isinstance(step, Apply)}
        proved.update(subject.program.rules[number].id for number in used)
        fired.update(_fired(subject))
    found = [RuleUse(name, decided[name], proved[name], fired[name]) for name in names]
    return tuple(sorted(found, key=lambda each: (-each.decided, -each.proved, -each.fired)))


def _fired(subject: Subject) -> Iterator[str]:
    relations = Relations(subject.view.rows)
    program: Program = subject.program
    for rule in program.rules:
        try:
            if Join(rule).instances(relations):
                yield rule.id
        except (EvaluationError, TypeError):  # the kernel would refuse such a model
            continue


def _line(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
