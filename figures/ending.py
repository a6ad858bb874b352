"""How a command of figures/ begins and ends, where each does it alike."""

import os
import sys
from collections.abc import Callable


def leave(main: Callable[[], int], arguments: bool = True) -> None:
    """Runs `main` and ends with its code. arguments: whether it takes any; where not, what was typed is refused."""
    if not arguments and (words := sys.argv[1:]):
        print(
            f"{' '.join(words)}: this takes no arguments; it reads what is committed",
            file=sys.stderr,
        )
        sys.exit(2)
    try:
        sys.exit(main())
    except BrokenPipeError:  # `... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
