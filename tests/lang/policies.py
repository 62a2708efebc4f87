# SPDX-License-Identifier: Apache-2.0
"""Random policies with inputs, requests that lack some, and what the missing values may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations, product

import attrs
from hypothesis import strategies as st

from helm_logic.kernel.terms import Row, Term
from tests.strategies import GIVEN, HEADER, draw_body, draw_rule, facts_for

# Column letter and values of each required input; `tags` is a set. The others are not required.
REQUIRED: dict[str, tuple[str, tuple[Term, ...]]] = {
    "env": ("s", ("s:a", "s:a/b")),
    "size": ("i", (0, 1, 2)),
    "flag": ("b", ("b:true", "b:false")),
    "tags": ("s", ("s:a", "s:a/b")),
}
INPUTS = """\
#input env  : {"a", "a/b"}   from context.env.
#input size : int 0..2       from context.size.
#input flag : bool           from context.flag.
#input tags : {"a", "a/b"}*  from context.tags.
#input side : {"a", "a/b"}   from context.side  optional.
#input mode : int 0..2       from context.mode  default 1.
"""
_ALL_INPUTS = {name: column for name, (column, _) in REQUIRED.items()} | {"side": "s", "mode": "i"}
_LAYERS = (("low", "i"), ("mid", "s"), ("top", "i"))
_NAMES = {"i": "int", "s": "string"}


@attrs.frozen
class Request:
    """The facts of a request, and the required inputs that it lacks."""

    facts: dict[str, list[Row]]
    missing: tuple[str, ...]

    def given(self) -> dict[str, list[Row]]:
        """Return the facts as a policy is asked with them."""
        return self.facts | {"missing": [(f"s:{name}",) for name in self.missing]}

    def completions(self) -> Iterator[dict[str, list[Row]]]:
        """Yield the facts with every choice of values for the missing inputs."""
        for values in product(*(_choices(name) for name in self.missing)):
            yield self.facts | dict(zip(self.missing, values, strict=True))


def _choices(name: str) -> list[list[Row]]:
    values = REQUIRED[name][1]
    if name != "tags":
        return [[(value,)] for value in values]
    subsets = chain.from_iterable(combinations(values, size) for size in range(len(values) + 1))
    return [[(value,) for value in subset] for subset in subsets]


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Draw a policy: a few layers of helpers over inputs and relations, and rules for verdicts."""
    lines = ["authorized."]
    lower: list[tuple[str, str]] = [*_ALL_INPUTS.items(), *_ALL_INPUTS.items(), *GIVEN.items()]
    for head in _LAYERS:
        lines.append(f"#predicate {head[0]}({', '.join(_NAMES[column] for column in head[1])}).")
        number = draw(st.integers(0, 2))
        lines += [draw_rule(draw, head, [*lower, head], lower) for _ in range(number)]
        lower.append(head)
    for verdict in draw(st.lists(st.sampled_from(["deny", "escalate", "allow"]), max_size=4)):
        body = draw_body(draw, lower, lower)
        lines.append(
            f"{verdict}(r{len(lines)}) :- {', '.join(draw(st.permutations(body.literals)))}."
        )
    return HEADER + INPUTS + "\n".join(lines) + "\n"


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Draw a request that lacks one or two required inputs."""
    missing = draw(
        st.lists(st.sampled_from([*REQUIRED]), min_size=1, max_size=2, unique=True).map(sorted)
    )
    facts = draw(facts_for(GIVEN))
    for name in REQUIRED.keys() - {*missing}:
        facts[name] = draw(st.sampled_from(_choices(name)))
    facts["side"] = draw(st.sampled_from([[], [("s:a",)], [("s:a/b",)]]))
    facts["mode"] = [(draw(st.integers(0, 2)),)]
    return Request(facts, tuple(missing))


def names(rows: Mapping[Row, int]) -> set[str]:
    """Return the names in the rows of `relevant`."""
    return {str(row[0])[2:] for row in rows}
