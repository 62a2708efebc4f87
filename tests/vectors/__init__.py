# SPDX-License-Identifier: Apache-2.0
"""Delegation vectors: the folder `delegation`, what generates it, and the tests that run it."""
