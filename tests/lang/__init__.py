# SPDX-License-Identifier: Apache-2.0
"""Tests of the rule language: its text, its diagnostics, and the programs that it lowers to."""
