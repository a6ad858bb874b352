"""Pack run folders into two files per sweep, or unpack them: python -m launch.pack pack|unpack FROM TO.

make pack packs the runs of paper/plan.yaml; codist.packed describes the files.
"""

import sys
from pathlib import Path

from codist.errors import Refused
from codist.packed import pack, unpack

COMMANDS = {"pack": pack, "unpack": unpack}


def main(arguments: list[str]) -> int:
    try:
        if len(arguments) != 3 or arguments[0] not in COMMANDS:
            raise Refused(f"expected pack or unpack, and two folders, got {' '.join(arguments)}")
        name, source, target = arguments[0], *map(Path, arguments[1:])
        if not source.is_dir():
            raise Refused(f"{source} is no folder; name the one to {name}")
        if name == "unpack" and target.exists() and any(target.iterdir()):
            raise Refused(f"{target} is not empty; name a new folder")
        print(f"{COMMANDS[name](source, target)} runs from {source} in {target}")
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
