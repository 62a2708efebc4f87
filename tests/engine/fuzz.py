# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S311, T201  seeds shall tell the case again, and what it finds it prints
"""The agreement of engines on ever new programs: `python -m tests.engine.fuzz`, until stopped.

Prints how many cases agreed. A case that does not is made smaller as long as it still fails, and
printed as Python that makes it; the exit code is then 1. `--seed N` tries one case, `--count N`
stops after as many.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from random import Random, SystemRandom

import attrs

from tests.engine.agreement import require_agreement
from tests.engine.strategies import Case, random_case


def main(arguments: list[str] | None = None) -> int:
    """Run until a case fails, the count is reached, or the keyboard says stop."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.engine.fuzz")
    parser.add_argument("--seed", type=int, help="try this case alone")
    parser.add_argument("--count", type=int, help="stop after so many cases")
    options = parser.parse_args(arguments)
    start = SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    count = 1 if options.seed is not None else options.count
    began, done = time.monotonic(), 0
    try:
        while count is None or done < count:
            case = random_case(Random(start + done))
            if failure := _failure(case):
                _report(start + done, case, failure)
                return 1
            done += 1
            if done % 100 == 0:
                rate = done / (time.monotonic() - began)
                print(f"{done} cases agree, {rate:.0f} a second", flush=True)
    except KeyboardInterrupt:
        pass
    print(f"{done} cases agree, from seed {start}")
    return 0


def _failure(case: Case) -> str:
    try:
        require_agreement(case)
    except Exception as error:  # noqa: BLE001  whatever goes wrong is what is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def _report(seed: int, case: Case, failure: str) -> None:
    """Print the failing case, as small as dropping rules and rows makes it."""
    small = case
    while (next_ := next((each for each in _smaller(small) if _failure(each)), None)) is not None:
        small = next_
    print(f"case {seed} fails: {failure}")
    print(f"made smaller: {_failure(small)}\n")
    print("from helm_logic.kernel.program import Predicate, Program, Rule")
    print("from helm_logic.kernel.terms import *")
    print("from tests.engine.agreement import require_agreement")
    print("from tests.engine.strategies import Case")
    print(f"require_agreement({small!r})", flush=True)


def _smaller(case: Case) -> Iterator[Case]:
    for number in range(len(case.program.rules)):
        rules = case.program.rules[:number] + case.program.rules[number + 1 :]
        yield attrs.evolve(case, program=attrs.evolve(case.program, rules=rules))
    for name, rows in case.facts.items():
        for number in range(len(rows)):
            less = {**case.facts, name: rows[:number] + rows[number + 1 :]}
            yield attrs.evolve(case, facts=less)


if __name__ == "__main__":
    sys.exit(main())
