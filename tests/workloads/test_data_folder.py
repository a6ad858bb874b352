"""Data are fetched and prepared in the checkout, wherever the command is started, unless --data is given."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
ARCHIVES = {
    "fetch": ("cifar10", "cifar-10-binary.tar.gz"),
    "prepare": ("iwslt14", "iwslt14/de-en.tgz"),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A checkout's sources, and archives of 4 bytes in its data/."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(SOURCE, folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    spoil(folder / "data", b"none")
    return folder


def spoil(data: Path, content: bytes) -> None:
    for _, archive in ARCHIVES.values():
        (data / archive).parent.mkdir(parents=True, exist_ok=True)
        (data / archive).write_bytes(content)


@pytest.mark.parametrize("command", ARCHIVES)
def test_from_another_folder_data_are_wanted_in_the_checkout_unless_data_is_typed(
    checkout, tmp_path, command
):
    spoil(tmp_path / "data", b"typed")
    name, archive = ARCHIVES[command]

    def told(*options, cwd):
        ended = subprocess.run(
            [sys.executable, "-m", f"workloads.{command}", name, *options],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(checkout / "src")},
            capture_output=True,
            text=True,
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        return ended.stderr

    assert f"{command}: {checkout}/data/{archive} has 4 bytes, not " in told(cwd=tmp_path)
    assert f"{command}: data/{archive} has 4 bytes, not " in told(cwd=checkout)
    typed = told("--data", "data", cwd=tmp_path)
    assert f"{command}: data/{archive} has 5 bytes, not " in typed
