# SPDX-License-Identifier: Apache-2.0
"""What it takes to analyse rules before deployment: all findings, a change, proofs about chains.

The rule sets are `rulesets.py`. Every answer is asserted: the findings are those that are due, the
change is the one that was made, all properties of chains are proved, and cvc5 agrees with every
verification condition. Reading rules is measured apart, and importing z3 not at all.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from benchmarks.growth import exponent
from benchmarks.rulesets import edited, next_version, read, rule_set_of, size_of
from benchmarks.table import Figure, Table, Target, figure_table, number
from benchmarks.timing import TINY, Effort, Timing, measure
from helm_logic.analysis.cache import Cache
from helm_logic.analysis.chains.attenuation import UNNAMED
from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.chains.prove import prove_attenuation
from helm_logic.analysis.compare import compare
from helm_logic.analysis.finding import PROVED
from helm_logic.analysis.lint import lint
from helm_logic.lang import RuleSet
from helm_logic.policy.folder import read_rules, stock_rules
from tests.analysis.corpus.chains import delegation
from tests.analysis.corpus.expected import found, wanted
from tests.analysis.corpus.generate import Corpus

LINT, DIFF, SAME = "all findings, {} rules", "diff of two versions, {} rules", "diff, nothing moves"
RELINT, READ = "lint after editing one of {} rules", "reading {} rules"
SHIPPED, RECURSIVE = "attenuation of the shipped rules", "attenuation, {} recursive rules"
RECHECK = "cvc5 on the conditions: {}"

_SIZES = (100, 300, 1000, 3000)
_MIDDLE = 1000
_RULES, _PREDICATES, _SCOPES = 200, 5, 32
_FINDINGS = {100: Target(0.5, 0.2), 1000: Target(10, 3), 3000: Target(60, 20)}
_BELOW_QUADRATIC = Target(reach=1.7, stretch=1.3)
_TOP = 3  # sizes that the exponent is fitted to
_MICRO = 1e6
_NO_TARGET = Target()


@attrs.frozen
class Scale:
    """How much is measured: *sizes* of rule sets, the *middle* one, and rules about chains."""

    sizes: tuple[int, ...]
    middle: int
    chains: tuple[int, int, int]
    rounds: int

    def effort(self, size: int) -> Effort:
        """Return how often to lint *size* rules."""
        if self.rounds == TINY.rounds:
            return attrs.evolve(TINY, calls=1)
        rounds = self.rounds if size <= _MIDDLE else 3
        return Effort(rounds=rounds, calls=1, span=0, warm_up=1)


_FULL = Scale(_SIZES, _MIDDLE, (_RULES, _PREDICATES, _SCOPES), 5)
_TINY = Scale((12, 24, 36), 24, (6, 2, 3), TINY.rounds)


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table of rule sets, that of chains, and how linting grows."""
    importlib.import_module("z3")
    scale = _TINY if tiny else _FULL
    series = [_Measured.of(size, scale.effort(size)) for size in scale.sizes]
    yield _rules(scale, series)
    yield _chains(scale)
    yield _growth(scale, series)


@attrs.frozen
class _Measured:
    """A rule set of *size* rules as asked for, *rules* as counted, read and linted."""

    size: int
    rules: int
    reading: Timing
    linting: Timing

    @classmethod
    def of(cls, size: int, effort: Effort) -> _Measured:
        """Measure the rule set of *size*, whose findings must be those that are due."""
        corpus = rule_set_of(size)
        # Each round has a rule set of its own, so that nothing is remembered between them.
        fresh = [read(corpus) for _ in range(effort.rounds + effort.warm_up)]
        rule_set, due = read(corpus), wanted(corpus.expected)
        got = found(lint(rule_set).findings, rule_set, corpus.expected)
        assert got == due, (got - due, due - got)
        linting = measure(lambda call: lint(fresh[call]), effort)
        reading = measure(lambda _: read(corpus), effort)
        return cls(size, size_of(fresh[0]), reading, linting)


def _rules(scale: Scale, series: Sequence[_Measured]) -> Table:
    figures = [
        _figure(LINT.format(f"{one.size:,}"), one.linting, _FINDINGS.get(one.size, _NO_TARGET))
        for one in series
    ]
    corpus, effort = rule_set_of(scale.middle), scale.effort(scale.middle)
    figures += [*_diffs(corpus, scale.middle, effort), _relint(corpus, scale.middle, effort)]
    figures += [_figure(READ.format(f"{one.size:,}"), one.reading) for one in series]
    defects = len(corpus.expected)
    how = (
        f"CPU time, {effort.text}; no z3 is imported in it. Rule sets with a defect in every 20 "
        f"rules or so: {defects} in that of {scale.middle:,}, all found, and nothing else. What is "
        "linted or compared has been read before, which is measured by itself."
    )
    return figure_table("Rules before deployment", how, figures)


def _diffs(corpus: Corpus, size: int, effort: Effort) -> Iterator[Figure]:
    new, moves = next_version(corpus)
    pairs = [(read(corpus), read(new)) for _ in range(effort.rounds + effort.warm_up + 1)]
    change = compare(*pairs.pop())
    told = {(move.before.value, move.after.value) for move in change.moves
            if move.boxes and move.before is not move.after}  # fmt: skip
    assert told == set(moves), (told, moves)
    assert not change.no_effect
    timing = measure(lambda call: compare(*pairs[call]), effort)
    yield _figure(DIFF.format(f"{size:,}"), timing, Target(1, 0.2))
    twins = [(read(corpus), read(corpus)) for _ in range(effort.rounds + effort.warm_up)]
    assert compare(*twins[0]).no_effect
    yield _figure(SAME, measure(lambda call: compare(*twins[call]), effort))


def _relint(corpus: Corpus, size: int, effort: Effort) -> Figure:
    """Lint a version with one rule changed, knowing what was found out about the one before."""
    calls = effort.rounds + effort.warm_up
    versions = [read(edited(corpus, call)) for call in range(calls)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cache.json"
        cache = Cache(path)
        lint(read(corpus), cache=cache)
        cache.save()
        known = lint(versions[0], cache=Cache(path)).findings
        assert known == lint(versions[0]).findings
        timing = measure(lambda call: lint(versions[call], cache=Cache(path)), effort)
    return _figure(RELINT.format(f"{size:,}"), timing, Target(1, 0.3))


def _chains(scale: Scale) -> Table:
    rules, predicates, scopes = scale.chains
    effort = scale.effort(scale.middle)
    cases = {
        SHIPPED: (read_rules(stock_rules() / "authority.dl"), Target(1)),
        RECURSIVE.format(rules): (read(delegation(1, rules, predicates, scopes)), Target(10)),
    }
    figures: list[Figure] = []
    for name, (rule_set, target) in cases.items():
        figures += _proofs(name, rule_set, target, effort)
    how = (
        f"CPU time, {effort.text}. The {rules} rules hand authority on between {predicates} "
        f"predicates and name {scopes} scopes. Every property that columns name is proved, along "
        "chains of any length, and cvc5 is asked every verification condition."
    )
    return figure_table("Chains of any length", how, figures)


def _proofs(name: str, rule_set: RuleSet, target: Target, effort: Effort) -> Iterator[Figure]:
    (proof,) = prove_attenuation(rule_set)
    assert {each.status for each in proof.results} <= {PROVED, UNNAMED}
    yield _figure(name, measure(lambda _: prove_attenuation(rule_set), effort), target)
    if find_spec("cvc5"):
        recheck = measure(lambda _: _ask_cvc5(proof.conditions), effort)
        yield _figure(RECHECK.format(name), recheck, Target(2))


def _ask_cvc5(conditions: Sequence[Condition]) -> None:
    """Ask cvc5 about each of *conditions*; raise AssertionError for one that it does not refute."""
    cvc5 = importlib.import_module("cvc5")
    for each in conditions:
        solver = cvc5.Solver(cvc5.TermManager())
        reader = cvc5.InputParser(solver)
        reader.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, each.script, each.name)
        symbols = reader.getSymbolManager()
        said = []
        while not (command := reader.nextCommand()).isNull():
            said.append(str(command.invoke(solver, symbols)).strip())
        assert [line for line in said if line] == ["unsat"], (each.name, said)


def _growth(scale: Scale, series: Sequence[_Measured]) -> Table:
    curves = {
        "all findings": tuple((one.rules, one.linting.cpu) for one in series),
        "reading": tuple((one.rules, one.reading.cpu) for one in series),
    }
    power = exponent(curves["all findings"][-_TOP:])
    figure = Figure("rules, all findings: exponent", power, "", _BELOW_QUADRATIC)
    return Table(
        f"Rules of a policy, {series[0].size:,} to {series[-1].size:,}",
        f"CPU µs, {scale.effort(scale.middle).text}. At the top: {figure.what} "
        f"{figure.value:.2f} ({figure.verdict}).",
        ("rules", *curves),
        tuple((str(one.rules), number(one.linting.cpu), number(one.reading.cpu)) for one in series),
        (figure,),
        "analysis.svg",
        curves,
    )


def _figure(what: str, timing: Timing, target: Target = _NO_TARGET) -> Figure:
    return Figure(what, timing.cpu / _MICRO, "s", target, timing.best / _MICRO)
