# SPDX-License-Identifier: Apache-2.0
"""Tests of the adapters: tokens that others issued."""
