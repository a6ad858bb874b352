"""Commands that read what is committed and nothing else: what is typed after them is refused, not passed over."""

import sys


def called() -> None:
    """Ends with 2 where anything was typed."""
    if words := sys.argv[1:]:
        print(f"{' '.join(words)}: this takes no arguments; it reads what is committed", file=sys.stderr)
        sys.exit(2)
