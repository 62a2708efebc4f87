# SPDX-License-Identifier: Apache-2.0
"""Explanations in lines of text: what is absent, missing, otherwise, different, and the rounds.

Derivations themselves are printed by `formats/`. Lines are indented by what they belong to and not
wrapped; they may hold text that somebody chose, and whoever shows them escapes what it has to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from helm_logic.explain.build import link_text
from helm_logic.explain.compare import Difference, Moves
from helm_logic.explain.counterfactual import Cuts, Otherwise
from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.metrics import Metrics
from helm_logic.explain.missing import Missing
from helm_logic.explain.rounds import Round
from helm_logic.explain.subject import Subject
from helm_logic.explain.why import Witnesses
from helm_logic.explain.why_not import BLOCKED, COUNT, Absence, Failure

_Below: TypeAlias = tuple[int, Absence | Failure | str]
"""What stands below a line, and how much deeper."""

_INDENT = "  "
_FAILS = {BLOCKED: "is blocked", COUNT: "counts another number"}


def absence_lines(absence: Absence) -> Iterator[str]:
    """Yield why a fact does not hold, a line each, indented below what they belong to."""
    links: dict[str, None] = {}
    # An explicit stack: a chain of links may be deeper than Python's.
    waiting: list[tuple[int, Absence | Failure | str]] = [(0, absence)]
    while waiting:
        depth, item = waiting.pop()
        if isinstance(item, str):
            yield _INDENT * depth + item
            continue
        if isinstance(item, Absence):
            lines, below = _absence(item)
        else:
            lines, below = _failure(item)
            for link in item.links:
                if not link.counts and link.id not in links:
                    links[link.id] = None
                    lines.append(link_text(link))
        yield _INDENT * depth + lines[0]
        for line in lines[1:]:
            yield _INDENT * (depth + 1) + line
        waiting += [(depth + more, each) for more, each in reversed(below)]


def _absence(absence: Absence) -> tuple[list[str], list[_Below]]:
    if absence.given:
        return [f"{absence.fact} is not given"], []
    if absence.told:
        return [f"{absence.fact} does not hold, as told elsewhere"], []
    if not absence.obstacles:
        return [f"{absence.fact} does not hold: no rule concludes it"], []
    below: list[_Below] = []
    for obstacle in absence.obstacles:
        span = obstacle.source.span
        place = f" ({span[0]}:{span[1]})" if span else ""
        said = f": {obstacle.source.words}" if obstacle.source.words else ""
        below.append((1, f"rule `{obstacle.rule}`{place}{said}"))
        below += [(2, each) for each in obstacle.failing]
    return [f"{absence.fact} does not hold"], below


def _failure(failure: Failure) -> tuple[list[str], list[_Below]]:
    if failure.because is not None:
        lines, below = _absence(failure.because)
    else:
        lines, below = [f"{failure.literal} {_FAILS.get(failure.kind, 'does not hold')}"], []
    if failure.nearest:
        lines.append(f"nearest: {', '.join(failure.nearest)}")
    if failure.proof is not None:
        lines += [
            f"because {node.text}" + (f" by rule `{node.rule}`" if node.rule else ", as given")
            for node in reversed(failure.proof.nodes)
        ]
    return lines, [*below, *((1, each) for each in failure.gaps)]


def missing_lines(found: Missing, goal: str) -> Iterator[str]:
    """Yield what would bring about *goal*, a set of changes each."""
    if not found.sets:
        where = "nothing that a request, an approval, a link or time could bring"
        yield f"{where} makes it {goal}" if found.complete else f"nothing was found for {goal}"
        return
    yield f"It would be {goal}, as an evaluation of each shows, if"
    for number, changes in enumerate(found.sets):
        yield f"  {'or' if number else '  '} " + " and ".join(each.words for each in changes)
    if not found.complete:
        yield "  There may be other ways; not all were tried."


def otherwise_lines(found: Otherwise) -> Iterator[str]:
    """Yield what would be otherwise without something."""
    yield f"Without {found.what}" + (f": {found.verdict}" if found.verdict else "")
    yield from (f"  no longer  {text}" for text in found.gone)
    yield from (f"  new        {text}" for text in found.new)


def cut_lines(subject: Subject, found: Cuts, goal: str) -> Iterator[str]:
    """Yield the sets of facts without which *goal* does not hold."""
    yield f"{goal} does not hold without" if found.sets else f"no such facts carry {goal}"
    for number, facts in enumerate(found.sets):
        texts = " and ".join(fact_text(subject.program, *fact) for fact in facts)
        yield f"  {'or' if number else '  '} {texts}"
    if found.sets and not found.complete:
        yield "  There may be other ways; not all were tried."


def witness_lines(subject: Subject, found: Witnesses, goal: str) -> Iterator[str]:
    """Yield the smallest sets of given facts that give *goal*."""
    yield f"{goal} follows from each of these sets of given facts, and from no part of one:"
    for number, each in enumerate(found.found, start=1):
        texts = ", ".join(fact_text(subject.program, *fact) for fact in sorted(each.facts))
        yield f"  {number}. {texts or 'no facts at all'}"
    if not found.complete:
        yield "  There may be others; not all were looked for."


def difference_lines(found: Difference) -> Iterator[str]:
    """Yield what differs between two decisions."""
    one, other = found.verdicts
    yield f"verdict: {one} in both" if one == other else f"verdict: {one}, then {other}"
    parts = (
        ("reasons", found.reasons), ("given", found.given), ("rules", found.rules),
        ("derived", found.derived), ("proof", found.proof),
    )  # fmt: skip
    for name, moves in parts:
        if not moves.is_empty:
            yield f"{name}:"
            yield from _moved(moves)
    if found.is_empty:
        yield "nothing differs"


def _moved(moves: Moves) -> Iterator[str]:
    for sign, texts in (("-", moves.gone), ("+", moves.new), ("~", moves.otherwise)):
        yield from (f"  {sign} {text}" for text in texts)


def round_lines(subject: Subject, found: Iterable[Round]) -> Iterator[str]:
    """Yield the rounds with what is new in each."""
    for each in found:
        names = ", ".join(each.predicates)
        yield f"stratum {each.stratum}, round {each.number} ({names}): {each.total} facts"
        yield from (f"  {text}" for text in each.texts(subject))


def metric_lines(found: Metrics) -> Sequence[str]:
    """Return the numbers, one a line."""
    return [f"{name:<8} {number}" for name, number in found.to_value().items()]
