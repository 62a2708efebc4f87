# SPDX-License-Identifier: Apache-2.0
"""The whole decision: request bytes in, signed receipt bytes out, not yet stored.

Three settings: one request again and again, another request every time, and a chain that was never
seen before (so that each link's signature is verified). Beside them, in the same rounds, the same
work by biscuit-python. Then the parts of a decision, each by calling what the guard calls with what
the guard gives it; what no part accounts for is the last row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.scene import ENGINE, MAX_DEPTH, NOW, Scene, deploy_scene, make_chain, new_store
from benchmarks.table import Figure, Table, Target, figure_table
from benchmarks.timing import TINY, Effort, Timing, Work, interleave
from helm_logic.authority.cache import MAX_ENTRIES, LinkCache
from helm_logic.authority.chain import verify_chain
from helm_logic.authority.facts import chain_facts, property_facts
from helm_logic.authority.revocation import RevocationSet
from helm_logic.guard.journal import Journal
from helm_logic.kernel.certificate import certificate_value, facts_value
from helm_logic.kernel.check import Checker
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.envelope import sign
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.judge import Judge
from helm_logic.policy.request import parse_request
from helm_logic.receipts.statement import PAYLOAD_TYPE
from helm_logic.receipts.verdict import Verdict, claim, determining_facts

DEPTH = 3
REACH = 550  # µs

SAME = "one request again and again, links known"
DISTINCT = "another request every time, links known"
COLD = "another request and chain every time, links verified"
BISCUIT = "biscuit-python: verify + authorize + sign"
BISCUIT_KEPT = "biscuit-python: authorize + sign, token known"

PARSE = "read the request"
CHAIN = "find its links among those known"
FACTS = "facts of request and chain"
ENGINE_RUN = "engine: the model"
DERIVATION = "engine: the derivation"
KERNEL = "kernel: check of the certificate"
JUDGMENT = "reasons, and the rest of the judgment"
STATEMENT = "statement as canonical JSON"
SIGN = "Ed25519 signature and envelope"
PRINT = "receipt bytes"
REST = "the rest: digests, blobs, objects"
WHOLE = "whole decision"

# What both sides are asked before they are measured: contexts and environments.
CASES: tuple[tuple[dict[str, JsonValue], str], ...] = (
    ({}, "staging"),
    ({}, "prod"),
    ({"freeze": True}, "staging"),
    ({"ci_passed": False}, "staging"),
)
EFFORT = Effort(rounds=21, calls=100, warm_up=100)


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table of whole decisions and that of the parts of one."""
    effort = TINY if tiny else EFFORT
    scene = deploy_scene(DEPTH)
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        journal = Journal(store)
        sides = {**_ours(scene, journal, effort), **_biscuits(scene, journal, effort)}
        yield _whole_table(interleave(sides, effort), effort)
        yield _parts_table(interleave(_parts(scene, journal), effort), effort)


def decider(scene: Scene, journal: Journal) -> Callable[[bytes], bytes]:
    """Return the function from request bytes to receipt bytes, by an evaluator of its own."""
    evaluator = scene.evaluator()
    ruling = evaluator.rule(scene.request(0), NOW, journal)
    assert ruling.statement.verdict is Verdict.ALLOW, ruling.statement.reasons

    def decide(data: bytes) -> bytes:
        return evaluator.rule(data, NOW, journal).envelope.to_bytes()

    return decide


def _ours(scene: Scene, journal: Journal, effort: Effort) -> dict[str, Work]:
    decide, decide_cold = decider(scene, journal), decider(scene, journal)
    same = scene.request(0)
    distinct = [scene.request(number) for number in range(effort.calls)]
    # More links than the cache keeps, so that none is still there when its turn comes again.
    count = min(effort.warm_up + effort.rounds * effort.calls, MAX_ENTRIES // DEPTH + 1)
    unseen = [
        scene.request(number, chain=make_chain(DEPTH, f"-{number}")) for number in range(count)
    ]
    return {
        SAME: lambda _: decide(same),
        DISTINCT: lambda call: decide(distinct[call % len(distinct)]),
        COLD: lambda call: decide_cold(unseen[call % count]),
    }


def _biscuits(scene: Scene, journal: Journal, effort: Effort) -> dict[str, Work]:
    """Return what biscuit-python does, if it is installed, having seen that both answer alike."""
    if find_spec("biscuit_auth") is None:
        return {}
    side = import_module("benchmarks.biscuit").BiscuitSide(DEPTH)
    evaluator = scene.evaluator()
    for context, env in CASES:
        ruling = evaluator.rule(scene.request(1, context, env=env), NOW, journal)
        allowed = ruling.statement.verdict is Verdict.ALLOW
        assert side.allows(side.request(1, context, env)) is allowed, (context, env)
    requests = [side.request(number) for number in range(effort.calls)]
    return {
        BISCUIT: lambda call: side.decide(requests[call % len(requests)]),
        BISCUIT_KEPT: lambda call: side.decide_kept(requests[call % len(requests)]),
    }


def _whole_table(timings: Mapping[str, Timing], effort: Effort) -> Table:
    beside = timings[BISCUIT].cpu if BISCUIT in timings else None
    target = Target(REACH, beside)
    targets = {SAME: target, DISTINCT: target, COLD: Target(None, beside)}
    figures = [
        Figure(name, timing.cpu, "µs", targets.get(name, Target()))
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


def _parts(scene: Scene, journal: Journal) -> dict[str, Work]:
    """Return the parts of one warm decision, and the whole of it, each as a side."""
    data = scene.request(0)
    request = parse_request(data)
    cache, revocations = LinkCache(), RevocationSet()
    chain = verify_chain(request.chain, cache, NOW, MAX_DEPTH)
    inputs, facts = scene.bundle.rule_set.inputs, scene.facts(request)
    engine, checker = scene.engine(), Checker(scene.bundle.rule_set.program)
    evaluation = engine.evaluate(facts)
    goal = claim(Verdict.ALLOW)
    goals = [*determining_facts(Verdict.ALLOW, evaluation.model), (goal.predicate, goal.terms)]
    certificate = evaluation.certificate(goals)
    assert checker.check(evaluation.facts, certificate) == goal
    judge, evaluator = Judge(scene.bundle), scene.evaluator()
    ruling = evaluator.rule(data, NOW, journal)
    assert ruling.statement.certificate == certificate_value(certificate)
    statement, envelope = ruling.statement, ruling.envelope

    def make_facts(_: int) -> object:
        given = request_facts(request, inputs, NOW), chain_facts(chain, revocations)
        return given, property_facts(chain, request.value)

    def make_statement(_: int) -> bytes:
        facts_value(evaluation.facts)
        certificate_value(certificate)
        return statement.to_bytes()

    return {
        PARSE: lambda _: parse_request(data),
        CHAIN: lambda _: verify_chain(request.chain, cache, NOW, MAX_DEPTH),
        FACTS: make_facts,
        ENGINE_RUN: lambda _: engine.evaluate(facts),
        DERIVATION: lambda _: engine.evaluate(facts).certificate(goals),
        KERNEL: lambda _: checker.check(evaluation.facts, certificate),
        JUDGMENT: lambda _: judge.judge(facts),
        STATEMENT: make_statement,
        SIGN: lambda _: sign(PAYLOAD_TYPE, envelope.payload, ENGINE),
        PRINT: lambda _: envelope.to_bytes(),
        WHOLE: lambda _: evaluator.rule(data, NOW, journal).envelope.to_bytes(),
    }


def _parts_table(timings: Mapping[str, Timing], effort: Effort) -> Table:
    spent = {name: timing.cpu for name, timing in timings.items()}
    # Derivations are made from a fresh evaluation, and the judgment holds the three before it.
    spent[DERIVATION] -= spent[ENGINE_RUN]
    spent[JUDGMENT] -= spent[ENGINE_RUN] + spent[DERIVATION] + spent[KERNEL]
    whole = spent.pop(WHOLE)
    rest = whole - sum(spent.values())
    rows = {**spent, REST: rest, WHOLE: whole}
    return Table(
        "Where the time goes",
        f"CPU time, {effort.text}; the same request, warm.",
        ("part", "µs", "%"),
        tuple((name, f"{cost:.0f}", f"{100 * cost / whole:.0f}") for name, cost in rows.items()),
        tuple(Figure(name, cost, "µs") for name, cost in rows.items()),
    )
