# SPDX-License-Identifier: Apache-2.0
"""Two sides of one question: versions of a rule set, or one rule set in two situations.

    inputs, version, definitions, pairing, merged   two rule sets as one program over one request
    entries, arena, moves                           guards of both sides, and a tree of what becomes
    difference, regions, twins                      where they differ, in words, and replayed

What is public is `compare.py`, beside this folder; `claims.py` asks the second kind of question.
"""
