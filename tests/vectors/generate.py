# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.vectors.generate`: write the files of the folder `delegation`.

Keys follow from names and signatures from keys, so that every run writes the same bytes. What has
to come out of a case is stated by those who made it, and a case that comes out differently is not
written; the digests of derivations alone are what was found, once all else came out right.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from helm_logic.guard.vector_file import FORMAT, MANIFEST, read_suite
from helm_logic.guard.vectors import Runner
from tests.vectors.fault import ORDER, fault_cases, good_cases, pair_cases
from tests.vectors.native_bounds import native_bounds
from tests.vectors.native_faults import native_faults, other_faults
from tests.vectors.native_good import GOOD
from tests.vectors.plan import good_plan
from tests.vectors.token_bounds import token_bounds
from tests.vectors.token_faults import other_faults as token_others
from tests.vectors.token_faults import token_faults
from tests.vectors.token_good import token_good
from tests.vectors.token_plan import token_plan

FOLDER = Path(__file__).resolve().parent / "delegation"
RULES = "policy.dl"


def cases() -> Mapping[str, list[dict[str, Any]]]:
    """Return the cases of each file, without the digests of derivations."""
    faults = (*native_faults(), *native_bounds())
    of_tokens = (*token_faults(), *token_bounds())
    return {
        "native-good.json": list(good_cases("native", good_plan, GOOD)),
        "native-faults.json": list(fault_cases("native", good_plan, faults)),
        "native-pairs.json": list(pair_cases("native", good_plan, faults, other_faults())),
        "aat-good.json": list(good_cases("aat", token_plan, tuple(token_good()))),
        "aat-faults.json": list(fault_cases("aat", token_plan, of_tokens)),
        "aat-pairs.json": list(pair_cases("aat", token_plan, of_tokens, token_others())),
    }


def files(derivations: Mapping[str, str | None]) -> dict[str, bytes]:
    """Return the content of each file; *derivations* are digests, by the names of cases."""
    written = cases()
    for each in (case for listed in written.values() for case in listed):
        if each["expect"]["verdict"] != "DENY" and each["name"] in derivations:
            each["expect"]["derivation"] = derivations[each["name"]]
    manifest: dict[str, object] = {
        "format": FORMAT, "rules": RULES, "order": ORDER, "files": list(written),
    }  # fmt: skip
    contents = {MANIFEST: manifest}
    for name, listed in written.items():
        contents[name] = {"format": FORMAT, "cases": listed}
    return {
        name: json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
        for name, value in contents.items()
    }


def found_derivations() -> dict[str, str | None]:
    """Return the digests that come out; raise ValueError if anything else comes out wrong."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(FOLDER / RULES, folder)
        for name, content in files({}).items():
            (folder / name).write_bytes(content)
        return dict(_derivations(folder))


def _derivations(folder: Path) -> Iterator[tuple[str, str | None]]:
    suite = read_suite(folder)
    runner = Runner(suite)
    wrong = []
    for vector in suite.vectors:
        outcome = runner.run(vector)
        wrong += [f"{vector.name}: {fault}" for fault in outcome.faults]
        yield vector.name, outcome.derivation
    if wrong:
        raise ValueError("\n".join(wrong))


def main() -> None:
    """Write the files."""
    for name, content in files(found_derivations()).items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
