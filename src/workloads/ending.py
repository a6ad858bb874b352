"""How a command that brings data to the disk ends: what it says in one line, and the code it leaves with."""

import sys
from collections.abc import Callable

from codist.errors import Refused


def ending(command: str, work: Callable[[], str]) -> int:
    """0: `work` is done, and what it gave is printed; 1: the disk failed; 2: refused, in one line; 130: Ctrl-C."""
    try:
        said = work()
    except Refused as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{command}: {error}; the same command goes on from there", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{command}: stopped; the same command goes on from there", file=sys.stderr)
        return 130
    print(said)
    return 0
