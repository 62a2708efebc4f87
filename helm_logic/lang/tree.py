# SPDX-License-Identifier: Apache-2.0
"""The surface syntax: what one rule file says, close enough to its text to print it back.

Invariants: a constant keeps its spelling (`1_000`, a time, an escape), so that printing changes none; comments
hang on the piece they stand above or beside; spans take no part in equality, so two trees are equal iff they say
the same with the same comments. What a tree means is `lower.py`; how it looks is `printer.py`.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from helm_logic.kernel.terms import Term
from helm_logic.lang.lexer import Comment
from helm_logic.lang.source import Source, Span

_NOWHERE = Span(Source("", ""), 0, 0)


def _span() -> Span:
    """Return the field of a node's place; a tree that is built by hand has none."""
    place: Span = attrs.field(default=_NOWHERE, eq=False, repr=False, kw_only=True)
    return place


@attrs.frozen
class Comments:
    """The comments on the lines above a piece of text, and the one beside it."""

    above: tuple[Comment, ...] = ()
    beside: Comment | None = None

    def __bool__(self) -> bool:
        return bool(self.above or self.beside)


@attrs.frozen
class Variable:
    """A variable; each `_` is a different one."""

    name: str
    span: Span = _span()

    @property
    def is_anonymous(self) -> bool:
        """Whether it is `_`."""
        return self.name == "_"


@attrs.frozen
class Constant:
    """A constant: its kind (string, symbol, int, time or bool), the kernel's constant, and its spelling."""

    kind: str
    value: Term
    spelling: str
    span: Span = _span()


SimpleTerm: TypeAlias = Variable | Constant


@attrs.frozen
class Operation:
    """`left operator right` on integers."""

    operator: str
    left: Expression
    right: Expression
    span: Span = _span()


Expression: TypeAlias = Variable | Constant | Operation


@attrs.frozen
class Atom:
    """`predicate(terms)`; *span* covers all of it, *name_span* the name."""

    predicate: str
    terms: tuple[SimpleTerm, ...] = ()
    span: Span = _span()
    name_span: Span = _span()


@attrs.frozen
class Not:
    """`not atom`."""

    atom: Atom
    span: Span = _span()


@attrs.frozen
class Comparison:
    """`left relation right`."""

    relation: str
    left: Expression
    right: Expression
    span: Span = _span()


@attrs.frozen
class PatternTest:
    """`matches(pattern, value)` or `subsumes(wide, narrow)`."""

    name: str
    left: SimpleTerm
    right: SimpleTerm
    span: Span = _span()


@attrs.frozen
class Count:
    """`count{ counted : body } relation bound`."""

    counted: tuple[Variable, ...]
    body: tuple[Literal, ...]
    relation: str
    bound: Expression
    span: Span = _span()


Literal: TypeAlias = Atom | Not | Comparison | PatternTest | Count


@attrs.frozen
class BodyLine:
    """One literal of a rule's body with its comments."""

    literal: Literal
    comments: Comments = Comments()


@attrs.frozen
class Annotation:
    """`@name(argument)` before a rule."""

    name: str
    argument: Constant
    comments: Comments = Comments()
    span: Span = _span()


@attrs.frozen
class Column:
    """One column of a declaration; *name* is empty if it has none."""

    name: str
    type: str
    comments: Comments = Comments()
    span: Span = _span()


@attrs.frozen
class InputType:
    """What an input may be, one value or a set of them: a *scalar* type, `int` in *bounds*, or listed *values*."""

    scalar: str = ""
    values: tuple[Constant, ...] = ()
    bounds: tuple[Constant, Constant] | None = None
    is_set: bool = False
    span: Span = _span()


@attrs.frozen
class Layout:
    """What stands around a statement: its comments, and whether an empty line precedes its first token."""

    comments: Comments = Comments()
    blank_before: bool = False


@attrs.frozen
class Include:
    """`#include "name".`"""

    name: str
    layout: Layout = Layout()
    span: Span = _span()
    name_span: Span = _span()


@attrs.frozen
class InputDeclaration:
    """`#input name : type from path default constant optional.`"""

    name: str
    type: InputType
    path: tuple[str, ...]
    default: Constant | None = None
    optional: bool = False
    layout: Layout = Layout()
    span: Span = _span()
    name_span: Span = _span()
    path_span: Span = _span()


@attrs.frozen
class Declaration:
    """`#relation name(columns).` if *given*, else `#predicate name(columns).`"""

    name: str
    columns: tuple[Column, ...]
    given: bool
    layout: Layout = Layout()
    span: Span = _span()
    name_span: Span = _span()


@attrs.frozen
class Clause:
    """A rule, or a fact if its body is empty. *head_comments* stand between annotations and body."""

    head: Atom
    body: tuple[BodyLine, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    head_comments: Comments = Comments()
    layout: Layout = Layout()
    span: Span = _span()


Statement: TypeAlias = Include | InputDeclaration | Declaration | Clause


@attrs.frozen
class Tree:
    """One rule file: its statements, and the comments after the last one."""

    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = ()
