# SPDX-License-Identifier: Apache-2.0
"""Rules that hand authority on, made by chance: all of them narrow it, but for those planted.

Each predicate holds who has authority: for which scope, until when, how often it may be handed on,
with what budget, and whether an approval is needed. A step takes a delegation by the holder before
and asks, in one of several ways, that nothing grows. A bug is a step that does not ask for one of
these things, in all cases or in some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType

import attrs

from tests.analysis.corpus.expected import Expected, expect
from tests.analysis.corpus.generate import Corpus
from tests.analysis.corpus.names import Names

_COLUMNS = "scope: {}, until: time, depth: int, budget: int, approval: bool"


_KINDS = ("string", "pattern")


@attrs.frozen
class _Step:
    """A rule on its way: what the columns of its head are, and what it asks for."""

    scope: str = "S"
    until: str = "V"
    depth: str = "E"
    budget: str = "C"
    approval: str = "P"
    issuer: str = "A"
    asks: tuple[str, ...] = ()


# What a sound step asks for, column by column; any of these will do.
_SOUND: Mapping[str, tuple[Mapping[str, object], ...]] = MappingProxyType(
    {
        "string": ({"asks": ("T = S",)}, {}),
        "pattern": ({"scope": "T", "asks": ("subsumes(S, T)",)}, {"asks": ("subsumes(T, S)",)}, {}),
        "until": ({"asks": ("V <= U",)}, {"until": "U", "asks": ("U <= V",)}),
        "depth": (
            {"asks": ("E < D", "E >= 0")},
            {"depth": "F", "asks": ("F = D - 1", "F >= 0", "F <= E")},
        ),
        "budget": ({"asks": ("C <= X",)}, {"budget": "X", "asks": ("X <= C",)}),
        "approval": ({}, {"approval": "true"}, {"approval": "Q", "asks": ("P = Q",)}),
    }
)
# For each code what a step does instead, and the codes that come with it.
_BUGS: Mapping[str, tuple[str, tuple[Mapping[str, object], ...], tuple[str, ...]]] = (
    MappingProxyType(
        {
            "HL201": ("scope", ({"scope": "T"},), ()),
            "HL202": ("until", ({}, {"until": "W", "asks": ("W = U + 60",)}), ()),
            "HL203": ("depth", ({"asks": ("E >= 0",)}, {"asks": ("E <= D + 1",)}), ("HL205",)),
            "HL204": ("budget", ({}, {"asks": ("C <= X + 1",)}), ()),
            "HL205": ("depth", ({"asks": ("E <= D",)}, {"depth": "D"}), ()),
            "HL206": ("approval", ({"approval": "Q"}, {"approval": "false"}), ()),
            "HL207": ("issuer", ({"issuer": "Z"},), ()),
        }
    )
)
CODES = tuple(_BUGS)
_SEVERITY = {"HL205": "warning"}


def delegation(
    seed: int, rules: int, predicates: int = 1, scopes: int = 3, bugs: Sequence[str] = ()
) -> Corpus:
    """Return so many *rules* over *predicates* that name *scopes*, with a bug of each code given.

    There is at least a step from each predicate to the next, the last one's being to the first.
    """
    rng = Random(f"chains {seed} {rules} {predicates} {scopes}")  # noqa: S311
    names, kind = Names(rng), rng.choice(_KINDS)
    authority = [names.new("auth") for _ in range(predicates)]
    listed = [names.new("scope") for _ in range(scopes)]
    sound = [""] * max(rules - predicates - len(bugs), predicates - len(bugs))
    texts, expected = [], list[Expected]()
    for number, code in enumerate(rng.sample([*bugs, *sound], len(bugs) + len(sound))):
        name = names.new("step")
        # A cycle through all predicates first, so that every step can be part of some chain.
        start = number % predicates if number < predicates else rng.randrange(predicates)
        end = (start + 1) % predicates if number < predicates else rng.randrange(predicates)
        step = _step(rng, code, kind, listed)
        texts.append(_text(name, authority[end], authority[start], step))
        for each in (code, *_BUGS[code][2]) if code else ():
            expected.append(expect(each, _SEVERITY.get(each, "error"), name))
    planted = dict.fromkeys(bugs, 1)
    return Corpus(_file(authority, texts, _COLUMNS.format(kind)), {}, tuple(expected), planted)


def _step(rng: Random, bug: str, kind: str, scopes: Sequence[str]) -> _Step:
    sound = {"scope": _SOUND[kind]} | {
        each: ones for each, ones in _SOUND.items() if each not in _KINDS
    }
    ways = {column: rng.choice(ones) for column, ones in sound.items()}
    asks: list[str] = []
    if bug:
        column, instead, _ = _BUGS[bug]
        ways[column] = rng.choice(instead)
        # Only at one depth: but for depth itself, where no chain might come back to it.
        late = () if column == "depth" else ("D = 1",)
        asks += rng.choice(((), (f'S = "{rng.choice(scopes)}"',), late))
    elif rng.random() < 0.5:
        asks.append(f'S = "{rng.choice(scopes)}"')
    columns: dict[str, str] = {}
    for way in ways.values():
        for name, value in way.items():
            if name == "asks":
                assert isinstance(value, tuple)
                asks += value
            else:
                columns[name] = str(value)
    return _Step(**columns, asks=tuple(rng.sample(asks, len(asks))))


def _text(name: str, end: str, start: str, step: _Step) -> str:
    head = f"B, {step.scope}, {step.until}, {step.depth}, {step.budget}, {step.approval}"
    body = [
        f"{start}(A, S, U, D, X, P)",
        f"delegation({step.issuer}, B, T, V, E, C, Q)",
        *step.asks,
    ]
    text = ",\n    ".join(body)
    return f'@id("{name}")\n{end}({head}) :-\n    {_tidy(text, head)}.'


def _tidy(body: str, head: str) -> str:
    """Return *body* with `_` for the variables that stand only once."""
    words = f"{body} {head}"
    for letter in "ABCDEPQSTUVXZ":
        alone = sum(1 for word in _words(words) if word == letter) == 1
        body = body.replace(f"({letter},", "(_,").replace(f" {letter},", " _,") if alone else body
        body = body.replace(f" {letter})", " _)") if alone else body
    return body


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()


def _file(authority: Sequence[str], steps: Sequence[str], columns: str) -> str:
    declared = [f"#predicate {name}(agent: principal, {columns})." for name in authority]
    roots = [f"{name}(A, S, U, D, X, P) :- root_grant(A, S, U, D, X, P)." for name in authority]
    held = [f"authorized :- subject(A), {name}(A, _, _, _, _, _)." for name in authority]
    parts = (
        f"#relation root_grant(agent: principal, {columns}).",
        f"#relation delegation(issuer: principal, delegate: principal, {columns}).",
        *declared, 'known_action("go").', *roots, *steps, *held,
        'allow(entitled) :- action("go"), authorized.',
    )  # fmt: skip
    return "\n\n".join(parts) + "\n"
