# SPDX-License-Identifier: Apache-2.0
"""Why a decision is what it is, why it is not another, and what would change it.

Everything here reads certificates and models. Nothing in it is trusted: what it reports is checked
again by the kernel or by an evaluation before it is shown.
"""
