# SPDX-License-Identifier: Apache-2.0
"""Tests of chains: what is proved of them, what is found to break them, and why to believe it."""
