# SPDX-License-Identifier: Apache-2.0
"""The whole decision: request bytes in, signed receipt bytes out, not yet stored.

Three settings: one request again and again, another request every time, and a chain that was never
seen before (so that each link's signature is verified). Beside them, in the same rounds, the same
work by biscuit-python. Then where the time goes, by timing what the guard calls while it decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time_ns
from typing import Any
from unittest.mock import patch

from benchmarks.scene import NOW, Scene, deploy_scene, make_chain, new_store
from benchmarks.table import Figure, Table, Target, figure_table
from benchmarks.timing import TINY, Effort, Timing, Work, interleave
from helm_logic.authority.cache import MAX_ENTRIES
from helm_logic.engine import Engine, Evaluation
from helm_logic.guard import evaluator
from helm_logic.guard.journal import Journal
from helm_logic.kernel.check import Checker
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.envelope import Envelope
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict

DEPTH = 3
REACH = 550  # µs
REQUESTS = 100  # different ones, taken in turn

SAME = "one request again and again, links known"
DISTINCT = "another request every time, links known"
COLD = "another request and chain every time, links verified"
BISCUIT = "biscuit-python: verify + authorize + sign"
BISCUIT_KEPT = "biscuit-python: authorize + sign, token known"

REST = "the rest: reasons, digests, objects"
WHOLE = "whole decision"
# What the guard calls on the way, and what that counts as.
PARTS: tuple[tuple[Any, str, str], ...] = (
    (evaluator, "parse_request", "read the request"),
    (evaluator, "verify_chain", "find its links among those known"),
    (evaluator, "request_facts", "facts of request and chain"),
    (evaluator, "chain_facts", "facts of request and chain"),
    (evaluator, "property_facts", "facts of request and chain"),
    (Engine, "evaluate", "engine: the model"),
    (Evaluation, "certificate", "engine: the certificate"),
    (Checker, "check", "kernel: its check"),
    (evaluator, "facts_value", "statement as canonical JSON"),
    (evaluator, "certificate_value", "statement as canonical JSON"),
    (Statement, "to_bytes", "statement as canonical JSON"),
    (evaluator, "sign", "Ed25519 signature and envelope"),
    (Envelope, "to_bytes", "bytes of receipt and links"),
)

# What both sides are asked before they are measured: contexts and environments.
CASES: tuple[tuple[dict[str, JsonValue], str], ...] = (
    ({}, "staging"),
    ({}, "prod"),
    ({"freeze": True}, "staging"),
    ({"ci_passed": False}, "staging"),
)
EFFORT = Effort()
PART_ROUNDS, PART_CALLS = 101, 10


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table of whole decisions and that of the parts of one."""
    effort, rounds = (TINY, 2) if tiny else (EFFORT, PART_ROUNDS)
    scene = deploy_scene(DEPTH)
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        journal = Journal(store)
        sides = {**_ours(scene, journal, effort), **_biscuits(scene, journal)}
        yield _whole_table(interleave(sides, effort), effort)
        yield _parts_table(_parts(scene, journal, rounds), rounds)


def decider(scene: Scene, journal: Journal) -> Callable[[bytes], bytes]:
    """Return the function from request bytes to receipt bytes, by an evaluator of its own."""
    own = scene.evaluator()
    ruling = own.rule(scene.request(0), NOW, journal)
    assert ruling.statement.verdict is Verdict.ALLOW, ruling.statement.reasons

    def decide(data: bytes) -> bytes:
        return own.rule(data, NOW, journal).envelope.to_bytes()

    return decide


def _ours(scene: Scene, journal: Journal, effort: Effort) -> dict[str, Work]:
    decide, decide_cold = decider(scene, journal), decider(scene, journal)
    same = scene.request(0)
    distinct = [scene.request(number) for number in range(REQUESTS)]
    # More links than the cache keeps, so that none is still there when its turn comes again.
    count = 10 if effort is TINY else MAX_ENTRIES // DEPTH + 1
    unseen = [
        scene.request(number, chain=make_chain(DEPTH, f"-{number}")) for number in range(count)
    ]
    return {
        SAME: lambda _: decide(same),
        DISTINCT: lambda call: decide(distinct[call % len(distinct)]),
        COLD: lambda call: decide_cold(unseen[call % count]),
    }


def _biscuits(scene: Scene, journal: Journal) -> dict[str, Work]:
    """Return what biscuit-python does, if it is installed, having seen that both answer alike."""
    if find_spec("biscuit_auth") is None:
        return {}
    side = import_module("benchmarks.biscuit").BiscuitSide(DEPTH)
    own = scene.evaluator()
    for context, env in CASES:
        ruling = own.rule(scene.request(1, context, env=env), NOW, journal)
        allowed = ruling.statement.verdict is Verdict.ALLOW
        assert side.allows(side.request(1, context, env)) is allowed, (context, env)
    requests = [side.request(number) for number in range(REQUESTS)]
    return {
        BISCUIT: lambda call: side.decide(requests[call % len(requests)]),
        BISCUIT_KEPT: lambda call: side.decide_kept(requests[call % len(requests)]),
    }


def _whole_table(timings: Mapping[str, Timing], effort: Effort) -> Table:
    beside = timings[BISCUIT].cpu if BISCUIT in timings else None
    target = Target(REACH, beside)
    targets = {SAME: target, DISTINCT: target, COLD: Target(None, beside)}
    figures = [
        Figure(name, timing.cpu, "µs", targets.get(name, Target()), timing.best)
        for name, timing in timings.items()
    ]
    how = (
        f"CPU time, {effort.text}, all sides taking turns in every round. A chain of {DEPTH} links;"
        " the shipped rules. The stretch is what biscuit-python takes in the same run to verify a"
        " token of as many blocks, authorize, and sign a JSON record."
    )
    if beside is None:
        how += " It is not installed here: `pip install helm-logic[bench]`."
    return figure_table("Whole decision, request bytes to signed receipt bytes", how, figures)


def _parts(scene: Scene, journal: Journal, rounds: int) -> dict[str, float]:
    """Return the µs of each part of one warm decision and of the whole of it, medians."""
    data, own = scene.request(0), scene.evaluator()
    expected = own.rule(data, NOW, journal).envelope
    found = []
    with ExitStack() as replaced:
        watch = _Stopwatch()
        for owner, name, part in PARTS:
            timed = watch.timed(part, getattr(owner, name))
            replaced.enter_context(patch.object(owner, name, timed))
        for _ in range(rounds):
            watch.spent.clear()
            start = process_time_ns()
            for _ in range(PART_CALLS):
                envelope = own.rule(data, NOW, journal).envelope
                envelope.to_bytes()
            whole = process_time_ns() - start
            rest = whole - sum(watch.spent.values())
            found.append({**watch.spent, REST: rest, WHOLE: whole})
            assert envelope == expected
    names = [*dict.fromkeys(part for _, _, part in PARTS), REST, WHOLE]
    return {name: median(one[name] for one in found) / PART_CALLS / 1000 for name in names}


class _Stopwatch:
    """CPU time by part, in ns. The parts do not call each other, so that none counts twice."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*, whose calls count for *part*."""

        def call(*args: object, **kwargs: object) -> Any:
            start = process_time_ns()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent[part] = self.spent.get(part, 0) + process_time_ns() - start

        return call


def _parts_table(spent: Mapping[str, float], rounds: int) -> Table:
    whole = spent[WHOLE]
    return Table(
        "Where the time goes",
        f"CPU time of one warm decision as it runs, median of {rounds} rounds of {PART_CALLS}"
        " calls; the watching itself costs some.",
        ("part", "µs", "%"),
        tuple((name, f"{cost:.0f}", f"{100 * cost / whole:.0f}") for name, cost in spent.items()),
        tuple(Figure(name, cost, "µs") for name, cost in spent.items()),
    )
