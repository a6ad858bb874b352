"""Commands typed in a test: processes forked from one that has imported torch, since importing takes eight CPU seconds.

Each imports the checkout's own modules afresh, has its own folder, environment and output, and ends with its
exit code. Tests of signals and of what is imported start interpreters instead.
"""

import atexit
import importlib
import json
import multiprocessing.connection
import multiprocessing.forkserver
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
SLOW = ("torch._dynamo", "torch.distributed", "hydra", "rich.progress", "fsspec", "numpy", "yaml")


class Command:
    """A command that has been typed: `python *words`, in the folder `cwd`."""

    def __init__(self, *words, cwd: Path = ROOT, env: dict[str, str] | None = None):
        self.words = [*map(str, words)]
        self.folder = Path(tempfile.mkdtemp(prefix="command-"))
        asked = {"words": self.words, "cwd": str(cwd), "env": dict(env or os.environ)}
        server().stdin.write(json.dumps(asked | {"folder": str(self.folder)}) + "\n")
        server().stdin.flush()

    def end(self, code: int | None = None, timeout: float = 300) -> subprocess.CompletedProcess:
        """Wait for its end. Raises AssertionError if its exit code is not `code`."""
        late = time.monotonic() + timeout
        while not (self.folder / "code").exists():
            assert time.monotonic() < late, f"{self.words} takes longer than {timeout} s"
            time.sleep(0.02)
        out, err, ended = ((self.folder / name).read_text() for name in ("out", "err", "code"))
        shutil.rmtree(self.folder)
        assert code in (None, int(ended)), out + err
        return subprocess.CompletedProcess(self.words, int(ended), out, err)


def typed(*words, code: int | None = None, **how) -> subprocess.CompletedProcess:
    """Type a command and wait for its end."""
    return Command(*words, **how).end(code)


def on_ranks(size: int, *words, **how) -> list[Command]:
    """Type a command on each of `size` ranks, with the environment that torchrun gives."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1"}
    shared |= {"MASTER_PORT": port, "GROUP_RANK": 0}
    env = how.pop("env", os.environ)
    return [
        Command(
            *words,
            env={**env, **{k: str(v) for k, v in (shared | {"RANK": i, "LOCAL_RANK": i}).items()}},
            **how,
        )
        for i in range(size)
    ]


@cache
def server() -> subprocess.Popen:
    """The process that forks commands; it ends with this one."""
    return subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": ""}
    )  # fmt: skip


# ---- in that process


def serve() -> None:
    for name in SLOW:
        importlib.import_module(name)
    fork_the_processes_of_sweeps_too()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a `watch` ended
    for line in sys.stdin:
        if not os.fork():
            watch(**json.loads(line))


def fork_the_processes_of_sweeps_too() -> None:
    """Start multiprocessing's fork server as a fork of this process; commands use it instead of one of their own."""
    address = multiprocessing.connection.arbitrary_address("AF_UNIX")
    listener, (alive, held) = socket.socket(socket.AF_UNIX), os.pipe()
    listener.bind(address)
    listener.listen()
    if not os.fork():
        os.close(held)
        try:
            multiprocessing.forkserver.main(listener.detach(), alive, [])
        finally:
            os._exit(0)
    os.close(alive)
    listener.close()
    known = multiprocessing.forkserver._forkserver
    known._forkserver_address, known._forkserver_alive_fd = address, held
    known.ensure_running = lambda: None


def watch(words: list[str], cwd: str, env: dict[str, str], folder: str) -> NoReturn:
    """Fork the command, and write its exit code once it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, f"{folder}/out", os.O_WRONLY | os.O_CREAT),
        (2, f"{folder}/err", os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(name, flags), descriptor)
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", buffering=1, closefd=False)
    child = os.fork()
    if not child:
        os._exit(run(words, cwd, env))
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Path(folder, "fresh").write_text(str(ended))
    Path(folder, "fresh").rename(Path(folder, "code"))
    os._exit(0)


def settings(env) -> dict[str, str]:
    return {k: v for k, v in env.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}


def run(words: list[str], cwd: str, env: dict[str, str]) -> int:
    """Do what `python *words` does, and return its exit code."""
    if settings(env) != settings(os.environ):  # which the processes of its sweep are to have too
        own = multiprocessing.forkserver._forkserver
        own.__init__()
        del own.ensure_running
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    module = words[0] == "-m"
    sys.argv = words[1:] if module else words
    first = cwd if module else str(Path(words[0]).resolve().parent)
    places = [
        str(Path(one).resolve()) for one in env.get("PYTHONPATH", "").split(os.pathsep) if one
    ]
    sys.path[:] = [first, *places, *sys.path[1:]]
    code = 0
    try:
        if module:
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # as an interpreter does at its end
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve()
