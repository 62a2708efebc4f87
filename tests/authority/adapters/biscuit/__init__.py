# SPDX-License-Identifier: Apache-2.0
"""Biscuit: its Datalog on our engine, and its tokens in chains."""
