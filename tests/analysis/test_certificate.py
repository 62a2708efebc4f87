# SPDX-License-Identifier: Apache-2.0
"""Certificates as they are written: one text for one run, and everything proved is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis.certificate import Certificate
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.lint import lint
from helm_logic.analysis.notation import (
    box_value,
    feature_value,
    read_box,
    read_feature,
    read_test,
)
from helm_logic.analysis.notation import test_value as value_of_test
from helm_logic.analysis.refutation import refute
from helm_logic.analysis.scope import study_of
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import canonical_json, digest, parse_json
from tests.analysis.certified import TEXT, write
from tests.analysis.programs import loaded, rule_texts

_SAYS = {"HL101": "dead", "HL103": "redundant", "HL104": "overridden"}
_PROGRAM = """
from pathlib import Path; from tests.analysis.certified import write
import sys; write(Path(sys.argv[1]))
"""


def test_the_same_rules_give_the_same_bytes(tmp_path: Path) -> None:
    """In another process, whatever the order of sets there."""
    here = write(tmp_path).read_bytes()
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(folder)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
        assert (folder / "lint.json").read_bytes() == here


def test_what_is_written_can_be_read_from_the_directory_alone(tmp_path: Path) -> None:
    """Each source is there, called by its digest."""
    value: dict[str, Any] = json.loads(write(tmp_path).read_bytes())
    for _, named in value["sources"]:
        path = tmp_path / "sources" / f"{named.removeprefix('sha256:')}.dl"
        assert digest(path.read_bytes()) == named


def test_every_finding_that_is_proved_has_its_claim() -> None:
    """And findings that show a request have none that says there is none."""
    report = lint(loaded(TEXT))
    claims: Any = report.certificate["claims"]
    said = {(each["says"], *map(str, each["of"])) for each in claims}
    wanted = {(_SAYS[each.code], each.rules[0]) for each in report.findings if each.code in _SAYS}
    assert wanted
    assert wanted <= said


def test_nothing_is_written_that_nobody_reads() -> None:
    """The certificate is made when a member of it is asked for."""
    inquiry = Inquiry(study_of(loaded(TEXT)))
    certificate = Certificate(inquiry, ())
    assert "_written" not in vars(certificate)
    assert {*certificate} >= {"claims", "features"}
    assert len(certificate) == len({*certificate})


@settings(max_examples=10)
@given(rule_texts())
def test_features_and_boxes_are_read_as_they_were_written(text: str) -> None:
    """Through canonical bytes; and reading gives back what writes the same."""
    study = study_of(loaded(text))
    for feature in study.features:
        value = parse_json(canonical_json(feature_value(feature)))
        read = read_feature(value, "feature")
        assert (read.source, read.classes, read.masks) == (
            feature.source, feature.classes, feature.masks,
        )  # fmt: skip
        assert canonical_json(feature_value(read)) == canonical_json(value)
        for test in feature.masks:
            assert read_test(parse_json(canonical_json(value_of_test(test))), "test") == test
    for rule in study.guarded:
        for box in study.boxes(rule):
            value = parse_json(canonical_json(box_value(box)))
            assert read_box(value, study.space.sizes, "box") == box


@pytest.mark.parametrize(
    "value",
    [
        None, [], ["is"], ["is", "x"], ["is", "x", None], ["at_most", "x", "5"],
        ["at_most", "x", True], ["fact", ["atom", "p"]],
        ["fact", ["atom", "p", [["sum", [], 1, 2]]]],
        ["compare", [["x"]], 1], ["present", 1], ["unheard", "x", "y"], ["matches", "x"],
    ],
)  # fmt: skip
def test_what_is_no_test_is_refused(value: Any) -> None:
    """By name, not by an accident."""
    with pytest.raises(InputError):
        read_test(value, "a test")


@pytest.mark.parametrize(
    "value", [[0], [0, "0"], [0, "3"], [0, "A"], [0, "01"], [1, "1", 0, "1"], [2, "1"], [0, 1]]
)
def test_what_is_no_box_is_refused(value: Any) -> None:
    """Empty and full masks, other digits, other orders, features that are none."""
    with pytest.raises(InputError):
        read_box(value, (2, 3), "a box")


_rows = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("xyz"), st.integers(-3, 3).filter(bool), min_size=1),
        st.integers(-9, 9),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40)
@given(_rows)
def test_a_refutation_is_never_wrong(sums: list[tuple[dict[str, int], int]]) -> None:
    """Against all points of a cube; and what the rationals cannot satisfy is refuted."""
    names, cube = "xyz", range(-4, 5)
    rows = [(tuple(sorted(terms.items())), bound) for terms, bound in sums]
    rows += [(((name, sign),), 4) for name in names for sign in (1, -1)]
    possible = any(
        all(sum(f * point["xyz".index(n)] for n, f in terms) <= bound for terms, bound in rows)
        for point in product(cube, repeat=3)
    )
    steps = refute(rows)
    assert not (possible and steps is not None)
    known = [(dict(terms), bound) for terms, bound in rows]
    for step in steps or ():
        total: dict[str, int] = {}
        for number, times in step.parts:
            assert times > 0
            for name, factor in known[number][0].items():
                total[name] = total.get(name, 0) + times * factor
        bound = sum(times * known[number][1] for number, times in step.parts)
        assert not any(factor % step.divisor for factor in total.values())
        left = {name: factor // step.divisor for name, factor in total.items() if factor}
        known.append((left, bound // step.divisor))
    if steps is not None:
        assert known[-1][0] == {}
        assert known[-1][1] < 0
