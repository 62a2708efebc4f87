# SPDX-License-Identifier: Apache-2.0
"""Biscuit's 50 validations: results, worlds and origins, from the text and from the bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import helm_logic.authority.adapters.biscuit as package
from helm_logic.authority.adapters.biscuit.authorizer import INVALID_RULE, authorize
from helm_logic.authority.adapters.biscuit.parser import parse_authorizer, parse_block
from helm_logic.authority.adapters.biscuit.syntax import AUTHORIZER, Block
from helm_logic.authority.adapters.biscuit.token import verify_bytes
from helm_logic.authority.adapters.biscuit.world import World
from helm_logic.errors import LinkRefused
from helm_logic.kernel.certificate import Certificate
from helm_logic.kernel.check import check
from tests.authority.adapters.biscuit import samples
from tests.authority.adapters.biscuit.samples import Validation, result_of

_CLASSES = {
    "InvalidSignature": "bad_signature",
    "BlockSignatureDeserializationError": "malformed_link",
}


def datalog() -> list[Validation]:
    """Return the validations whose tokens are good."""
    return [each for each in samples.validations() if not each.is_format]


def test_there_are_fifty_and_five_are_of_the_format() -> None:
    """No validation is left out: 45 are of Datalog, 5 of signatures."""
    assert (len(samples.validations()), len(datalog())) == (50, 45)


def test_every_result_and_world_from_source_text() -> None:
    """Our engine, run on the text, gives each result and each world with its origins."""
    for each in datalog():
        outcome = authorize(each.blocks, parse_authorizer(each.authorizer), samples.FUNCTIONS)
        assert result_of(outcome) == each.result, each.name
        assert (None if outcome.world is None else outcome.world.facts) == each.world, each.name


def test_every_statement_keeps_its_text_and_place() -> None:
    """Rules, checks and policies stand in the world as the samples list them."""
    for each in datalog():
        if each.statements is None:
            continue
        authorizer = parse_authorizer(each.authorizer)
        parties = ((AUTHORIZER, authorizer), *enumerate(each.blocks))
        for part in ("rules", "checks"):
            told = {
                (samples._origin(group["origin"]), text)
                for group in each.statements[part]
                for text in group[part]
            }
            assert told == {(n, one.text) for n, block in parties for one in getattr(block, part)}
        assert each.statements["policies"] == [one.text for one in authorizer.policies]


def test_every_result_from_verified_bytes() -> None:
    """Bytes that biscuit-python verified mean what their text means, down to revocation ids."""
    key = samples.root_key()
    for each in datalog():
        token = verify_bytes(each.data, [key])
        outcome = authorize(token.blocks, parse_authorizer(each.authorizer), samples.FUNCTIONS)

        assert token.blocks == each.blocks, each.name
        assert tuple(one.hex() for one in token.revocation_ids) == each.revocation_ids
        if outcome.error == INVALID_RULE:
            assert "InvalidBlockRule" in json.dumps(each.result), each.name
        else:
            assert _without_texts(result_of(outcome, texts=False)) == _without_texts(each.result)
        assert (None if outcome.world is None else outcome.world.facts) == each.world, each.name


def test_every_format_error_is_refused_for_its_reason() -> None:
    """The five tokens with wrong signatures never reach the Datalog."""
    key = samples.root_key()
    for each in samples.validations():
        if each.is_format:
            [kind] = _leaves(each.result["Err"]["Format"])
            with pytest.raises(LinkRefused) as refused:
                verify_bytes(each.data, [key])
            assert refused.value.reason == _CLASSES[kind], each.name


def test_the_kernel_accepts_every_world() -> None:
    """Each model, with the expressions that hold as given facts, is certified by the kernel."""
    for each in datalog():
        world = authorize(each.blocks, parse_authorizer(each.authorizer), samples.FUNCTIONS).world
        if world is not None and world.facts:
            _check(world)


def _check(world: World) -> None:
    evaluation, program = world.evaluation, world.lowered.program
    goal = next(
        (name, rows[0])
        for name in (f"holds_{number}" for number in range(len(world.lowered.relations)))
        if (rows := evaluation.rows(name))
    )
    certificate = evaluation.certificate([goal])
    assert isinstance(certificate, Certificate)
    proved = check(program, evaluation.facts, certificate)
    assert (proved.predicate, proved.terms) == goal


def test_no_case_is_known_by_name() -> None:
    """Neither the adapter nor its tests name a sample, so none can be treated apart."""
    files = [*Path(package.__file__).parent.glob("*.py"), *Path(__file__).parent.glob("*.py")]
    cases = json.loads((samples.FOLDER / "samples.json").read_text("utf-8"))["testcases"]
    names = {case["filename"].removesuffix(".bc") for case in cases}
    names |= {name.split("_")[0] for name in names}
    text = "\n".join(each.read_text("utf-8") for each in files)
    assert len(names) == 2 * len(cases)
    assert [name for name in sorted(names) if name in text] == []


def test_a_blocks_own_scope_counts_for_all_its_bodies() -> None:
    """`trusting` as a statement stands for each body of the block that has none of its own."""
    texts = ("p(1);", "p(2);", "trusting previous; check if p(2);")
    blocks: list[Block] = [parse_block(each) for each in texts]
    allow = parse_authorizer("allow if true;")

    assert authorize(blocks, allow).is_allowed
    narrowed = parse_block("trusting previous; check if p(2) trusting authority;")
    assert not authorize([*blocks[:2], narrowed], allow).is_allowed


def _without_texts(result: object) -> object:
    if isinstance(result, dict):
        return {name: _without_texts(each) for name, each in result.items() if name != "rule"}
    return [_without_texts(each) for each in result] if isinstance(result, list) else result


def _leaves(error: dict[str, object]) -> list[str]:
    """Return the name of the innermost class of *error*."""
    [(name, inner)] = error.items()
    return _leaves(inner) if isinstance(inner, dict) else [name]
