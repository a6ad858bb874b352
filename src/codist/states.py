"""The files that a run's states are saved in, by their names: known also where torch is not."""

from pathlib import Path


def state_of(folder: Path, update: int) -> Path:
    """The file in `folder` that codist.checkpoint saves the state of `update` as."""
    return folder / f"{update:012d}.pt"


def newest_first(folder: Path) -> list[Path]:
    """The saves in `folder`. A file whose name is no update, such as a copy somebody made, is not one of them."""
    return sorted((path for path in folder.glob("*.pt") if path.stem.isdecimal()), reverse=True)
