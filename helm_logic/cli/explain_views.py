# SPDX-License-Identifier: Apache-2.0
"""The views of `helm-logic explain`: for each question its lines, its JSON, and what can be drawn.

What an answer says is made in `helm_logic.explain`; here it is asked for, and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

from helm_logic.cli.decision_text import reason_text
from helm_logic.cli.moments import moment_text
from helm_logic.cli.palette import bad, dim, good, plain, verdict_style
from helm_logic.errors import NotExplained
from helm_logic.explain import words
from helm_logic.explain.build import proof_dag, verdict_dag, verdict_story
from helm_logic.explain.compare import compare
from helm_logic.explain.counterfactual import cuts, without
from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.fact_reader import read_fact
from helm_logic.explain.formats.text import Paint, outline, tree
from helm_logic.explain.goals import Goal
from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.metrics import metrics
from helm_logic.explain.minimal import Bounds
from helm_logic.explain.missing import missing
from helm_logic.explain.model_view import Fact
from helm_logic.explain.rounds import rounds
from helm_logic.explain.subject import Subject
from helm_logic.explain.why import canonical, verdict_goals, witnesses
from helm_logic.explain.why_not import why_not
from helm_logic.ledger.shape import require_object
from helm_logic.policy.request import read_request

if TYPE_CHECKING:
    from helm_logic.cli.explained import Explained

_PAINT = Paint(dim, good, bad)
_MOST_CUTS = 50


@attrs.frozen
class View:
    """An answer: its *lines*, its JSON form, and the derivation that it shows, if it shows one."""

    lines: Callable[[int], Iterable[str]]
    value: dict[str, object]
    dag: ProofDag | None = None


def decision_view(told: Explained, *, outlined: bool) -> View:
    """Return the view of the whole decision *told*: verdict, reasons, derivation."""
    dag = None if told.subject is None else verdict_dag(told.subject)
    value: dict[str, object] = {
        "error": told.error,
        "now": told.now,
        "reasons": [reason.to_value() for reason in told.reasons],
        "receipt": told.name,
        "request": told.request,
        "steps": [] if dag is None else [node.to_value() for node in dag.nodes],
        "story": [] if dag is None else list(dag.story),
        "verdict": told.verdict,
        "verified": told.verified,
    }
    return View(lambda width: _decision(told, dag, width, outlined=outlined), value, dag)


def why_view(subject: Subject, text: str, most: int) -> View:
    """Return why the fact *text* holds: its derivation, or *most* smallest sets of facts."""
    goal = read_fact(subject.program, text)
    shown = _shown(subject, goal)
    if most:
        found = witnesses(subject, goal, most)
        value = {
            "complete": found.complete,
            "fact": shown,
            "witnesses": [
                [fact_text(subject.program, *fact) for fact in sorted(each.facts)]
                for each in found.found
            ],
        }
        dag = proof_dag(subject, found.found[0].steps, shown)
        lines = [*words.witness_lines(subject, found, shown), ""]
        return View(lambda width: map_plain([*lines, *tree(dag, width)]), value, dag)
    goals = verdict_goals(subject) if subject.verdict else ()
    whole = bool(goals) and goal == goals[-1]
    steps = canonical(subject, goals if whole else [goal])
    dag = proof_dag(subject, steps, shown)
    return View(lambda width: tree(dag, width, _PAINT), dag.to_value(), dag)


def why_not_view(subject: Subject, text: str, rule: str | None) -> View:
    """Return why the fact *text* does not hold, by *rule* alone if it is named."""
    goal = read_fact(subject.program, text)
    absence = why_not(subject, goal, rule)
    short = list(verdict_story(subject)) if goal[0] == "verdict" and rule is None else []
    lines = [*short, *([""] if short else []), *words.absence_lines(absence)]
    return _lined(lines, absence.to_value())


def missing_view(subject: Subject, verdict: str) -> View:
    """Return what would make the verdict *verdict*."""
    fact = read_fact(subject.program, verdict)
    if subject.view.holds(fact):
        raise NotExplained(f"it is {verdict} already")
    found = missing(subject, Goal(fact))
    return _lined(words.missing_lines(found, verdict), found.to_value())


def without_view(subject: Subject, name: str) -> View:
    """Return what would be otherwise without the link or rule *name*."""
    found = without(subject, name)
    return _lined(words.otherwise_lines(found), found.to_value())


def cuts_view(subject: Subject, text: str) -> View:
    """Return which given facts carry every proof of the fact *text*: links, if they alone do."""
    goal = read_fact(subject.program, text)
    found = cuts(subject, goal, ("link",))
    if not found.sets:
        found = cuts(subject, goal, bounds=Bounds(sets=_MOST_CUTS))
    value = {
        "complete": found.complete,
        "sets": [[fact_text(subject.program, *f) for f in facts] for facts in found.sets],
    }
    return _lined(words.cut_lines(subject, found, _shown(subject, goal)), value)


def compare_view(subject: Subject, other: Subject) -> View:
    """Return what differs from *subject* to *other*."""
    found = compare(subject, other)
    return _lined(words.difference_lines(found), found.to_value())


def steps_view(subject: Subject) -> View:
    """Return the rounds of the fixpoint."""
    found = list(rounds(subject))
    value: dict[str, object] = {"rounds": [each.to_value(subject) for each in found]}
    return _lined(words.round_lines(subject, found), value)


def metrics_view(subject: Subject) -> View:
    """Return how large the derivation is."""
    found = metrics(subject, verdict_dag(subject))
    return _lined(words.metric_lines(found), found.to_value())


def map_plain(lines: Iterable[str]) -> Iterator[str]:
    """Yield *lines* with what a terminal would act on replaced."""
    return map(plain, lines)


def _lined(lines: Iterable[str], value: dict[str, object]) -> View:
    found = list(lines)
    return View(lambda _width: map_plain(found), value)


def _shown(subject: Subject, fact: Fact) -> str:
    return fact_text(subject.program, *fact)


def _decision(
    told: Explained, dag: ProofDag | None, width: int, *, outlined: bool
) -> Iterator[str]:
    yield f"{verdict_style(told.verdict)}  {plain(told.name)}"
    for reason in told.reasons:
        yield from reason_text(reason, hint=told.verdict != "ALLOW")
        if reason.rules:
            yield dim(f"    by rule {plain(', '.join(reason.rules))}")
    yield f"  at       {moment_text(told.now)}"
    if told.request is not None:
        request = read_request(told.request)  # type: ignore[arg-type]
        yield plain(f"  subject  {request.subject}")
        yield plain(f"  action   {request.action}")
        yield plain(f"  resource {request.resource}")
    yield from _links(told.subject)
    yield ""
    if dag is not None:
        yield from outline(dag, _PAINT) if outlined else tree(dag, width, _PAINT)
        return
    yield "No derivation: the request was refused before the rules were asked, or they failed."
    error = require_object(told.error, "error", ("code", "message"))
    yield plain(f"  {error['code']}: {error['message']}")


def _links(subject: Subject | None) -> Iterator[str]:
    """Yield the links that do not count, and why."""
    for link in () if subject is None else subject.links:
        if not link.counts:
            yield plain(f"  link     {link.id} does not count: {link.why}")
