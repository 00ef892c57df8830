"""Tune glibc malloc so that memory freed by a step is reused instead of returned to the system.

Every step allocates the same large tensors. The page faults of allocating them anew take up to a
third of a step.
"""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
"""Numbers of the parameters. Source: glibc's malloc.h, and mallopt(3)."""


def keep_freed_memory() -> None:
    """Keep up to a GiB of freed memory for this process, on glibc; elsewhere do nothing.

    Call it before threads begin. They then share one arena, the only one that is kept whole.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_MAX, 0)
        mallopt(TRIM_THRESHOLD, 1 << 30)
        mallopt(ARENA_MAX, 1)
