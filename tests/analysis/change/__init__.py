# SPDX-License-Identifier: Apache-2.0
"""Tests of what changes of rules do."""
