# SPDX-License-Identifier: Apache-2.0
"""What loading rule text gives: a checked program, its inputs, and a reader's view of each rule.

A `RuleSet` exists only for text without errors. How it is made is `load.py`; what its program means
is the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Term
from helm_logic.lang.diagnostics import Diagnostic
from helm_logic.lang.source import Source, Span


@attrs.frozen
class Input:
    """A typed value that the rules take from a request, at *path*.

    *type* is a column type. *domain* lists the constants that are accepted, None meaning all of the
    type. An absent value becomes *default* if there is one, no fact if *optional*, and else a
    `missing(name)` fact.
    """

    name: str
    type: str
    is_set: bool
    domain: tuple[Term, ...] | None
    path: tuple[str, ...]
    default: Term | None
    optional: bool

    @property
    def required(self) -> bool:
        """Whether a request without this value lacks something."""
        return self.default is None and not self.optional


@attrs.frozen
class Annotations:
    """What stands before a rule for its reader, and the rule's `text` as the formatter has it."""

    reason: str | None = None
    approver: str | None = None
    severity: str | None = None
    overrides: tuple[str, ...] = ()
    _write: Callable[[], str] = attrs.field(default=str, eq=False, repr=False)

    @property
    def text(self) -> str:
        """The rule's text, written when it is asked for: few readers of annotations do."""
        return self._write()


@attrs.frozen
class Claim:
    """What the author of the rules says of every verdict they give; an analysis may refute it.

    *kind* and what it says of every request that meets the condition, or of every request if
    there is none:
    - never: the verdict is not *verdict*; always: it is;
    - only: a request whose verdict is *verdict* meets the condition;
    - decides: some rule concludes allow, deny or escalate;
    - monotone: one more approval never lowers the verdict, *about* is `approvals`;
    - independent: the verdict does not depend on *about*, an input or a part of the request.

    *condition* is the id of the rule that the condition was lowered to, empty if there is none.
    Its head is true, without columns, iff the condition holds.
    """

    id: str
    kind: str
    verdict: str
    about: str
    condition: str
    reason: str | None
    span: Span
    text: str


@attrs.frozen
class RuleSet:
    """A program with its inputs and the names that `#relation` declares.

    *annotations* and *spans* have every rule of the program by id; those of a rule that the
    compiler made show the text of what it made, and the place it was made for. *sources* are all
    files read, included ones before the files that include them.

    *claims*, and *assumptions* by the ids of their rules, are there if they were asked for, and
    then their rules come last in the program. *literals* has for each rule of the text, claims and
    assumptions included, its body as it is written: text and place of each literal. *origins* has
    for each rule of the program where the literals of its body come from: numbers, from 0, of
    literals of the text, and -1 throughout for a rule that the compiler made.
    """

    program: Program
    inputs: tuple[Input, ...]
    relations: tuple[str, ...]
    annotations: Mapping[str, Annotations]
    spans: Mapping[str, Span]
    sources: tuple[Source, ...]
    warnings: tuple[Diagnostic, ...]
    literals: Mapping[str, tuple[tuple[str, Span], ...]]
    origins: Mapping[str, tuple[int, ...]]
    claims: tuple[Claim, ...] = ()
    assumptions: tuple[str, ...] = ()
