# SPDX-License-Identifier: Apache-2.0
"""The questions of a run asked again of z3: whoever doubts boxes and covers has another answer.

Each question is whether a box lies inside the union of others, as far as requests go. To z3 a
feature is an integer, the number of its class, or a truth value; an attribute that is compared with
others has its value besides. What is assumed, and what facts have to do with each other, is told as
it is; what comparisons exclude, z3 has to find out itself. One solver is asked everything, by
assumed literals for boxes. An answer that differs is HL902, no answer is HL903.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.domain import Question
from helm_logic.analysis.features import TRUE_MASK, Feature, place_of
from helm_logic.analysis.finding import ERROR, POSSIBLE, Finding
from helm_logic.analysis.formula import Compare, Fact, Same
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.smt import (
    BOOL,
    INT,
    And,
    Eq,
    Formula,
    Le,
    Number,
    Product,
    Sum,
    Var,
    conj,
    disj,
    implies,
    neg,
    same,
)
from helm_logic.analysis.solver import TIMEOUT_MS, Unknown, possible_each
from helm_logic.analysis.study import Study
from helm_logic.analysis.words import Words
from helm_logic.kernel.terms import Term
from helm_logic.lang import Span


def disagreements(inquiry: Inquiry, timeout_ms: int = TIMEOUT_MS) -> Iterator[Finding]:
    """Yield HL902 for each question of *inquiry* that z3 answers otherwise, HL903 if it does not.

    The questions are those that its study kept (`Study.questions`).
    """
    study = inquiry.study
    questions = list(dict.fromkeys(map(_Plain.of, study.questions or ())))
    answers = ask(study, [each.question for each in questions], timeout_ms)
    words, span = Words(study.features), Span(study.rule_set.sources[-1], 0, 0)
    for plain, answer in zip(questions, answers, strict=True):
        told = words.region(plain.question.box)
        if isinstance(answer, Unknown):
            message = f"the solver did not answer whether rules hold for all of {told}"
            yield Finding("HL903", ERROR, f"{message}: {answer.reason}", span, confidence=POSSIBLE)
        elif answer != (plain.question.outside is None):
            mine, other = ("no", "one") if plain.question.outside is None else ("a", "none")
            message = (
                f"two ways to answer disagree: {mine} request of {told} was said to lie outside the"
                f" rules asked about, and the solver says that {other} does"
            )
            fix = "do not rely on this run, and report the rules that it was about"
            yield Finding("HL902", ERROR, message, span, fix=fix, confidence=POSSIBLE)


@attrs.frozen
class _Plain:
    """A question as what two of them are compared by."""

    key: tuple[object, ...]
    question: Question = attrs.field(eq=False)

    @classmethod
    def of(cls, question: Question) -> _Plain:
        """Return *question* with its key."""
        covering = frozenset(map(_key, question.covering))
        outside = question.outside if question.outside is None else _key(question.outside)
        return cls((_key(question.box), covering, outside), question)


def _key(box: Box) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(box.items()))


def ask(
    study: Study, questions: Sequence[Question], timeout_ms: int = TIMEOUT_MS
) -> list[bool | Unknown]:
    """Return for each of *questions* whether z3 finds every request inside.

    Where a box outside was found, the question is whether there is a request in that box.
    """
    world = _World(study)
    asked = [
        [(world.literal(each.outside or each.box), True),
         *((world.literal(box), False) for box in each.covering)]
        for each in questions
    ]  # fmt: skip
    answers = possible_each(world.facts(), asked, timeout_ms)
    return [each if isinstance(each, Unknown) else not each for each in answers]


class _World:
    """A study's features as formulas; each box that is asked about has a truth value of its own."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._literals: dict[tuple[tuple[int, int], ...], Var] = {}
        self._number = {each.source.name: n for n, each in enumerate(study.features)
                        if isinstance(each.source, Attribute)}  # fmt: skip

    def literal(self, box: Box) -> Var:
        """Return the truth value that a request lies in *box*."""
        return self._literals.setdefault(_key(box), Var(f"box {len(self._literals)}", BOOL))

    def facts(self) -> list[Formula]:
        """Return what holds of every request, and what the literals mean."""
        study = self._study
        found = [each for number in range(len(study.features)) for each in self._feature(number)]
        found += [neg(self._box(lemma.box)) for lemma in study.impossible
                  if lemma.why in study.by_id or any(isinstance(study.features[n].source, Fact)
                                                     for n in lemma.box)]  # fmt: skip
        found += [each for group in self._texts() for each in self._group(group)]
        return found + [same(var, self._box(dict(key))) for key, var in self._literals.items()]

    def _box(self, box: Box) -> Formula:
        return conj(self._mask(number, mask) for number, mask in sorted(box.items()))

    def _mask(self, number: int, mask: int) -> Formula:
        if not self._study.features[number].is_attribute:
            truth = Var(f"fact {number}", BOOL)
            return truth if mask == TRUE_MASK else neg(truth)
        classes = [n for n in range(mask.bit_length()) if mask >> n & 1]
        runs = groupby(enumerate(classes), key=lambda each: each[1] - each[0])
        ends = [(run[0][1], run[-1][1]) for _, each in runs if (run := list(each))]
        return disj(_between(self._class(number), low, high) for low, high in ends)

    def _class(self, number: int) -> Var:
        return Var(f"class {number}", INT)

    def _value(self, name: str) -> Var:
        return Var(f"value {name}", INT)

    def _feature(self, number: int) -> Iterator[Formula]:
        feature = self._study.features[number]
        source = feature.source
        if isinstance(source, Attribute):
            yield _between(self._class(number), 0, len(feature.classes) - 1)
        elif isinstance(source, Compare):
            names = [name for name, _ in source.terms]
            for name in names:
                yield from self._integer(name)
            total = Sum(tuple(Product(factor, self._value(name)) for name, factor in source.terms))
            told = same(self._mask(number, TRUE_MASK), Le(total, Number(source.bound)))
            yield implies(conj(map(self._present, names)), told)

    def _present(self, name: str) -> Formula:
        number = self._number[name]
        classes = self._study.features[number].classes
        mask = sum(1 << n for n, each in enumerate(classes) if each.values != (None,))
        return self._mask(number, mask)

    def _integer(self, name: str) -> Iterator[Formula]:
        """Yield that the value of the integer attribute *name* lies in its class."""
        number, value = self._number[name], self._value(name)
        for place, each in enumerate(self._study.features[number].classes):
            inside = self._mask(number, 1 << place)
            if each.bounds is not None:
                yield implies(inside, _between(value, *each.bounds))
            elif each.values != (None,):
                known = (Number(v) for v in each.values if type(v) is int)
                yield implies(inside, disj(Eq(value, each) for each in known))

    # Texts that are compared: values that stand for classes, as many as can be told apart.

    def _texts(self) -> list[list[int]]:
        """Return the numbers of the features `Same` in groups that share no attribute."""
        groups: list[tuple[set[str], list[int]]] = []
        for number, feature in enumerate(self._study.features):
            if isinstance(feature.source, Same):
                names, numbers = {feature.source.first, feature.source.second}, [number]
                for each in [each for each in groups if each[0] & names]:
                    groups.remove(each)
                    names |= each[0]
                    numbers += each[1]
                groups.append((names, numbers))
        return [sorted(numbers) for _, numbers in groups]

    def _group(self, numbers: Iterable[int]) -> Iterator[Formula]:
        tests = [(number, self._study.features[number].source) for number in numbers]
        names = sorted({name for _, test in tests if isinstance(test, Same)
                        for name in (test.first, test.second)})  # fmt: skip
        features = {name: self._study.features[self._number[name]] for name in names}
        known = dict.fromkeys(
            value for each in features.values() for one in each.classes for value in one.values
        )
        codes: Mapping[Term, int] = {v: n for n, v in enumerate(known) if v is not None}
        for name, feature in features.items():
            yield from self._text(name, feature, codes)
        for number, test in tests:
            if isinstance(test, Same):
                both = conj((self._present(test.first), self._present(test.second)))
                equal = Eq(self._value(test.first), self._value(test.second))
                yield implies(both, same(self._mask(number, TRUE_MASK), equal))

    def _text(self, name: str, feature: Feature, codes: Mapping[Term, int]) -> Iterator[Formula]:
        places = {code: place_of(feature, value) for value, code in codes.items()}
        for place, each in enumerate(feature.classes):
            if each.values != (None,):
                allowed = [code for code, at in places.items() if at == place]
                inside = self._mask(self._number[name], 1 << place)
                yield implies(inside, disj(Eq(self._value(name), Number(n)) for n in allowed))


def _between(term: Formula, low: int, high: int) -> Formula:
    if low == high:
        return Eq(term, Number(low))
    return And((Le(Number(low), term), Le(term, Number(high))))
