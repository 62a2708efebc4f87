# SPDX-License-Identifier: Apache-2.0
"""Rule sets of known findings, and the oracle that knows those of any small one.

    names, dimensions ──▶ grid ──▶ table ◀── effects, disputes, plants, by sites
                                     └──▶ generate: rule sets with planted defects
    wild: rule sets without a plan
    space, watching ──▶ oracle: what is due, by definition and brute force
    expected, compare: what is due beside what was found;  samples: the sets that tests use

`python -m tests.analysis.corpus plain|wild SEED` shows one of them.
"""
