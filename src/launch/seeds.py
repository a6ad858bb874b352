"""The seeds that a sweep's arms are trained with, by its yaml."""

from functools import cache

from codist import designs, run_folder
from launch.compose import path_of


@cache
def seeds_of(sweep: str) -> tuple[int, ...]:
    """Returns the seeds of a sweep's arms, unless others are asked for; of unknown sweeps the default."""
    content = run_folder.read(path_of(sweep), run_folder.parsed)
    return designs.seeds(content or {})
