# SPDX-License-Identifier: Apache-2.0
"""The published vectors of helm-ai-kernel, read with our canonical JSON, digests, keys and tree."""
