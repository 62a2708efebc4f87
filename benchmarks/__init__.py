# SPDX-License-Identifier: Apache-2.0
"""Measurements: what a decision costs, beside what else does the same work.

    python -m benchmarks [NAME...]      measure and print one table each
    python -m benchmarks --write        and put the figures into README.md

A benchmark is a module with `run(*, tiny) -> Iterable[Table]`. It asserts that what it measured was
right before it says how long that took; *tiny* measures as little as still shows that it works.
`timing.py` measures, `table.py` prints, `scene.py` is the policy that is measured. Add a benchmark
by writing its module and naming it in `__main__.py`.
"""
