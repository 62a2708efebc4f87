# SPDX-License-Identifier: Apache-2.0
"""Tests of the explanations: each is checked by what it explains, the kernel or an evaluation.

subjects     subjects of shipped policy tests and of random programs, and a case with changes
"""
