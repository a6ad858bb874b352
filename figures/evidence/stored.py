"""The runs of a sweep under a root, as they are stored: in run folders, or in packed files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from codist import packed_files, run_folder, runlog
from codist.errors import Refused
from codist.run_lines import begin_of
from codist.unpacked import name_of
from figures.evidence.consistency import Unreadable


class Logs(NamedTuple):
    """The logs of a run's models, one after the other, their lines as if packed."""

    text: bytes | memoryview
    row_count: int
    lines: list[bytes]  # one of each log that has any


@dataclass(frozen=True)
class InFolder:
    """A run in its folder, <root>/<scale>/<sweep>/<arm>/<seed>."""

    folder: Path

    @property
    def done(self) -> dict | None:
        """How the run ended; None if it has not."""
        return run_folder.done(self.folder)

    @property
    def config(self) -> dict:
        return run_folder.made_by(self.folder)

    def logs(self, models: int) -> Logs:
        """The logs of the run's models. Raises Unreadable if one is missing."""
        paths = sorted(self.folder.glob("model*.jsonl"))
        if len(paths) != models:
            raise Unreadable(
                f"{name_of(self.folder)} has {len(paths)} of {models} models' logs; copy the complete folder again"
            )
        logs = [self.named(path, path.read_bytes()) for path in paths]
        text = b"".join(logs)
        return Logs(text, text.count(b"\n"), line_of_each(text, self.folder, models))

    def named(self, path: Path, text: bytes) -> bytes:
        before = begin_of(self.folder.parent.name, int(self.folder.name), model_of(path)).encode()
        return before + text[1:].replace(b"\n{", b"\n" + before) if text else text

    def check(self) -> None:
        """Name what is wrong with a log. Raises Refused or Unreadable."""
        for path in sorted(self.folder.glob("model*.jsonl")):
            runlog.rows(self.folder, model_of(path))
            if not path.read_bytes().endswith(b"\n"):
                raise Unreadable(f"{path} is cut off in its last line; copy it again")


@dataclass(frozen=True)
class InPack:
    """A packed run, and the folder that it would be unpacked to."""

    folder: Path
    run: packed_files.Packed

    @property
    def done(self) -> dict | None:
        return run_folder.usable(self.of("done", dict), self.folder)

    @property
    def config(self) -> dict:
        return run_folder.of_options(self.of("config", str))

    def of(self, name: str, kind: type):
        """What the run's line says. Raises Refused if it does not."""
        if not isinstance(found := self.run.run.get(name), kind):
            raise Refused(f"{self.folder} is packed without its {name}; restore its sweep's files")
        return found

    def logs(self, models: int) -> Logs:
        lines = line_of_each(bytes(self.run.rows), self.folder, models)
        return Logs(self.run.rows, self.run.row_count, lines)

    def check(self) -> None: ...


def runs_in(root: Path, scale: str, sweep: str, files: list[Path]) -> Iterator[InFolder | InPack]:
    """The runs of a sweep, by arm. files: the packed ones in `root`; [] if it has run folders.

    Raises Refused if a packed file is damaged.
    """
    where = root / scale / sweep
    if files:
        for (arm, seed), run in sorted(packed_files.read(where).items(), key=lambda one: one[0]):
            yield InPack(where.joinpath(arm, str(seed)), run)
    else:
        for folder in sorted(path for path in where.glob("*/*") if path.name.isdigit()):
            yield InFolder(folder)


def line_of_each(text: bytes, folder: Path, models: int) -> list[bytes]:
    """A line of each log in `text`, of a run in .../<arm>/<seed>; a run that diverged at once has none."""
    found = []
    *_, arm, seed = folder.parts
    for model in range(models):
        begin = begin_of(arm, int(seed), model).encode()
        # the middle of its share: a search for the first line would read all
        at = text.find(begin, len(text) * (2 * model + 1) // (2 * models))
        if (at := text.find(begin) if at < 0 else at) >= 0:
            found.append(text[at : text.find(b"\n", at) + 1 or None])
    return found


def model_of(path: Path) -> int:
    return int(path.stem.removeprefix("model"))
