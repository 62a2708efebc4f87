# SPDX-License-Identifier: Apache-2.0
"""Tests of the engine room: twins of the engine, random programs, and what must never differ."""
