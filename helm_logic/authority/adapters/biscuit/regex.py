# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of Biscuit's `.matches`: search for a pattern, in time linear in the text.

Python's `re` backtracks, so a token could keep it busy for years. This is Thompson's simulation
(CACM 11(6), 1968): all states at once, so that the work is at most states times characters.

Read as Rust's `regex` crate does, which Biscuit uses: `^` and `$` are the ends of the text, `.` is
anything but a line feed, the classes of digits, words and spaces are Unicode's. What is not read
here (flags, word boundaries, properties, nested classes), or is no pattern, raises EvaluationError,
which `try_or` does not catch: to be wrong about a match could grant.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeAlias

import attrs

from helm_logic.errors import EvaluationError, LimitReached

MAX_STATES = 2_000
_MAX_NESTING = 24
_MAX_COUNT = 200
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
# Letters that are no letters by category: Other_Alphabetic, all circled or squared.
_CIRCLED = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
_JOINERS = "\u200c\u200d"

Test: TypeAlias = Callable[[str], bool]
Ranges: TypeAlias = tuple[tuple[str, str], ...]


@attrs.frozen
class State:
    """One character that *test* takes, or an end (`^`, `$`), or a split without either."""

    test: Test | None
    end: str
    following: tuple[int, ...]


@attrs.frozen
class Pattern:
    """A pattern that was read: its *states*, of which 0 is the match, and the first of them."""

    states: tuple[State, ...]
    start: int

    def work(self, text: str) -> int:
        """Return a bound of the steps that it takes to search *text*."""
        return len(self.states) * (len(text) + 1)

    def is_in(self, text: str) -> bool:
        """Say whether the pattern matches somewhere in *text*."""
        current: set[int] = set()
        for place in range(len(text) + 1):
            current |= {self.start}
            current = _closed(self.states, current, first=place == 0, last=place == len(text))
            if 0 in current:
                return True
            if place < len(text):
                current = {
                    target
                    for number in current
                    if (test := self.states[number].test) is not None and test(text[place])
                    for target in self.states[number].following
                }
        return False


def _closed(states: tuple[State, ...], current: set[int], *, first: bool, last: bool) -> set[int]:
    """Return what is reached from *current* without a character."""
    reached, todo = set(current), list(current)
    while todo:
        state = states[todo.pop()]
        if (
            state.test is not None
            or (state.end == "^" and not first)
            or (state.end == "$" and not last)
        ):
            continue
        for target in state.following:
            if target not in reached:
                reached.add(target)
                todo.append(target)
    return reached


def read_pattern(pattern: str) -> Pattern:
    """Return what *pattern* is; raise EvaluationError, or LimitReached for more than MAX_STATES."""
    reader = _Reader(pattern)
    whole = reader.choice(0)
    if reader.place != len(pattern):
        raise reader.unread("the end")
    start = whole(0)
    return Pattern(tuple(reader.states), start)


# What a part of a pattern is: given the state that follows it, makes its own and returns the first.
Part: TypeAlias = Callable[[int], int]


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self.states = [State(None, "", ())]

    def unread(self, wanted: str) -> EvaluationError:
        got = self.pattern[self.place : self.place + 8]
        return EvaluationError(f"regular expression: got `{got}`, want {wanted}")

    def state(self, test: Test | None, end: str, *following: int) -> int:
        if len(self.states) >= MAX_STATES:
            raise LimitReached("states", MAX_STATES)
        self.states.append(State(test, end, following))
        return len(self.states) - 1

    def peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self) -> str:
        if self.place == len(self.pattern):
            raise self.unread("a character")
        self.place += 1
        return self.pattern[self.place - 1]

    def accept(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.place)
        self.place += len(text) * found
        return found

    def choice(self, nesting: int) -> Part:
        if nesting > _MAX_NESTING:
            raise LimitReached("nesting", _MAX_NESTING)
        branches = [self._sequence(nesting)]
        while self.accept("|"):
            branches.append(self._sequence(nesting))
        if len(branches) == 1:
            return branches[0]
        return lambda after: self.state(None, "", *(branch(after) for branch in branches))

    def _sequence(self, nesting: int) -> Part:
        parts: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._single(nesting)))

        def join(after: int) -> int:
            for part in reversed(parts):
                after = part(after)
            return after

        return join

    def _repeated(self, part: Part) -> Part:
        while (sign := self.peek()) and sign in "*+?{":
            if sign == "{":
                least, most = self._counts()
            else:
                self.place += 1
                least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
            self.accept("?")  # a lazy one matches the same texts
            part = self._times(part, least, most)
        return part

    def _times(self, part: Part, least: int, most: int | None) -> Part:
        def repeat(after: int) -> int:
            if most is None:
                loop = self.state(None, "")
                self.states[loop] = State(None, "", (part(loop), after))
                after = loop
            for _ in range((most or least) - least):
                after = self.state(None, "", part(after), after)
            for _ in range(least):
                after = part(after)
            return after

        return repeat

    def _counts(self) -> tuple[int, int | None]:
        close = self.pattern.find("}", self.place)
        low, comma, high = self.pattern[self.place + 1 : close if close > 0 else None].partition(
            ","
        )
        texts = (low, high or low if not comma or high else low)
        if close < 0 or not all(text.isascii() and text.isdigit() for text in texts):
            raise self.unread("`{n}`, `{n,}` or `{n,m}`")
        least, most = (min(int(text[:6]), _MAX_COUNT + 1) for text in texts)
        if most < least or max(least, most) > _MAX_COUNT:
            raise self.unread(f"counts in order, of at most {_MAX_COUNT}")
        self.place = close + 1
        return least, (None if comma and not high else most)

    def _single(self, nesting: int) -> Part:
        if self.accept("("):
            if not self.accept("?:") and self.peek() == "?":
                raise self.unread("a group without flags or a name")
            inner = self.choice(nesting + 1)
            if not self.accept(")"):
                raise self.unread("`)`")
            return inner
        if self.accept("["):
            return self._taking(self._class())
        if self.accept("."):
            return self._taking(lambda character: character != "\n")
        if (sign := self.peek()) in ("^", "$"):
            self.place += 1
            return lambda after: self.state(None, sign, after)
        if self.accept("\\"):
            return self._taking(self._escape())
        if self.peek() in _SPECIAL:
            raise self.unread("a character or a group")
        return self._taking(_equals(self.take()))

    def _taking(self, test: Test) -> Part:
        return lambda after: self.state(test, "", after)

    def _escape(self) -> Test:
        name = self.take()
        if name.lower() in _CLASSES:
            test = _CLASSES[name.lower()]
            return test if name.islower() else _not(test)
        return _equals(self._literal(name))

    def _literal(self, name: str) -> str:
        if name in _ESCAPED:
            return _ESCAPED[name]
        if name.isascii() and not name.isalnum() and name not in "<>":
            return name
        self.place -= 1
        raise self.unread("an escape that is read here")

    def _class(self) -> Test:
        negated = self.accept("^")
        if self.peek() == "]":
            raise self.unread("a class that does not begin with `]`")
        tests: list[Test] = []
        while not self.accept("]"):
            tests.append(self._member())
        return _not(_any(tests)) if negated else _any(tests)

    def _member(self) -> Test:
        first = self._class_character()
        if not isinstance(first, str):
            return first
        ahead = self.pattern[self.place : self.place + 2]
        if ahead[:1] != "-" or ahead == "-]":
            return _equals(first)
        self.place += 1
        last = self._class_character()
        if not isinstance(last, str) or last < first:
            raise self.unread("a range in order")
        return _between(first, last)

    def _class_character(self) -> str | Test:
        if self.pattern[self.place : self.place + 2] in ("&&", "--", "~~") or self.peek() == "[":
            raise self.unread("a class without classes in it")
        if not self.accept("\\"):
            return self.take()
        if self.peek().lower() in _CLASSES:
            return self._escape()
        return self._literal(self.take())


def _equals(wanted: str) -> Test:
    return lambda character: character == wanted


def _between(first: str, last: str) -> Test:
    return lambda character: first <= character <= last


def _any(tests: list[Test]) -> Test:
    return lambda character: any(test(character) for test in tests)


def _not(test: Test) -> Test:
    return lambda character: not test(character)


def _is_word(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category[0] in "LM"
        or category in ("Nd", "Nl", "Pc")
        or character in _JOINERS
        or any(low <= ord(character) <= high for low, high in _CIRCLED)
    )


def _is_space(character: str) -> bool:
    return character.isspace() and character not in "\x1c\x1d\x1e\x1f"


_CLASSES: dict[str, Test] = {"d": str.isdecimal, "w": _is_word, "s": _is_space}
