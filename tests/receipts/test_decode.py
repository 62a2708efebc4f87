# SPDX-License-Identifier: Apache-2.0
"""Reading programs, facts and certificates back: the inverse of writing them, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from helm_logic.errors import HelmError
from helm_logic.kernel.certificate import (
    certificate_value,
    facts_value,
    program_digest,
    program_value,
)
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.kernel.program import Program
from helm_logic.receipts.decode import decode_certificate, decode_facts, decode_program
from tests.kernel.programs import programs
from tests.receipts.sample import CERTIFICATE, FACTS, PROGRAM


@given(programs())
def test_a_program_is_read_back_as_it_was(program: Program) -> None:
    """Every kind of literal survives the way through bytes, and so does the digest."""
    read = decode_program(parse_json(canonical_json(program_value(program))))

    assert read == program
    assert program_digest(read) == program_digest(program)


def test_facts_and_certificates_are_read_back_as_they_were() -> None:
    """Rows are tuples again, heights integers, steps of their two kinds."""
    facts = decode_facts(parse_json(canonical_json(facts_value(FACTS))))
    certificate = decode_certificate(parse_json(canonical_json(certificate_value(CERTIFICATE))))

    assert facts == FACTS
    assert certificate == CERTIFICATE
    assert list(map(type, certificate.steps)) == list(map(type, CERTIFICATE.steps))


@pytest.mark.parametrize(
    "body",
    [
        [["maybe", "p", []]],
        [["is", "p"]],
        [["is", 1, []]],
        [["test", "~", 1, 1]],
        [["let", 1, "+", 1, 1]],
        [["let", "v:X", "/", 1, 1]],
        [["count", ["v:X"], "action", ["v:X"], "matches", 1]],
        [["is", "action", ["x"]]],
        [["is", "action", [True]]],
        ["is"],
        {},
    ],
)
def test_a_body_of_another_shape_is_refused(body: Any) -> None:
    """A literal that is unknown, incomplete or over something that is no term is no program."""
    value: Any = json.loads(canonical_json(program_value(PROGRAM)))
    value["rules"][0][2] = body

    with pytest.raises(HelmError):
        decode_program(value)


def test_given_is_true_or_false() -> None:
    """A number that Python takes for true does not make a predicate given."""
    value: Any = json.loads(canonical_json(program_value(PROGRAM)))
    value["predicates"][0][2] = 1

    with pytest.raises(HelmError, match="true or false"):
        decode_program(value)
