"""Keep freed memory in a process that trains: glibc gives it back after each update and asks for it again."""

import ctypes

# parameters of mallopt(3) with values in bytes; the second is the most that glibc accepts
TRIM_THRESHOLD, MMAP_THRESHOLD = (-1, 2**30), (-3, 2**25)


def keep_freed() -> None:
    """Let the heap keep up to 1 GiB of freed memory, tensors of up to 32 MiB among it.

    Does nothing where the C library is not glibc.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for parameter, size in (TRIM_THRESHOLD, MMAP_THRESHOLD):
            libc.mallopt(parameter, size)
