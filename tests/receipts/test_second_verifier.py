# SPDX-License-Identifier: Apache-2.0
"""The second verifier: how long it is, whose code it is, and that it judges as the first does."""

from __future__ import annotations

import ast
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import CertificateRefused, InputError, ProgramError, ReceiptRefused
from helm_logic.kernel.certificate import certificate_value, facts_value, program_value
from helm_logic.kernel.check import check
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import sign
from helm_logic.receipts.decode import decode_certificate, decode_facts, decode_program
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import PAYLOAD_TYPE
from helm_logic.receipts.verify import verify
from tests.kernel.mutations import Draft, draft, mutated
from tests.kernel.programs import Case, cases
from tests.receipts import sample, second_verifier
from tests.receipts.damage import STRANGERS_TRUST
from tests.receipts.sample import TRUST
from tests.receipts.second_verifier import WRONG, Check, Refused, canonical, load

SOURCE = Path(str(second_verifier.__file__)).read_text("utf-8")
MOST_LINES = 400
JUNK = st.sampled_from([None, True, False, 0, 1, -1, 7, "", "v:X", "s:a", "y:a", "b:true", "b:x"])
NAMES = st.sampled_from(["p", "is", "not", "let", "test", "count", "=", "<", "+", "matches", "int"])


def code_lines(source: str) -> int:
    """Return how many lines of *source* are neither empty, nor comment, nor docstring."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(
        bool(line.strip()) and line.lstrip()[0] != "#" and n not in told for n, line in lines
    )


def test_it_is_short() -> None:
    """It stays within 400 lines of code, so that reading it is an afternoon's work."""
    assert code_lines(SOURCE) <= MOST_LINES


def test_it_shares_no_code() -> None:
    """It imports the standard library and PyNaCl only, so it stands for a stranger's."""
    imported = {
        (each.module if isinstance(each, ast.ImportFrom) else each.names[0].name) or ""
        for each in ast.walk(ast.parse(SOURCE))
        if isinstance(each, ast.Import | ast.ImportFrom)
    }
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names == {"nacl"}


def first(program: Any, facts: Any, certificate: Any) -> object:
    """Return what the kernel says that *certificate* proves, or None."""
    try:
        rules, given = decode_program(program), decode_facts(facts)
        read = decode_certificate(certificate)
        if canonical_json(facts_value(given)) != canonical_json(facts):
            return None
        if canonical_json(certificate_value(read)) != canonical_json(certificate):
            return None
        claim = check(rules, given, read)
    except (InputError, ProgramError, CertificateRefused):
        return None
    return claim.predicate, claim.terms


def second(program: Any, facts: Any, certificate: Any) -> object:
    """Return what the second verifier says that *certificate* proves, or None."""
    try:
        found = Check(program, facts, certificate["model"])
        return found.claim(certificate["steps"])
    except (Refused, *WRONG):
        return None


def parts(made: Draft) -> tuple[Any, Any, Any] | None:
    """Return program, facts and certificate in JSON, or None if they are not to be written."""
    try:
        written = (
            program_value(made.case.program),
            facts_value(made.facts),
            certificate_value(made.certificate()),
        )
        return json.loads(canonical_json(written))  # type: ignore[no-any-return]
    except (InputError, TypeError, ValueError, AttributeError):
        return None


@settings(max_examples=40)
@given(cases(), st.data())
def test_it_judges_certificates_as_the_kernel_does(case: Case, data: st.DataObject) -> None:
    """Right ones, and ones with a thing or two changed: both accept, or both refuse."""
    right = parts(draft(case))
    assert right is not None
    assert second(*right) == first(*right)
    changed = parts(data.draw(mutated(case)))
    if changed is not None:
        assert second(*changed) == first(*changed)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every list or object in *value* with each of its indices or keys."""
    if not isinstance(value, list | dict):
        return []
    keys = [*value] if isinstance(value, dict) else [*range(len(value))]
    return [(value, key) for key in keys] + [each for key in keys for each in places(value[key])]


@settings(max_examples=40)
@given(cases(), st.data())
def test_it_judges_programs_as_the_kernel_does(case: Case, data: st.DataObject) -> None:
    """Whatever stands in one place of a program, its facts or its certificate instead."""
    changed = parts(draft(case))
    assert changed is not None
    where = data.draw(st.sampled_from(places(list(changed))[3:]))
    other = data.draw(st.sampled_from(places(list(changed))[3:]))
    new = data.draw(JUNK | NAMES | st.just(other[0][other[1]]))
    where[0][where[1]] = json.loads(json.dumps(new))
    assert second(*changed) == first(*changed)


@pytest.mark.parametrize(
    "text",
    [
        *("1.0", "-0", "1e2", "NaN", "9007199254740992", "01", "1\n", "[1, 2]"),
        *('{"b":1,"a":2}', '{"a":1,"a":1}', '"\\u0041"', '"\\ud800"', '\ufeff"a"'),
        *("[" * 65 + "]" * 65, "[" * 9999),
    ],
)
def test_json_that_is_not_canonical_is_refused_by_both(text: str) -> None:
    """Numbers, spellings, orders and depths that the page rules out."""
    with pytest.raises((Refused, *WRONG)):
        load(text.encode())
    with suppress(InputError):
        assert canonical_json(parse_json(text.encode())) != text.encode()


KEYS = st.text(st.characters(codec="utf-8"), max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(VALUES)
def test_canonical_json_is_read_by_both(value: Any) -> None:
    """What one writes the other reads, whatever the keys are."""
    data = canonical_json(value)
    assert load(data) == parse_json(data) == value
    assert canonical(load(data)) == data


def verdicts(data: bytes) -> list[str | None]:
    """Return what the first and the second verifier say that the receipt *data* proves."""
    found: list[str | None] = []
    try:
        found.append(verify(data, TRUST).statement.verdict.value)
    except ReceiptRefused:
        found.append(None)
    with suppress(Refused):
        found.append(second_verifier.verify(data, STRANGERS_TRUST))
    return found if len(found) == 2 else [*found, None]


def resigned(statement: Any) -> bytes:
    """Return the file of a receipt over any *statement*, signed and logged all the same."""
    envelope = sign(PAYLOAD_TYPE, canonical_json(statement), sample.ENGINE)
    program = program_value(sample.PROGRAM)
    return Receipt(envelope, sample.prove(envelope), program, (sample.LINK,)).to_bytes()


@given(st.data())
def test_it_judges_statements_as_the_first_does(data: st.DataObject) -> None:
    """Whatever an engine signs instead in one place of a statement: both accept, or both refuse."""
    statement = json.loads(sample.statement().to_bytes())
    assert verdicts(resigned(statement)) == ["ALLOW", "ALLOW"]
    where, key = data.draw(st.sampled_from(places(statement)))
    other = data.draw(st.sampled_from(places(statement)))
    new = data.draw(JUNK | NAMES | st.just(other[0][other[1]]))
    where[key] = json.loads(json.dumps(new))
    first_says, second_says = verdicts(resigned(statement))
    assert first_says == second_says
