# SPDX-License-Identifier: Apache-2.0
"""Certificates: read back as written, and refused if anything in them was exchanged."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from helm_logic.analysis import second_solver, solver
from helm_logic.analysis.chains.certificate import (
    Certificate,
    certificate_of,
    made_anew,
    read_certificate,
    require_conditions,
    write_certificate,
)
from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.chains.recheck import recheck
from helm_logic.errors import CertificateRefused, InputError, PolicyError, SolverMissing
from tests.analysis.chains.planted import attenuation_of, columns


@pytest.fixture(scope="module")
def good() -> Certificate:
    """Return a certificate of the rules with columns."""
    return certificate_of(attenuation_of(columns()))


def test_what_is_written_is_read(good: Certificate, tmp_path: Path) -> None:
    """Writing and reading give the same certificate, also over an older one."""
    for certificate in (attrs.evolve(good, conditions=good.conditions[:2]), good):
        write_certificate(certificate, tmp_path)
        assert read_certificate(tmp_path) == certificate


def test_both_solvers_show_it_again(good: Certificate) -> None:
    """A certificate is shown by a fresh z3 and by cvc5."""
    shown = recheck(good, columns())
    assert shown.shown == good.properties
    assert shown.solvers == (solver.version(), second_solver.version())


def test_without_the_extra_that_is_said(good: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for a second opinion without cvc5, the answer is how to install it, not a yes."""
    monkeypatch.setattr(second_solver, "is_available", lambda: False)
    with pytest.raises(SolverMissing, match="helm-logic\\[verify\\]"):
        recheck(good, columns())
    assert len(recheck(good, columns(), second=False).solvers) == 1


def _with_script(good: Certificate, script: str) -> Certificate:
    first, *rest = good.conditions
    return attrs.evolve(good, conditions=(attrs.evolve(first, script=script), *rest))


def _with_invariant(good: Certificate, said: str) -> Certificate:
    proof = attrs.evolve(good.proofs[0], invariant={"authority": said})
    return attrs.evolve(good, proofs=(proof,))


def _forgeries(good: Certificate) -> dict[str, Certificate]:
    first = good.conditions[0]
    return {
        "an easier condition": _with_script(good, "(assert false)\n(check-sat)\n"),
        "a condition less": attrs.evolve(good, conditions=good.conditions[1:]),
        "a condition more": attrs.evolve(
            good, conditions=(*good.conditions, Condition("more", first.script))
        ),
        "a condition twice": attrs.evolve(good, conditions=(first, *good.conditions)),
        "another invariant": _with_invariant(good, "(<= until root-until)"),
        "no formula": _with_invariant(good, "(<= until root-until"),
        "a command": _with_invariant(good, "true) (assert false"),
        "a name of nothing": _with_invariant(good, "(<= until other)"),
        "other predicates": attrs.evolve(good, predicates=("other",)),
        "other rules": attrs.evolve(good, rules="sha256:" + "0" * 64),
        "a lemma of nothing": attrs.evolve(good, narrowed={"step": ("gives.scope?",)}),
        "an unknown property": attrs.evolve(
            good, proofs=(attrs.evolve(good.proofs[0], properties=("everything",)),)
        ),
    }


FORGERIES = (
    "an easier condition", "a condition less", "a condition more", "a condition twice",
    "another invariant", "no formula", "a command", "a name of nothing", "other predicates",
    "other rules", "a lemma of nothing", "an unknown property",
)  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_certificate_is_refused(good: Certificate, name: str) -> None:
    """Before any solver is asked: the conditions must be those that the rules give."""
    with pytest.raises(CertificateRefused):
        require_conditions(_forgeries(good)[name], columns())


def test_a_certificate_of_other_rules_is_refused(good: Certificate) -> None:
    """One comparison less, and the certificate is about something else."""
    with pytest.raises(CertificateRefused, match="the rules at hand"):
        require_conditions(good, columns(("    U <= V,\n", "    U <= V + 1,\n")))


def test_an_invariant_that_is_too_strong_is_refused(good: Certificate) -> None:
    """Conditions made rightly from a wrong invariant are what the rules give; a solver objects."""
    wrong = _with_invariant(good, "(and (<= until root-until) (<= budget 5))")
    said = _conditions_anew(wrong)
    with pytest.raises(CertificateRefused, match="a model"):
        recheck(said, columns(), second=False)


def _conditions_anew(certificate: Certificate) -> Certificate:
    made = made_anew(certificate, columns())
    return attrs.evolve(certificate, conditions=made)


@pytest.mark.parametrize(
    ("file", "change"),
    [("proof.json", ("/v1", "/v2")), ("1-1-init-root.smt2", ("assert", "assert ")),
     ("proof.json", ('"narrowed"', '"widened"')), ("proof.json", ('"rules"', '"rule"'))],
)  # fmt: skip
def test_files_that_were_changed_are_not_read(
    good: Certificate, tmp_path: Path, file: str, change: tuple[str, str]
) -> None:
    """Unknown members, other formats and texts with another digest are refused by name."""
    write_certificate(good, tmp_path)
    path = tmp_path / file
    text = path.read_text("utf-8")
    assert change[0] in text
    path.write_text(text.replace(change[0], change[1], 1), "utf-8")
    with pytest.raises(InputError):
        read_certificate(tmp_path)


def test_a_missing_file_is_told(good: Certificate, tmp_path: Path) -> None:
    """No folder is a policy error; a condition too few is wrong input."""
    with pytest.raises(PolicyError, match=r"proof\.json"):
        read_certificate(tmp_path / "nowhere")
    write_certificate(good, tmp_path)
    next(tmp_path.glob("*.smt2")).unlink()
    with pytest.raises(InputError, match="conditions"):
        read_certificate(tmp_path)
