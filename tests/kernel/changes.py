# SPDX-License-Identifier: Apache-2.0
"""Every small change to a Python source: what `mutants.py` tests.

A change replaces one node of the syntax tree: an operator by a neighbour, a condition by `True` or
`False`, an integer by the next one, a text by another, a statement by `pass`, a returned value by
`None`, a bound of a slice by none, a call by its argument, a part of `and`, of `or`, of a set or of
a tuple by the rest. Annotations, imports, docstrings and f-strings are left alone: they decide
nothing.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

import attrs

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.BitOr,
    ast.Mult: ast.Add,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
# A call of one of these with one argument is also tried as the argument alone.
WRAPPERS = {"set", "list", "tuple", "dict", "frozenset", "sorted", "map", "filter"}


Way = tuple[tuple[str, int | None], ...]


@attrs.frozen(eq=False)
class Mutant:
    """A change to a source, named by the function it is in and by what is changed."""

    name: str
    tree: ast.Module = attrs.field(repr=False)
    way: Way = attrs.field(repr=False)
    new: ast.AST = attrs.field(repr=False)

    def source(self) -> str:
        """Return the changed source; the tree is the same afterwards."""
        parent: Any = self.tree
        for field, index in self.way[:-1]:
            parent = getattr(parent, field) if index is None else getattr(parent, field)[index]
        field, index = self.way[-1]
        old = _exchange(parent, field, index, self.new)
        try:
            return ast.unparse(ast.fix_missing_locations(self.tree))
        finally:
            _exchange(parent, field, index, old)


@attrs.frozen
class _Site:
    """A node that may be changed, by the way to it from the root, and the function it is in."""

    way: Way
    node: ast.AST
    function: str


def mutants_of(source: str) -> list[Mutant]:
    """Return every mutant of *source*, each with a name of its own."""
    tree = ast.parse(source)
    found: dict[str, Mutant] = {}
    for site in _sites(tree, (), "module"):
        for new in _changes(site.node):
            name = f"{site.function}: {_short(site.node)} → {_short(new)}"
            while name in found:
                name += " (again)"
            found[name] = Mutant(name, tree, site.way, new)
    return list(found.values())


def _exchange(parent: Any, field: str, index: int | None, new: ast.AST) -> ast.AST:
    """Put *new* where the parent's *field* leads, and return what was there."""
    old: ast.AST
    if index is None:
        old = getattr(parent, field)
        setattr(parent, field, new)
    else:
        old = getattr(parent, field)[index]
        getattr(parent, field)[index] = new
    return old


def _sites(node: ast.AST, way: Way, function: str) -> Iterator[_Site]:
    """Yield the nodes of a tree that decide something."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = node.name if function == "module" else f"{function}.{node.name}"
    yield _Site(way, node, function)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_comment", "bases"):
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if isinstance(child, ast.AST) and _decides(child):
                step = (field, index if isinstance(value, list) else None)
                yield from _sites(child, (*way, step), function)


def _decides(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)  # a docstring
    if isinstance(node, ast.AnnAssign):
        return "TypeAlias" not in ast.unparse(node.annotation)
    return not isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what *node* may be changed to."""
    for kind, changes in CHANGES.items():
        if isinstance(node, kind):
            yield from changes(node)


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))


def _try(node: ast.Try) -> Iterator[ast.AST]:
    yield ast.If(ast.Constant(value=True), node.body, [])


def _break(_node: ast.Break) -> Iterator[ast.AST]:
    yield ast.Continue()


def _augmented(node: ast.AugAssign) -> Iterator[ast.AST]:
    yield ast.Assign([node.target], node.value)
    yield ast.Pass()


def _statement(_node: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Pass()


def _condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[ast.AST]:
    yield from (_with(node, test=ast.Constant(value)) for value in (True, False))


def _filters(node: ast.comprehension) -> Iterator[ast.AST]:
    for number in range(len(node.ifs)):
        for value in (True, False):
            yield _with(node, ifs=_put(node.ifs, number, [ast.Constant(value)]))


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool():
            yield ast.Constant(not node.value)
        case int():
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case str():
            yield ast.Constant(f"{node.value}!")
        case _:
            pass


def _comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for number, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield _with(node, ops=_put(node.ops, number, [other()]))


def _connection(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for number in range(len(node.values)):
        rest = _put(node.values, number, [])
        yield _with(node, values=rest) if len(rest) > 1 else rest[0]


def _operation(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]())


def _sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _name(node: ast.Name) -> Iterator[ast.AST]:
    if node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)


def _call(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id in WRAPPERS and node.args:
        yield node.args[-1]
    for number in range(len(node.keywords)):
        yield _with(node, keywords=_put(node.keywords, number, []))


def _slice(node: ast.Slice) -> Iterator[ast.AST]:
    yield from (_with(node, **{end: None}) for end in ("lower", "upper") if getattr(node, end))


def _elements(node: ast.Set | ast.Tuple) -> Iterator[ast.AST]:
    if len(node.elts) > 1 and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from (_with(node, elts=_put(node.elts, n, [])) for n in range(len(node.elts)))


CHANGES: dict[Any, Callable[[Any], Iterator[ast.AST]]] = {
    ast.Return: _return,
    ast.Try: _try,
    ast.Break: _break,
    ast.AugAssign: _augmented,
    ast.Expr | ast.Raise | ast.For | ast.Assign: _statement,
    ast.If | ast.While | ast.IfExp: _condition,
    ast.comprehension: _filters,
    ast.Constant: _constant,
    ast.Compare: _comparison,
    ast.BoolOp: _connection,
    ast.BinOp: _operation,
    ast.UnaryOp: _sign,
    ast.Name: _name,
    ast.Call: _call,
    ast.Slice: _slice,
    ast.Set | ast.Tuple: _elements,
}


def _put(items: list[Any], number: int, new: list[Any]) -> list[Any]:
    """Return *items* with the one at *number* replaced by *new*."""
    return [*items[:number], *new, *items[number + 1 :]]


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of *node* with other *fields*."""
    new = copy.copy(node)
    for field, value in fields.items():
        setattr(new, field, value)
    return new


def _short(node: ast.AST) -> str:
    """Return *node* as one line of source, statements by their first line."""
    if isinstance(node, ast.comprehension | ast.ExceptHandler | ast.Slice):
        return ast.unparse(node).strip().splitlines()[0]
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).strip().splitlines()[0]
