# SPDX-License-Identifier: Apache-2.0
"""Verifiers that others wrote accept what we sign and log, and refuse it with one bit changed."""
