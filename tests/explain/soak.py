# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.explain.soak FROM TO`: explanations of random programs with those seeds.

Derivations, witnesses and cuts of each are compared with the kernel and brute force, as in
`test_random_programs.py`. Prints the seed at which something differs.
"""

from __future__ import annotations

import sys

from tests.explain.test_random_programs import goals, require_cuts, require_why, seeded


def main(first: int, last: int) -> None:
    """Check the seeds from *first* up to, not including, *last*."""
    for seed in range(first, last):
        subject = seeded(seed)
        try:
            for goal in goals(subject) if subject else ():
                require_why(subject, goal)  # type: ignore[arg-type]
            require_cuts(subject)
        except Exception:
            sys.stderr.write(f"seed {seed}\n")
            raise


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
