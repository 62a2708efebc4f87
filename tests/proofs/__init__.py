# SPDX-License-Identifier: Apache-2.0
"""Tests of proofs/: what is claimed there follows from the rules, and is proved again."""
