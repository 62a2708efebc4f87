# SPDX-License-Identifier: Apache-2.0
"""Authority along chains of any length."""
