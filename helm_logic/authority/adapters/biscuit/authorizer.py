# SPDX-License-Identifier: Apache-2.0
"""Checks and policies over the world that blocks and an authorizer make: the outcome.

Every check has to pass; of the policies the first that matches decides. The order is Biscuit's,
which matters for errors alone: checks of the authorizer, of block 0, policies, checks of later
blocks. Any error ends it: an outcome with one allows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import attrs

from helm_logic.authority.adapters.biscuit.evaluation import Evaluator, Function
from helm_logic.authority.adapters.biscuit.lowering import Asking, lower
from helm_logic.authority.adapters.biscuit.syntax import (
    AUTHORIZER,
    Block,
    Check,
    Policy,
    Query,
    Variable,
)
from helm_logic.authority.adapters.biscuit.world import World, run
from helm_logic.errors import EvaluationError, ExpressionError, LimitReached

NO_FUNCTIONS: Mapping[str, Function] = MappingProxyType({})
INVALID_RULE = "InvalidBlockRule"
LIMIT = "RunLimit"
UNSUPPORTED = "Unsupported"


@attrs.frozen
class FailedCheck:
    """Check number *check* (from 0) of *block*, or of the authorizer, did not pass."""

    block: int
    check: int
    text: str = attrs.field(default="", eq=False)


@attrs.frozen
class Outcome:
    """What the authorizer says.

    *policy* is the kind and the number of the policy that matched first, *failed* the checks that
    did not pass: the authorizer's first, then by block. *error* is why there is neither, with a
    *message*. *world* is None if it could not be made.
    """

    policy: tuple[str, int] | None = None
    failed: tuple[FailedCheck, ...] = ()
    error: str | None = None
    message: str = ""
    world: World | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether a policy allows, every check passed, and nothing went wrong."""
        return (
            self.error is None
            and not self.failed
            and self.policy is not None
            and self.policy[0] == "allow"
        )


def authorize(
    blocks: Sequence[Block],
    authorizer: Block,
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> Outcome:
    """Return what *authorizer* says of *blocks*, the authority block first; raises nothing.

    *functions* are the host's, for `.extern::NAME`.
    """
    text = invalid_rule((*blocks, authorizer))
    if text is not None:
        return Outcome(error=INVALID_RULE, message=text)
    world = None
    try:
        evaluator = Evaluator(functions)
        sought = list(_queries(blocks, authorizer))
        world = run(lower(blocks, authorizer, sought), evaluator)
        return _judge(blocks, authorizer, world, evaluator)
    except ExpressionError as error:
        return Outcome(error=error.kind, message=str(error), world=world)
    except LimitReached as error:
        return Outcome(error=LIMIT, message=str(error), world=world)
    except EvaluationError as error:
        return Outcome(error=UNSUPPORTED, message=str(error), world=world)


def _checks_and_policies(block: Block) -> tuple[Check | Policy, ...]:
    return (*block.checks, *block.policies)


def invalid_rule(blocks: Sequence[Block]) -> str | None:
    """Return the first rule or body of *blocks* that reads a variable no predicate binds."""
    for block in blocks:
        for rule in block.rules:
            names = {each.name for each in rule.head.terms if isinstance(each, Variable)}
            if not names <= rule.body.bound or rule.body.loose:
                return rule.text or rule.head.text
        for each in _checks_and_policies(block):
            if any(query.loose for query in each.queries):
                return each.text or each.kind
    return None


def _queries(blocks: Sequence[Block], authorizer: Block) -> Iterator[tuple[int, Query]]:
    for number, block in ((AUTHORIZER, authorizer), *enumerate(blocks)):
        for each in _checks_and_policies(block):
            for query in each.queries:
                yield number, query


def _judge(
    blocks: Sequence[Block], authorizer: Block, world: World, evaluator: Evaluator
) -> Outcome:
    remaining = iter(world.lowered.queries)
    asking = {
        (number, place): [next(remaining) for _ in each.queries]
        for number, block in ((AUTHORIZER, authorizer), *enumerate(blocks))
        for place, each in enumerate(_checks_and_policies(block))
    }

    def failing(number: int, block: Block) -> list[FailedCheck]:
        return [
            FailedCheck(number, place, check.text)
            for place, check in enumerate(block.checks)
            if not _passes(world, evaluator, check, asking[number, place])
        ]

    failed = failing(AUTHORIZER, authorizer)
    failed += [each for block in blocks[:1] for each in failing(0, block)]
    policy = None
    for place, each in enumerate(authorizer.policies, start=len(authorizer.checks)):
        if any(_matches(world, evaluator, one) for one in asking[AUTHORIZER, place]):
            policy = (each.kind, place - len(authorizer.checks))
            break
    for number, block in enumerate(blocks[1:], start=1):
        failed += failing(number, block)
    return Outcome(policy, tuple(failed), world=world)


def _passes(world: World, evaluator: Evaluator, check: Check, asking: Sequence[Asking]) -> bool:
    """Say whether one of the bodies passes.

    That is Biscuit's reading of `reject if A or B` too: it fails only if both match.
    """
    for each in asking:
        results = _results(world, evaluator, each)
        passed = any(results)
        if check.kind == "all":
            passed = passed and all(results)
        if passed != (check.kind == "reject"):
            return True
    return False


def _results(world: World, evaluator: Evaluator, asking: Asking) -> list[bool]:
    """Return for each match of the predicates whether the expressions hold.

    All of them are asked, so that no order of facts decides whether an error is met.
    """
    expressions = asking.body.expressions
    return [evaluator.holds(expressions, each) for each in world.bindings(asking)]


def _matches(world: World, evaluator: Evaluator, asking: Asking) -> bool:
    return any(_results(world, evaluator, asking))
