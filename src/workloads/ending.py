"""Exit code and one-line message of a command that fetches or prepares data."""

import sys
from collections.abc import Callable

from codist.errors import Refused


def ending(command: str, work: Callable[[], str]) -> int:
    """Run `work` and print its result. Exit code 0: done; 1: disk error; 2: refused; 130: Ctrl-C."""
    try:
        result = work()
    except Refused as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{command}: {error}; the same command resumes from there", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{command}: stopped; the same command resumes from there", file=sys.stderr)
        return 130
    print(result)
    return 0
