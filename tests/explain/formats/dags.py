# SPDX-License-Identifier: Apache-2.0
"""Derivations to print: small, hostile, deep, wide and large ones, and random ones.

HOSTILE is what an attacker would write into a fact to break out of a format. A test that prints it
shows that the format's own tool reads it as text.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from helm_logic.explain.derivation import (
    ASSERTED,
    GIVEN,
    RULE,
    STOCK,
    UNCHECKED,
    VERIFIED,
    LinkState,
    Node,
    ProofDag,
)

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]>&amp;&#60;b&#62;",
    '"]; evil [label="x"]; //',
    "\\N\\G\\l\\",
    '"]:::x; click n0 href "javascript:alert(1)"',
    '%%{init: {"securityLevel": "loose"}}%% style x:#quot;;',
    "\\input{secret}$\\end{document}^^5c~_#%{}",
    "\u202etxt.exe \u2066\u200b\x1b[31m\x00\r\n--- end",
    "`code` \u2028 \U0001f600 \U000e0041 e\u0301 \ufffe",
    "{{constructor.constructor('alert(1)')()}}",
)
DIGEST = "sha256:" + "5eed" * 16
LINKS = (
    LinkState(DIGEST, "user:founder", "agent:ops", 1_800_000_000, VERIFIED, counts=True),
    LinkState(
        DIGEST[::-1],
        "agent:ops",
        "tool:<deploy>",
        None,
        ASSERTED,
        counts=False,
        why="revoked by user:founder",
    ),
)


def given(number: int, text: str, link: LinkState | None = None) -> Node:
    """Return the given fact *text*."""
    return Node(number, text.partition("(")[0], (f"s:{text}",), text, link=link)


def step(
    number: int, text: str, premises: Sequence[int], guards: Sequence[str] = (), words: str = ""
) -> Node:
    """Return the fact *text* as a rule concludes it from *premises*."""
    return Node(
        number,
        text.partition("(")[0],
        (number, "s:x"),
        text,
        rule=f"r{number % 7}",
        rule_text=f"{text.partition('(')[0]}(X) :-\n    holds(X), not revoked(X).",
        span=("policy.dl", number % 7 + 1),
        substitution=(("X", f'"{text}"'), ("_1", "3")),
        premises=tuple(premises),
        guards=tuple(guards),
        words=words,
        height=1,
        stratum=number % 3,
        origin=STOCK if number % 2 else RULE,
    )


def small() -> ProofDag:
    """Return a derivation of ten steps with a shared step, links, and a second root."""
    return ProofDag(
        (
            given(0, 'anchor("user:founder")'),
            given(1, f'link("{DIGEST}", "user:founder", "agent:ops")', LINKS[0]),
            given(2, 'action("deploy")'),
            step(3, 'holds("user:founder")', (0,)),
            step(4, 'holds("agent:ops")', (1, 3), ('not revoked("1")  absent from the model',)),
            step(5, "live(1)", (1,), ("1 < 2  holds",)),
            step(6, "authorized", (4, 5)),
            step(7, "needs_approval(deploy)", (2, 4), words="a production deploy needs approval"),
            step(8, "ready", (4,)),
            step(9, "allow(covered)", (6, 2), ("not deny(frozen)  absent from the model",)),
        ),
        9,
        "why allow(covered)",
        "ALLOW",
        ("agent:ops may deploy: the chain covers it.", "The chain begins at user:founder."),
    )


def hostile() -> ProofDag:
    """Return a derivation in which whatever can hold text holds an attack."""
    nodes = [given(n, text, LINKS[n % 2]) for n, text in enumerate(HOSTILE)]
    for number, text in enumerate(HOSTILE, len(HOSTILE)):
        premises = (number - len(HOSTILE), number - 1)
        nodes.append(
            Node(
                number,
                text,
                (text,),
                text,
                rule=text,
                rule_text=f"{text}\n{text}",
                span=(text, number),
                substitution=((text, text),),
                premises=premises,
                guards=(text,),
                words=text,
                height=number,
                stratum=0,
                origin=RULE,
                link=LinkState(text, text, text, -1, UNCHECKED, counts=False, why=text),
            )
        )
    return ProofDag(tuple(nodes), len(nodes) - 1, HOSTILE[0], "DENY", HOSTILE)


def deep(steps: int) -> ProofDag:
    """Return a derivation in which each step rests on the one before."""
    nodes = [given(0, "start(0)")]
    nodes += [step(n, f"at({n})", (n - 1,)) for n in range(1, steps)]
    return ProofDag(tuple(nodes), steps - 1, "why at", "ALLOW", ("It is a long way.",))


def wide(premises: int) -> ProofDag:
    """Return a derivation whose claim has many premises, every other one derived."""
    nodes: list[Node] = []
    tops = []
    while len(nodes) < 2 * premises:
        number = len(nodes)
        nodes += [given(number, f"fact({number})"), step(number + 1, f"p({number})", (number,))]
        tops.append(number + 1 if number % 4 else number)
    return ProofDag((*nodes, step(len(nodes), "claim", tops)), len(nodes), "wide", "DENY")


def large(steps: int) -> ProofDag:
    """Return a derivation of *steps* steps that looks as those of decisions do: deep and shared."""
    nodes: list[Node] = []
    for number in range(steps - 1):
        if number < 4 or number % 3 == 0:
            link = LINKS[number % 2] if number % 9 == 0 else None
            nodes.append(given(number, f'edge("user:{number}", "agent:{number + 1}")', link))
        else:
            premises = sorted({number - 1, number - 3, number * 3 // 4})
            nodes.append(step(number, f'reach("user:{number}")', premises, ("1 < 2  holds",)))
    used = {premise for node in nodes for premise in node.premises}
    rest = [node.id for node in nodes if node.id not in used]
    nodes.append(step(steps - 1, "allow(reached)", rest[:40]))
    return ProofDag(tuple(nodes), steps - 1, "why allow(reached)", "ALLOW", ("It is reached.",))


_texts = st.text(st.characters(codec="utf-8") | st.sampled_from('<>&"\\%{}$#_\u202e'), max_size=12)
_links = st.builds(
    LinkState,
    _texts,
    _texts,
    _texts,
    st.none() | st.integers(-(2**53) + 1, 2**53 - 1),
    st.sampled_from([VERIFIED, ASSERTED, UNCHECKED]),
    counts=st.booleans(),
    why=_texts,
)


@st.composite
def dags(draw: st.DrawFn) -> ProofDag:
    """Draw a derivation of up to a dozen steps with any text in every place that holds text."""
    count = draw(st.integers(1, 12))
    nodes = []
    for number in range(count):
        link = draw(st.none() | _links)
        row = tuple(draw(st.lists(st.integers(-5, 5) | _texts, max_size=2)))
        if number == 0 or draw(st.booleans()):
            nodes.append(Node(number, draw(_texts), row, draw(_texts), origin=GIVEN, link=link))
            continue
        nodes.append(
            Node(
                number,
                draw(_texts),
                row,
                draw(_texts),
                draw(_texts),
                draw(_texts),
                draw(st.none() | st.tuples(_texts, st.integers(1, 99))),
                tuple(draw(st.dictionaries(_texts, _texts, max_size=2)).items()),
                tuple(draw(st.lists(st.integers(0, number - 1), max_size=7))),
                tuple(draw(st.lists(_texts, max_size=2))),
                draw(_texts),
                draw(st.integers(0, 9)),
                draw(st.integers(0, 3)),
                draw(st.sampled_from([RULE, STOCK])),
                link,
            )
        )
    verdict = draw(st.sampled_from(["", "ALLOW", "DENY", "ESCALATE"]))
    story = tuple(draw(st.lists(_texts, max_size=2)))
    return ProofDag(tuple(nodes), draw(st.integers(0, count - 1)), draw(_texts), verdict, story)
