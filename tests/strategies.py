# SPDX-License-Identifier: Apache-2.0
"""Random rule text for every room: trees of the surface syntax, and rule sets that load.

`trees` draws anything that the grammar can say, with comments and empty lines wherever a formatted
file can have them, sense or no sense. `rule_texts` draws programs that are typed, safe and
stratified, with projections, counts and equations that lowering must take apart; facts for them
come from `facts_for`. Random kernel programs are `tests/engine/strategies.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import strategies as st

from helm_logic.kernel.terms import COMPARISONS, Row, Term
from helm_logic.lang import tree
from helm_logic.lang.lexer import Comment
from helm_logic.lang.printer import quote

# --- Trees.

_RESERVED = {"not", "true", "false", "matches", "subsumes"}
_PLAIN = st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp"))

names = st.sampled_from(["p", "q", "env", "count", "default", "from", "aB_9"]) | st.from_regex(
    r"[a-z][a-zA-Z0-9_]{0,5}", fullmatch=True
).filter(lambda name: name not in _RESERVED)
variables = st.builds(
    tree.Variable,
    st.sampled_from(["_", "X", "Y", "_Z"])
    | st.from_regex(r"[A-Z_][a-zA-Z0-9_]{0,4}", fullmatch=True),
)
comments = st.builds(lambda text: Comment(f"% {text}".rstrip()), st.text(_PLAIN, max_size=12))


def _integer(number: int, grouped: bool) -> tree.Constant:  # noqa: FBT001 - drawn by position
    spelling = f"{number:_}" if grouped else str(number)
    return tree.Constant("int", number, spelling)


strings = st.text(
    st.characters(codec="utf-8") | st.sampled_from('"\\\n\t\u202e\u200b😀'), max_size=8
).map(lambda text: tree.Constant("string", f"s:{text}", quote(text)))
integers = st.builds(_integer, st.integers(-(2**53) + 1, 2**53 - 1), st.booleans())
constants = st.one_of(
    strings,
    integers,
    names.map(lambda name: tree.Constant("symbol", f"y:{name}", name)),
    st.sampled_from(["true", "false"]).map(lambda text: tree.Constant("bool", f"b:{text}", text)),
    st.sampled_from(
        [
            tree.Constant("time", 0, "1970-01-01T00:00:00Z"),
            tree.Constant("time", 1769810400, "2026-01-31T00:00:00+02:00"),
            tree.Constant("string", "s:A", '"\\u0041"'),
        ]
    ),
)
terms = variables | constants
expressions: st.SearchStrategy[tree.Expression] = st.recursive(
    terms,
    lambda inner: st.builds(tree.Operation, st.sampled_from("+-*"), inner, inner),
    max_leaves=4,
)
atoms = st.builds(tree.Atom, names, st.lists(terms, max_size=3).map(tuple))
plain_literals: st.SearchStrategy[tree.Literal] = st.one_of(
    atoms,
    st.builds(tree.Not, atoms),
    st.builds(tree.Comparison, st.sampled_from(COMPARISONS), expressions, expressions),
    st.builds(tree.PatternTest, st.sampled_from(["matches", "subsumes"]), terms, terms),
)
counts = st.builds(
    tree.Count,
    st.lists(variables, min_size=1, max_size=2).map(tuple),
    st.lists(plain_literals, min_size=1, max_size=2).map(tuple),
    st.sampled_from(COMPARISONS),
    expressions,
)


def _comments(*, above: bool = True, beside: bool = True) -> st.SearchStrategy[tree.Comments]:
    """Draw the comments of a piece; mostly none, so that statements on one line are drawn too."""
    some = st.builds(
        tree.Comments,
        st.lists(comments, max_size=2 * above).map(tuple),
        comments if beside else st.none(),
    )
    return st.one_of(*[st.just(tree.Comments())] * 4, some)


@st.composite
def layouts(draw: st.DrawFn, *, first: bool) -> tree.Layout:
    """Draw what surrounds a statement; before the first line of a file no empty line is kept."""
    above = [
        attrs.evolve(comment, blank_before=draw(st.booleans()))
        for comment in draw(st.lists(comments, max_size=2))
    ]
    blank = draw(st.booleans())
    if first and above:
        above[0] = attrs.evolve(above[0], blank_before=False)
    elif first:
        blank = False
    beside = draw(st.none() | comments)
    return tree.Layout(tree.Comments(tuple(above), beside), blank)


@st.composite
def _rules(
    draw: st.DrawFn, least: int = 0
) -> tuple[tuple[tree.BodyLine, ...], tuple[tree.Annotation, ...], tree.Comments]:
    """Draw what rules and claims have in common: a body, annotations, comments in between."""
    annotations = tuple(
        tree.Annotation(draw(names), draw(constants), draw(_comments(above=number > 0)))
        for number in range(draw(st.integers(0, 2)))
    )
    body = draw(st.lists(plain_literals | counts, min_size=least, max_size=3))
    lines = tuple(
        tree.BodyLine(literal, draw(_comments(beside=number < len(body))))
        for number, literal in enumerate(body, 1)
    )
    around = _comments(above=bool(annotations), beside=bool(body))
    return lines, annotations, draw(around)


clauses = st.builds(lambda head, rest: tree.Clause(head, *rest), atoms, _rules())
_about: st.SearchStrategy[tuple[str, str, str]] = st.one_of(
    st.tuples(
        st.sampled_from(["never", "always"]),
        st.sampled_from(["allow", "deny", "escalate"]),
        st.just(""),
    ),
    st.sampled_from([("decides", "", ""), ("monotone", "", "approvals")]),
    names.map(lambda name: ("independent", "", name)),
)
claims = st.one_of(
    st.builds(lambda said, rest: tree.Claim(*said, *rest), _about, _rules()),
    st.builds(lambda rest: tree.Claim("only", "allow", "", *rest), _rules(1)),
    st.builds(lambda rest: tree.Assumption(*rest), _rules(1)),
)


input_types = st.one_of(
    st.builds(tree.InputType, names, is_set=st.booleans()),
    st.builds(tree.InputType, names, bounds=st.tuples(integers, integers), is_set=st.booleans()),
    st.builds(
        tree.InputType,
        values=st.lists(constants, min_size=1, max_size=3).map(tuple),
        is_set=st.booleans(),
    ),
)
declarations = st.one_of(
    st.builds(tree.Include, st.text(st.characters(codec="utf-8"), max_size=8)),
    st.builds(
        tree.InputDeclaration,
        names,
        input_types,
        st.lists(names | st.text(_PLAIN, max_size=5), min_size=1, max_size=3).map(tuple),
        st.none() | constants,
        st.booleans(),
    ),
    st.builds(
        tree.Declaration,
        names,
        st.lists(st.builds(tree.Column, names | st.just(""), names, _comments()), max_size=3).map(
            tuple
        ),
        st.booleans(),
    ),
)


@st.composite
def trees(draw: st.DrawFn) -> tree.Tree:
    """Draw a file as the formatter would leave it."""
    statements = [
        attrs.evolve(statement, layout=draw(layouts(first=number == 0)))
        for number, statement in enumerate(
            draw(st.lists(clauses | declarations | claims, max_size=5))
        )
    ]
    last = [
        attrs.evolve(comment, blank_before=draw(st.booleans()) and bool(number or statements))
        for number, comment in enumerate(draw(st.lists(comments, max_size=2)))
    ]
    return tree.Tree(tuple(statements), tuple(last))


# --- Rule sets that load.

# Two kinds of columns are enough for joins that are typed and still meet by chance.
GIVEN = {"e": "i", "f": "ii", "g": "s", "h": "si", "w": "p"}
_LAYERS = (("a0", "i"), ("b0", "si"), ("a1", "i"), ("b1", "s"), ("a2", "ii"), ("b2", "i"))
_TYPES = {"i": "int", "s": "string", "p": "pattern"}
_POOLS = {"i": ("I", "J", "K"), "s": ("S", "T"), "p": ("P",), "b": ("B",)}
_VALUES: dict[str, tuple[str, ...]] = {
    "i": ("0", "1", "2", "-1"),
    "s": ('"a"', '"a/b"', '"c"'),
    "p": ('"a/*"', '"**"'),
    "b": ("true", "false"),
}
FACT_VALUES: dict[str, tuple[Term, ...]] = {
    "i": (0, 1, 2, 3),
    "s": ("s:a", "s:a/b", "s:c", "s:a/b/c"),
    "p": ("s:a", "s:a/*", "s:a/**", "s:*"),
}
HEADER = "".join(
    f"#relation {name}({', '.join(_TYPES[column] for column in columns)}).\n"
    for name, columns in GIVEN.items()
)


@attrs.define
class Body:
    """A body as it is drawn: its literals as text, and the variables that have values by column.

    *below* are those whose values come from lower layers: a count may read no other ones.
    """

    literals: list[str]
    bound: dict[str, list[str]]
    below: dict[str, list[str]]

    def bind(self, column: str, name: str, *, below: bool = True) -> None:
        """Remember that variable *name* has a value."""
        for known in (self.bound, self.below)[: 1 + below]:
            if name not in known.setdefault(column, []):
                known[column].append(name)

    def lower(self) -> Body:
        """Return a body without literals in which only the variables *below* have values."""
        copies = [{column: list(found) for column, found in self.below.items()} for _ in "12"]
        return Body([], *copies)


def _positive(draw: st.DrawFn, name: str, columns: str, body: Body, *, below: bool) -> str:
    terms = []
    for column in columns:
        term = draw(st.sampled_from((*_POOLS[column], *_POOLS[column], "_", *_VALUES[column][:2])))
        if term in _POOLS[column]:
            body.bind(column, term, below=below)
        terms.append(term)
    return f"{name}({', '.join(terms)})"


def _reader(draw: st.DrawFn, column: str, body: Body, *more: str) -> str:
    terms: tuple[str, ...] = (*body.bound.get(column, ()), *_VALUES[column][:2], *more)
    return draw(st.sampled_from(terms))


def _negated(draw: st.DrawFn, name: str, columns: str, body: Body) -> str:
    terms = [_reader(draw, column, body, "_") for column in columns]
    return f"not {name}({', '.join(terms)})"


def _expression(draw: st.DrawFn, body: Body) -> str:
    first, second, third = (_reader(draw, "i", body) for _ in range(3))
    shapes = (
        first,
        f"{first} + {second}",
        f"{first} - ({second} - {third})",
        f"{first} * {second}",
    )
    return draw(st.sampled_from(shapes))


def _count(draw: st.DrawFn, lower: Sequence[tuple[str, str]], body: Body) -> str:
    """Draw a count whose inner literals share variables with the body and each other."""
    inner = body.lower()
    name, columns = draw(st.sampled_from(lower))
    counted = {"i": "N", "s": "M", "p": "Q", "b": "C"}
    terms = [_reader(draw, column, body, "_", counted[column]) for column in columns]
    terms[0] = counted[columns[0]]
    inner.literals.append(f"{name}({', '.join(terms)})")
    inner.bind(columns[0], terms[0])
    for column, term in zip(columns, terms, strict=True):
        if term in counted.values():
            inner.bind(column, term)
    if draw(st.booleans()):
        more = draw(st.sampled_from(lower))
        wanted = [_reader(draw, column, inner, "_") for column in more[1]]
        sign = draw(st.sampled_from(["", "not "]))
        inner.literals.append(f"{sign}{more[0]}({', '.join(wanted)})")
    if draw(st.booleans()):
        inner.literals.append(f"{_reader(draw, 'i', inner)} <= {_expression(draw, inner)}")
    relation = draw(st.sampled_from(COMPARISONS))
    return f"count{{{terms[0]} : {', '.join(inner.literals)}}} {relation} {_expression(draw, body)}"


def draw_body(
    draw: st.DrawFn, positive: Sequence[tuple[str, str]], lower: Sequence[tuple[str, str]]
) -> Body:
    """Draw a body over *positive* predicates, with negations and counts of *lower* ones."""
    body = Body([], {}, {})
    for _ in range(draw(st.integers(1, 3))):
        chosen = draw(st.sampled_from(positive))
        body.literals.append(_positive(draw, *chosen, body, below=chosen in lower))
    if draw(st.booleans()):
        body.literals.append(f"L = {_expression(draw, body.lower())}")
        body.bind("i", "L")
    if draw(st.booleans()):
        body.literals.append(_negated(draw, *draw(st.sampled_from(lower)), body))
    if draw(st.booleans()):
        left, right = _expression(draw, body), _expression(draw, body)
        body.literals.append(f"{left} {draw(st.sampled_from(COMPARISONS))} {right}")
    if body.bound.get("p") and draw(st.booleans()):
        body.literals.append(f"matches({body.bound['p'][0]}, {_reader(draw, 's', body)})")
    if draw(st.integers(0, 2)) == 0:
        body.literals.append(_count(draw, lower, body))
    return body


def draw_rule(
    draw: st.DrawFn,
    head: tuple[str, str],
    positive: Sequence[tuple[str, str]],
    lower: Sequence[tuple[str, str]],
) -> str:
    """Draw a rule whose head has the name and columns *head*."""
    body = draw_body(draw, positive, lower)
    # A sum in the head of a recursive rule would make facts without end.
    body.bound["i"] = [name for name in body.bound.get("i", ()) if name != "L"]
    terms = [_reader(draw, column, body) for column in head[1]]
    literals = draw(st.permutations(body.literals))
    return f"{head[0]}({', '.join(terms)}) :- {', '.join(literals)}."


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    """Draw a program over `GIVEN`: a few rules for each of a few layers, recursive within one."""
    lines = []
    for number, head in enumerate(_LAYERS):
        lower = [*GIVEN.items(), *_LAYERS[:number]]
        columns = ", ".join(_TYPES[column] for column in head[1])
        lines.append(f"#predicate {head[0]}({columns}).")
        rules = range(draw(st.integers(0, 2)))
        lines += [draw_rule(draw, head, [*lower, head], lower) for _ in rules]
    return HEADER + "\n".join(lines) + "\n"


@st.composite
def facts_for(draw: st.DrawFn, columns: dict[str, str]) -> dict[str, list[Row]]:
    """Draw facts for predicates by name and columns, each column one letter of `FACT_VALUES`."""
    return {
        name: draw(
            st.lists(
                st.tuples(*(st.sampled_from(FACT_VALUES[column]) for column in kinds)),
                max_size=4,
                unique=True,
            )
        )
        for name, kinds in columns.items()
    }
