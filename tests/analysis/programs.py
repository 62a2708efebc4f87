# SPDX-License-Identifier: Apache-2.0
"""Small random rule sets for the analysis, and random requests and worlds for them.

`rule_texts` draws rules from pieces that between them use every kind of test: values of inputs that
are required, optional, defaulted or sets; orders and sums; patterns; equal texts; facts with and
without local variables; counts; approvals; helpers, negated and with several ways to hold.
`worlds` draws facts for the engine: everything that a complete request may bring.
"""

from __future__ import annotations

from hypothesis import strategies as st

from helm_logic.engine import Evaluation
from helm_logic.kernel.terms import Row, Term
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, stock_rules

World = dict[str, list[Row]]

HEADER = """
#input env    : {"dev", "prod", "test"} from context.env.
#input amount : int                     from context.amount.
#input limit  : int                     from context.limit   optional.
#input rush   : bool                    from context.rush    default false.
#input owner  : principal               from context.owner   optional.
#input target : string                  from context.target.
#input labels : string*                 from context.labels  optional.
#relation blocked(name: string).
#relation member(team: string, who: principal).
#relation quota(n: int).
#relation trusted(who: principal).
authorized :- subject(S), trusted(S).
known_action("a").
known_action("b").
"""

# A piece is what stands in a body; `#` is replaced, so that pieces share no variable by chance.
PIECES = (
    'action("a")', 'action("b")', 'not action("a")', 'action(A#), A# != "b"',
    'env("dev")', 'not env("prod")', 'env(E#), E# != "dev"', 'env("prod")',
    "amount(N#), N# <= 5", "amount(N#), N# > 3", "amount(4)", "not amount(4)",
    "amount(N#), limit(L#), N# <= L#", "amount(N#), limit(L#), N# + 2 > L#", "limit(L#), L# < 3",
    "amount(N#), limit(L#), N# + L# = 7", "limit(L#)",
    "rush(true)", "not rush(true)",
    "owner(O#), subject(O#)", "subject(S#), owner(O#), S# != O#", 'owner("user:ann")',
    'not owner("user:ann")',
    "target(T#), resource(T#)", 'resource(R#), matches("db/*", R#)',
    'target(T#), matches("db/**", T#)', 'target("db/one")', 'not target("db/one")',
    'resource_type("db")', 'subject("user:ann")',
    'labels("hot")', 'not labels("cold")',
    'blocked("x")', "resource(R#), blocked(R#)", 'not blocked("x")', "target(T#), not blocked(T#)",
    'member("core", P#)', 'subject(S#), member("core", S#)', "member(T#, P#), not blocked(T#)",
    "member(T#, S#), subject(S#)", 'count{P# : member("core", P#)} >= 2',
    "count{T# : member(T#, _)} < 2", "trusted(S#), count{T# : member(T#, S#)} < 1",
    "quota(Q#), amount(N#), N# <= Q#", "quota(Q#), Q# > 3",
    'approved("boss")', 'not approved("boss")', "authorized", "not authorized",
    "now(T#), T# < 2026-01-01T00:00:00Z",
)  # fmt: skip
HELPERS = ("small", "calm", "near(N#), N# > 3", "place(P#), blocked(P#)", 'place("one")')
NEGATED = ("not in_web", "not small", "not calm", 'not place("one")', "not near(4)")


@st.composite
def bodies(draw: st.DrawFn, pieces: tuple[str, ...] = PIECES, most: int = 3) -> str:
    """Draw a body of one to *most* pieces."""
    chosen = draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=most, unique=True))
    return ", ".join(piece.replace("#", str(n)) for n, piece in enumerate(chosen))


@st.composite
def rule_texts(draw: st.DrawFn, most: int = 4) -> str:
    """Draw the text of a rule set of up to *most* rules that conclude verdicts."""
    lines = [HEADER]
    small = draw(st.lists(bodies(most=2), min_size=1, max_size=2))
    lines += [f"small :- {body}." for body in small]
    lines.append(f"calm :- {draw(bodies(most=2))}.")
    lines.append('in_web :- resource(R), matches("web/**", R).')
    lines.append("near(M) :- amount(M).")
    lines.append(f'place("one") :- {draw(bodies(most=1))}.')
    lines.append('place("two") :- rush(true).')
    pieces = (*PIECES, *HELPERS, *NEGATED)
    for number in range(draw(st.integers(1, most))):
        verdict = draw(st.sampled_from(("allow", "deny", "escalate")))
        annotation = '@approver("boss") ' if verdict == "escalate" else ""
        lines.append(
            f'{annotation}@id("r{number}") {verdict}(c{number}) :- {draw(bodies(pieces))}.'
        )
    return "\n".join(lines) + "\n"


def loaded(text: str) -> RuleSet:
    """Return the rule set of *text*, as an analysis wants it."""
    return load(
        Source("main.dl", text), IncludeResolver(stock_rules()), prelude=prelude(),
        relevance=False, claims=True,
    )  # fmt: skip


def fires(rule_set: RuleSet, found: Evaluation, rule_id: str) -> bool:
    """Say whether the body of a rule holds in what was *found*."""
    number, rule = next((n, r) for n, r in enumerate(rule_set.program.rules) if r.id == rule_id)
    head = rule.head.predicate
    return any(number in found.supporting_rules(head, row) for row in found.rows(head))


def _some(*values: Term | None) -> st.SearchStrategy[list[Row]]:
    return st.sampled_from([[] if value is None else [(value,)] for value in values])


def _rows(*rows: Row) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.sampled_from(rows), unique=True, max_size=3)


_SUBJECTS = ("s:user:ann", "s:user:bob", "s:agent:x")
_TEXTS = ("s:db/one", "s:db/two", "s:db/one/two", "s:web/x", "s:y/z")
_NUMBERS = (0, 2, 3, 4, 5, 6, 7)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw facts of a complete request and of a world."""
    resource = draw(st.sampled_from(_TEXTS))
    return {
        "subject": draw(_some(*_SUBJECTS)),
        "action": draw(_some("s:a", "s:b", "s:c")),
        "resource": [(resource,)],
        "resource_type": [(resource.partition("/")[0],)],
        "now": draw(_some(1_700_000_000, 1_772_000_000)),
        "env": draw(_some("s:dev", "s:prod", "s:test")),
        "amount": draw(_some(*_NUMBERS)),
        "limit": draw(_some(None, *_NUMBERS)),
        "rush": draw(_some("b:false", "b:true")),
        "owner": draw(_some(None, *_SUBJECTS)),
        "target": draw(_some("s:plain", *_TEXTS)),
        "labels": draw(_rows(("s:hot",), ("s:cold",))),
        "blocked": draw(_rows(("s:x",), ("s:db/one",), ("s:core",), ("s:one",), ("s:two",))),
        "member": draw(
            _rows(("s:core", "s:user:ann"), ("s:core", "s:agent:x"), ("s:ops", "s:user:bob"))
        ),
        "quota": draw(_rows((3,), (5,))),
        "trusted": draw(_rows(("s:user:ann",), ("s:agent:x",))),
        "approval": draw(_rows(("s:1", "s:user:eve", "s:boss"), ("s:2", "s:user:ann", "s:boss"))),
    }
