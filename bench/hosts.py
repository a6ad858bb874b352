"""Two hosts on this machine: network namespaces with a rate-limited veth pair, and ranks in them."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PORT = 29531
ADDRESSES = ("10.77.0.1", "10.77.0.2")


def allowed() -> bool:
    """True if this user can create network namespaces: root, with iproute2 installed."""
    name = f"codist-probe{os.getpid()}"  # unique, since two processes may probe at once
    try:
        return subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


@contextlib.contextmanager
def joined(megabits: float | None = None, burst: float = 0.004):
    """Create two connected hosts; yields their names.

    megabits: per second and direction; None: no limit. burst: the seconds of rate that a link saves
    up while it is idle; a message should take much longer.
    """
    hosts = [f"codist{os.getpid()}{side}" for side in "ab"]
    try:
        for host in hosts:
            run("ip", "netns", "add", host)
        run(
            "ip",
            "link",
            "add",
            "name",
            "wire",
            "netns",
            hosts[0],
            "type",
            "veth",
            "peer",
            "name",
            "wire",
            "netns",
            hosts[1],
        )
        for host, address in zip(hosts, ADDRESSES, strict=True):
            run("ip", "-n", host, "address", "add", f"{address}/24", "dev", "wire")
            run("ip", "-n", host, "link", "set", "lo", "up")
            run("ip", "-n", host, "link", "set", "wire", "up")
            if megabits:
                size = int(max(megabits * 1e6 / 8 * burst, 1_600))  # bytes, one packet at least
                rate = f"tbf rate {megabits}mbit burst {size} latency 100ms"
                run(
                    "ip",
                    "netns",
                    "exec",
                    host,
                    "tc",
                    "qdisc",
                    "add",
                    "dev",
                    "wire",
                    "root",
                    *rate.split(),
                )
        yield hosts
    finally:
        for host in hosts:
            subprocess.run(["ip", "netns", "delete", host], capture_output=True)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ranks(hosts, case: dict, each: int = 1) -> list[dict]:
    """Run bench.rank in `each` ranks per host, consecutive ranks on one host; returns their results."""
    outputs = on_ranks(hosts, [sys.executable, "-m", "bench.rank", json.dumps(case)], each)
    return [json.loads(out.splitlines()[-1]) for out in outputs]


def on_ranks(hosts, command: list[str], each: int = 1) -> list[str]:
    """Run a command in `each` ranks per host, as torchrun would; returns what each printed."""
    environment = os.environ | {
        "WORLD_SIZE": str(2 * each),
        "MASTER_ADDR": ADDRESSES[0],
        "MASTER_PORT": str(PORT),
        "GLOO_SOCKET_IFNAME": "wire",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    started = [
        subprocess.Popen(
            ["ip", "netns", "exec", hosts[rank // each], *command],
            cwd=ROOT,
            env=environment | {"RANK": str(rank), "LOCAL_RANK": str(rank % each)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2 * each)
    ]
    outputs = [one.communicate(timeout=600) for one in started]
    if any(one.returncode for one in started):
        raise RuntimeError("\n".join(error[-1500:] for _, error in outputs))
    return [out for out, _ in outputs]
