"""The start and exit shared by the commands of figures/."""

import gc
import os
import sys
from collections.abc import Callable


def leave(main: Callable[[], int], arguments: bool = True) -> None:
    """Run `main` and exit with its code. arguments: false refuses any on the command line."""
    if not arguments and (given := sys.argv[1:]):
        print(
            f"{' '.join(given)}: this takes no arguments; it reads what is committed",
            file=sys.stderr,
        )
        sys.exit(2)
    # a sixth of the CPU time of `make figures`; the command ends soon, and memory grows by at most 100 MB
    gc.disable()
    try:
        code = main()
        gc.freeze()  # else Python visits all objects once more at its end: 0.8 s for the page
        sys.exit(code)
    except BrokenPipeError:  # the reader, as `... | head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
