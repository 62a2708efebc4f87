# SPDX-License-Identifier: Apache-2.0
"""Tests that the benchmarks measure what they say they measure; none asks how fast anything is."""
