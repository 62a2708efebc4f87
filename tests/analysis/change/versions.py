# SPDX-License-Identifier: Apache-2.0
"""Small random pairs of versions, and all requests and worlds that there are for them.

The pieces are such that a handful of values stands for everything that rules can tell apart: inputs
with small domains, one relation, one role. So what becomes of verdicts is found by asking the
engine about each request, in the form in which a caller sends it; no code is shared with the
comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

import attrs
from hypothesis import strategies as st

from helm_logic.engine import Engine, Evaluation
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, stock_rules
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.request import Request
from helm_logic.receipts.verdict import Verdict

Facts = dict[str, list[Row]]

_ENV = ('{"dev", "prod"}', '{"dev", "prod", "qa"}', '{"prod", "dev"}  default "dev"')
_FLAG = ("bool", "bool", "bool  optional", "bool  default false", "bool  default true")
_LEVEL = ("int 0..2", "int 0..3", "int 1..3  optional", "int")
_LABELS = ('{"hot", "cold"}*  optional', '{"hot"}*  optional', '{"hot", "cold"}*')
_BOTH_KNOWN = 'known_action("go"). known_action("stay").'
_KINDS = {"env": _ENV, "flag": _FLAG, "level": _LEVEL, "labels": _LABELS}
_PIECES: Mapping[str, tuple[str, ...]] = {
    "env": ('env("dev")', 'not env("prod")', "env(_)"),
    "flag": ("flag(true)", "not flag(true)", "flag(F), F != true"),
    "level": ("level(N), N <= 1", "level(2)", "not level(1)", "level(N), N > 1"),
    "labels": ('labels("hot")', 'not labels("hot")'),
    "": (
        'action("go")', 'action("go")', 'action("stay")', 'not action("stay")', "authorized",
        'approved("boss")', 'not approved("boss")', "subject(S), listed(S)", "not near",
        "near", "subject(S), not listed(S)", "calm", "not calm",
    ),
}  # fmt: skip


@attrs.frozen
class Pair:
    """The texts of two versions, and the inputs that they ask for."""

    old: str
    new: str
    inputs: tuple[str, ...]


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Draw two versions that have most of their rules in common."""
    inputs = tuple(draw(st.lists(st.sampled_from(sorted(_KINDS)), max_size=2, unique=True)))
    shared = [draw(_rules(inputs)) for _ in range(draw(st.integers(0, 3)))]
    chain = draw(st.sampled_from(_CHAINS))
    head = draw(_heads(inputs))
    texts = []
    for _ in range(2):
        own = [draw(_rules(inputs)) for _ in range(draw(st.integers(0, 2)))]
        rules = draw(st.permutations([*shared, *own]))
        if draw(st.integers(0, 3)) == 0:
            head = draw(_heads(inputs))
        texts.append("\n".join((chain, *head, *rules)))
    return Pair(texts[0], texts[1], inputs)


@st.composite
def _heads(draw: st.DrawFn, inputs: tuple[str, ...]) -> list[str]:
    declared = {name: draw(st.sampled_from(_KINDS[name])) for name in inputs}
    known = draw(st.sampled_from(('known_action("go").', _BOTH_KNOWN)))
    return [*map(_declaration, declared.items()), known, draw(_helpers(inputs))]


_LISTED = "#relation listed(who: principal)."
_TRUSTED = "#relation trusted(who: principal).\nauthorized :- subject(S), trusted(S)."
_CHAINS = (f'#include "authority".\n{_LISTED}', *(2 * [f"{_LISTED}\n{_TRUSTED}"]))


def _declaration(item: tuple[str, str]) -> str:
    name, (kind, _, rest) = item[0], item[1].partition("  ")
    return f"#input {name} : {kind} from context.{name} {rest}."


@st.composite
def bodies(draw: st.DrawFn, inputs: tuple[str, ...], *, helpers: bool = True) -> str:
    """Draw a body over *inputs*."""
    groups = [_PIECES[name] for name in (*inputs, "")]
    pieces = [piece for group in groups for piece in group
              if helpers or not piece.endswith(("near", "calm"))]  # fmt: skip
    return ", ".join(draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=3, unique=True)))


@st.composite
def _rules(draw: st.DrawFn, inputs: tuple[str, ...]) -> str:
    verdict = draw(st.sampled_from(("allow", "allow", "deny", "escalate")))
    return f"{verdict}({verdict}) :- {draw(bodies(inputs))}."


@st.composite
def _helpers(draw: st.DrawFn, inputs: tuple[str, ...]) -> str:
    near = f"near :- {draw(bodies(inputs, helpers=False))}."
    return f"{near}\ncalm :- {draw(bodies(inputs, helpers=False))}.\ncalm :- near."


def version(text: str, *, relevance: bool = True) -> RuleSet:
    """Return the rule set of *text*."""
    return load(
        Source("main.dl", text), IncludeResolver(stock_rules()), prelude=prelude(),
        relevance=relevance, claims=True,
    )  # fmt: skip


# Every request.

_VALUES: Mapping[str, tuple[JsonValue, ...]] = {
    "env": ("dev", "prod", "qa"),
    "flag": (True, False),
    "level": (-1, 0, 1, 2, 3, 4),
    "labels": ([], ["hot"], ["cold"], ["hot", "cold"]),
}


class Side:
    """A version that answers requests."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self._engine = Engine(rule_set.program)
        self._given = {each.name for each in rule_set.program.predicates if each.given}

    def facts(self, request: Request, world: Facts) -> Facts:
        """Return the facts of *request* in *world*, as far as the rules know of them."""
        facts = {**request_facts(request, self.rule_set.inputs, 1_767_225_600), **world}
        return {name: rows for name, rows in facts.items() if name in self._given}

    def evaluate(self, facts: Facts) -> Evaluation:
        """Return what holds."""
        return self._engine.evaluate(facts)

    def lacks(self, facts: Facts) -> bool:
        """Say whether a request lacks what this version requires."""
        return bool(facts["missing"])

    def refuses(self, facts: Facts) -> bool:
        """Say whether a request has a value that this version does not know."""
        return bool(facts["invalid_input"])


def verdict_of(found: Evaluation) -> Verdict:
    """Return the verdict."""
    ((verdict,),) = found.rows("verdict")
    return Verdict(str(verdict)[2:].upper())


def requests(inputs: Iterable[str]) -> Iterator[tuple[Request, Facts]]:
    """Yield every request with every world that matters."""
    names = tuple(inputs)
    choices = product(*((None, *_VALUES[name]) for name in names))
    flags = (False, True)
    for values in choices:
        context = {name: each for name, each in zip(names, values, strict=True) if each is not None}
        for action, allowed, approved, listed in product(
            ("go", "stay", "run"), flags, flags, flags
        ):
            value: dict[str, JsonValue] = {
                "subject": {"type": "user", "id": "ann"},
                "action": {"name": action},
                "resource": {"type": "thing", "id": "one"},
                "context": {**context},
            }
            yield Request(value, ""), _world(allowed=allowed, approved=approved, listed=listed)


def _world(*, allowed: bool, approved: bool, listed: bool) -> Facts:
    return {
        "anchor": [("s:user:ann",)] if allowed else [],
        "trusted": [("s:user:ann",)] if allowed else [],
        "chain_length": [(0,)],
        "approval": [("s:1", "s:user:eve", "s:boss")] if approved else [],
        "listed": [("s:user:ann",)] if listed else [],
    }
