# SPDX-License-Identifier: Apache-2.0
"""The surface syntax: what one rule file says, close enough to its text to print it back.

Invariants: a constant keeps its spelling (`1_000`, a time, an escape), so that printing changes
none; comments hang on the piece they stand above or beside; spans take no part in equality, so two
trees are equal iff they say the same with the same comments. What a tree means is `lower.py`; how
it looks is `printer.py`.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from helm_logic.kernel.terms import Term
from helm_logic.lang.lexer import Comment
from helm_logic.lang.source import Source, Span

_NOWHERE = Span(Source("", ""), 0, 0)


@attrs.frozen
class Node:
    """What has a place; a node that is built by hand has none."""

    span: Span = attrs.field(default=_NOWHERE, eq=False, repr=False, kw_only=True)


@attrs.frozen
class NamedNode(Node):
    """What also has a name with a place of its own."""

    name_span: Span = attrs.field(default=_NOWHERE, eq=False, repr=False, kw_only=True)


@attrs.frozen
class Comments:
    """The comments on the lines above a piece of text, and the one beside it."""

    above: tuple[Comment, ...] = ()
    beside: Comment | None = None

    def __bool__(self) -> bool:
        return bool(self.above or self.beside)


NO_COMMENTS = Comments()


@attrs.frozen
class Variable(Node):
    """A variable; each `_` is a different one."""

    name: str

    @property
    def is_anonymous(self) -> bool:
        """Whether it is `_`."""
        return self.name == "_"


@attrs.frozen
class Constant(Node):
    """A constant of a *kind* (string, symbol, int, time, bool): the kernel's, and its spelling."""

    kind: str
    value: Term
    spelling: str


SimpleTerm: TypeAlias = Variable | Constant


@attrs.frozen
class Operation(Node):
    """`left operator right` on integers."""

    operator: str
    left: Expression
    right: Expression


Expression: TypeAlias = Variable | Constant | Operation


@attrs.frozen
class Atom(Node):
    """`predicate(terms)`; *span* covers all of it."""

    predicate: str
    terms: tuple[SimpleTerm, ...] = ()

    @property
    def name_span(self) -> Span:
        """The place of the predicate, with which the atom begins."""
        return Span(self.span.source, self.span.start, self.span.start + len(self.predicate))


@attrs.frozen
class Not(Node):
    """`not atom`."""

    atom: Atom


@attrs.frozen
class Comparison(Node):
    """`left relation right`."""

    relation: str
    left: Expression
    right: Expression


@attrs.frozen
class PatternTest(Node):
    """`matches(pattern, value)` or `subsumes(wide, narrow)`."""

    name: str
    left: SimpleTerm
    right: SimpleTerm


@attrs.frozen
class Count(Node):
    """`count{ counted : body } relation bound`."""

    counted: tuple[Variable, ...]
    body: tuple[Literal, ...]
    relation: str
    bound: Expression


Literal: TypeAlias = Atom | Not | Comparison | PatternTest | Count


@attrs.frozen
class BodyLine:
    """One literal of a rule's body with its comments."""

    literal: Literal
    comments: Comments = NO_COMMENTS


@attrs.frozen
class Annotation(Node):
    """`@name(argument)` before a rule."""

    name: str
    argument: Constant
    comments: Comments = NO_COMMENTS


@attrs.frozen
class Column(Node):
    """One column of a declaration; *name* is empty if it has none."""

    name: str
    type: str
    comments: Comments = NO_COMMENTS


@attrs.frozen
class InputType(Node):
    """What an input may be: a *scalar* type, `int` in *bounds*, or listed *values*; or a set."""

    scalar: str = ""
    values: tuple[Constant, ...] = ()
    bounds: tuple[Constant, Constant] | None = None
    is_set: bool = False


@attrs.frozen
class Layout:
    """The comments around a statement, and whether an empty line precedes its first token."""

    comments: Comments = NO_COMMENTS
    blank_before: bool = False


NO_LAYOUT = Layout()


@attrs.frozen
class Include(NamedNode):
    """The statement `#include "name"`."""

    name: str
    layout: Layout = NO_LAYOUT


@attrs.frozen
class InputDeclaration(NamedNode):
    """The statement `#input name : type from path default constant optional`."""

    name: str
    type: InputType
    path: tuple[str, ...]
    default: Constant | None = None
    optional: bool = False
    layout: Layout = NO_LAYOUT
    path_span: Span = attrs.field(default=_NOWHERE, eq=False, repr=False, kw_only=True)


@attrs.frozen
class Declaration(NamedNode):
    """The statement `#relation name(columns)` if *given*, else `#predicate name(columns)`."""

    name: str
    columns: tuple[Column, ...]
    given: bool
    layout: Layout = NO_LAYOUT


@attrs.frozen
class Clause(Node):
    """A rule or fact; *head_comments* stand between its annotations and its body."""

    head: Atom
    body: tuple[BodyLine, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    head_comments: Comments = NO_COMMENTS
    layout: Layout = NO_LAYOUT


@attrs.frozen
class Claim(Node):
    """The statement `#claim kind verdict when body`; *about* is what the verdict varies with.

    *kind* is never, only, always, decides, monotone or independent. The first three have a
    *verdict*, the last two an *about* at *about_span*. *head_comments* as in a clause.
    """

    kind: str
    verdict: str = ""
    about: str = ""
    body: tuple[BodyLine, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    head_comments: Comments = NO_COMMENTS
    layout: Layout = NO_LAYOUT
    about_span: Span = attrs.field(default=_NOWHERE, eq=False, repr=False, kw_only=True)


@attrs.frozen
class Assumption(Node):
    """The statement `#assume never body`."""

    body: tuple[BodyLine, ...]
    annotations: tuple[Annotation, ...] = ()
    head_comments: Comments = NO_COMMENTS
    layout: Layout = NO_LAYOUT


Rulelike: TypeAlias = Clause | Claim | Assumption
Statement: TypeAlias = Include | InputDeclaration | Declaration | Rulelike


@attrs.frozen
class Tree:
    """One rule file: its statements, and the comments after the last one."""

    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = ()
