"""The file names of checkpoints. Needs no torch."""

from pathlib import Path


def state_of(folder: Path, update: int) -> Path:
    """The checkpoint file of `update` in `folder`."""
    return folder / f"{update:012d}.pt"


def newest_first(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, newest first; files whose name is not an update are ignored."""
    return sorted((path for path in folder.glob("*.pt") if path.stem.isdecimal()), reverse=True)
