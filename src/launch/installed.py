"""Third-party packages that cannot be imported, reported in one line.

Imports the standard library only.
"""

import sys
from typing import NoReturn

OURS = ("codist", "figures", "launch", "run", "workloads")


def refuse(error: ImportError) -> NoReturn:
    """Exits with 2 if a third-party package is missing; raises `error` for other modules."""
    module = error.name or ""
    package = module.partition(".")[0]
    if (
        package in {"", *OURS}
        or module == "hydra_plugins.codist"
        or package in sys.stdlib_module_names
    ):
        raise error
    print(
        f"run.py: {sys.executable} has no {module}; run `make setup` once, then .venv/bin/python src/run.py ...",
        file=sys.stderr,
    )
    sys.exit(2)
