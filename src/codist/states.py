"""The files that a run's states are saved in, by their names: known also where torch is not."""

from pathlib import Path


def state_of(folder: Path, update: int) -> Path:
    """The file in `folder` that codist.checkpoint saves the state of `update` as."""
    return folder / f"{update:012d}.pt"


def newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pt"), reverse=True)
