"""The heap of a process that trains: it keeps freed memory, and has pages of 2 MiB.

glibc gives freed memory back after each update and asks for it again. An update streams through more
memory than a cache holds, and with pages of 4 KiB it also misses in the cache of addresses (TLB).
"""

import ctypes

# parameters of mallopt(3), with values in bytes; the second is the most that glibc accepts
TRIM_THRESHOLD, MMAP_THRESHOLD, TOP_PAD = (-1, 2**30), (-3, 2**25), (-2, 2**30)
MADV_HUGEPAGE, HUGE = 14, 2**21  # of madvise(2); bytes


def keep_freed() -> None:
    """Let the heap keep up to 1 GiB of freed memory, tensors of up to 32 MiB among it, in huge pages.

    Only addresses are reserved; memory is used page by page. Does nothing where the C library is not
    glibc. Pages stay small where Linux has no huge ones.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return
    for parameter, size in (TRIM_THRESHOLD, MMAP_THRESHOLD, TOP_PAD):
        libc.mallopt(parameter, size)
    libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
    begin = -(-libc.sbrk(0) // HUGE) * HUGE
    libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(MMAP_THRESHOLD[1] // 2))))  # it grows
    size = libc.sbrk(0) - begin
    if size > 0:
        libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(size), MADV_HUGEPAGE)
