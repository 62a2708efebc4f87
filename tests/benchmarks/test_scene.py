# SPDX-License-Identifier: Apache-2.0
"""The policy and the requests that are measured are what the benchmarks say they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.decision import CASES
from benchmarks.scene import ENGINE, NOW, Scene, deploy_scene, make_chain, new_store
from helm_logic.guard.journal import Journal
from helm_logic.policy.request import parse_request
from helm_logic.receipts.verdict import Verdict


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Return the scene of the decision benchmark."""
    return deploy_scene(3)


def test_requests_differ_and_are_allowed(scene: Scene, tmp_path: Path) -> None:
    """Two requests have two digests and two receipts, signed by the engine's key, both ALLOW."""
    evaluator = scene.evaluator()
    with new_store(tmp_path) as store:
        rulings = [evaluator.rule(scene.request(n), NOW, Journal(store)) for n in range(2)]
    assert {ruling.statement.verdict for ruling in rulings} == {Verdict.ALLOW}
    assert len({ruling.statement.request_digest for ruling in rulings}) == 2
    assert len({ruling.envelope.digest for ruling in rulings}) == 2
    assert {one.keyid for ruling in rulings for one in ruling.envelope.signatures} == {
        ENGINE.public_key.keyid
    }


def test_only_the_first_case_is_allowed(scene: Scene, tmp_path: Path) -> None:
    """What biscuit is compared on beforehand is not always ALLOW."""
    evaluator = scene.evaluator()
    with new_store(tmp_path) as store:
        verdicts = [
            evaluator.rule(
                scene.request(1, context, env=env), NOW, Journal(store)
            ).statement.verdict
            for context, env in CASES
        ]
    assert [verdict is Verdict.ALLOW for verdict in verdicts] == [True, False, False, False]


def test_the_engine_is_asked_what_the_judge_asks_it(scene: Scene, tmp_path: Path) -> None:
    """The engine that is measured alone finds the model that is signed."""
    data = scene.request(0)
    with new_store(tmp_path) as store:
        ruling = scene.evaluator().rule(data, NOW, Journal(store))
    evaluation = scene.engine().evaluate(scene.facts(parse_request(data)))
    certificate = ruling.statement.certificate
    assert isinstance(certificate, dict)
    model = {name: sorted(rows.items()) for name, rows in evaluation.model.items() if rows}
    assert model == certificate["model"]


@pytest.mark.parametrize("depth", [1, 3, 64])
def test_chains_are_as_long_as_asked(depth: int) -> None:
    """Every link names the one before it, and another tag makes other links."""
    chain = make_chain(depth)
    assert len({link.digest for link in chain}) == depth
    assert not {link.digest for link in chain} & {link.digest for link in make_chain(depth, "-x")}
