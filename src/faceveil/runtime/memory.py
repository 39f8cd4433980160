"""Memory that the C library holds on to, so that large tensors find it again."""

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Numbers of the settings in glibc's ``malloc.h``; see mallopt(3)."""

LARGEST = 1 << 30
"""Blocks up to so many bytes are kept; those of an image batch are some ten million."""


def keep_large_blocks() -> None:
    """Let glibc keep what large tensors leave, for the next ones.

    It gives blocks above some megabytes back to the system, which fills them with zeros, page by
    page, when they come again: a surrogate's pass and gradient wait for that
    (``benchmarks/texture_step.py``). No number changes. Other C libraries are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGEST)
        mallopt(TRIM_THRESHOLD, LARGEST)
