# SPDX-License-Identifier: Apache-2.0
"""Checking certificates of an analysis again, without a solver and without what made them.

    bundle.py     the directory: certificate and sources read strictly, rules loaded again
    classes.py    each attribute's classes are all there are, and answer every test as they say
    guards.py     each rule's boxes are what its formula says, by case analysis
    lemmas.py     what is said to be impossible is: assumptions, facts, texts (texts.py), sums.py
    trees.py      boxes, and the walk of a cover tree
    claims.py     what each claim says, and that its proofs prove just that
    pairs.py      claims about two requests; who the second one is (second.py)
    verdicts.py   the walk of a tree that tells verdicts on two sides
    requests.py   requests through the engine: a rule fires exactly where its boxes say

*Shared with the producer:* the reading of rules (`lang`), which predicates unfold to what
(`unfold.py` and below), which rules are context (`context.py`), the notation, and data types. That
unfolding is right is what the requests through the engine are for, here on some, in the tests on
many. *Not shared:* how classes, boxes, covers, impossible boxes and answers are found. That an
authorized request has no fault of its chain is taken from `chains/contract.py`, which compares
digests here; its proof is checked apart (`chains/recheck.py`).

A certificate with a wrong part proves nothing: if anything but a claim is refused, everything is.
"""

from __future__ import annotations

from helm_logic.analysis.recheck.run import Checked, Recheck, recheck, recheck_file

__all__ = ["Checked", "Recheck", "recheck", "recheck_file"]
