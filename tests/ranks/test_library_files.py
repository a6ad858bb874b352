"""`codist.Peers(files=...)` in a loop of one's own: tests/own_files_loop.py, which the docs show, and its parts."""

import json
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
from itertools import pairwise

import commands
import numpy
import pytest
import torch
from many import ROOT, replaced
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import codist
from codist import lease
from codist.codecs import Full, Half, Int8, TopK
from codist.errors import Refused
from codist.peers_by_files import identity
from codist.published import Form, update_of
from codist.store import store_at

LOOP = ROOT / "tests" / "own_files_loop.py"
SECTION = (ROOT / "docs" / "library.md").read_text().split("## Two laptops on a shared folder")[1]
X = torch.arange(12.0).reshape(4, 3)
ELSEWHERE = {"token": "a", "host": "far", "pid": 10**9, "machine": "another", "beat": 7}


def updates(folder, model: int) -> list[int]:
    """The updates of the checkpoints of `model` in the store."""
    return [update_of(name) for name in store_at(str(folder)).names(str(model))]


# ---- the example


def test_the_docs_show_that_very_file_of_at_most_40_lines():
    text = LOOP.read_text()
    assert re.search(r"```python\n(.*?)```", SECTION, re.DOTALL)[1] == text
    assert len(text.splitlines()) <= 40
    assert SECTION.count(f"python {LOOP.relative_to(ROOT)} ") == 2
    assert text.count("  # codist\n") == 4


def test_both_laptops_finish_and_their_last_weights_are_there_also_without_close(tmp_path):
    text = LOOP.read_text()
    (tmp_path / "0.py").write_text(text)
    (tmp_path / "1.py").write_text(replaced(text, "peers.close()  # codist\n", ""))
    how = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(ROOT / "src")}}
    closed = commands.Command("0.py", 0, "shared", **how)
    left_open = [sys.executable, "1.py", "1", "shared"]  # how an interpreter ends is asked here
    ended = subprocess.run(left_open, capture_output=True, text=True, timeout=300, **how)
    for model, done in enumerate((closed.end(), ended)):
        said, wrong = done.stdout, done.stderr
        assert (done.returncode, wrong) == (0, "")
        losses = [float(loss) for loss in re.findall(r"loss (\d+\.\d+)", said)]
        assert len(losses) == 20 and losses[-1] < losses[0] / 2
        last = torch.load(tmp_path / f"model{model}.pt")["weights"]
        store = store_at(str(tmp_path / "shared"))
        *_, name = names = store.names(str(model))
        assert [update_of(one) for one in names] == [500, 550, 560]
        weights = torch.cat([one.flatten() for one in last.values()])
        form = Form(identity(2, "cross_entropy", fresh_digits_network()), Full())
        content = store.read(f"{model}/{name}", 10**6)
        assert torch.equal(form.opened(name, content, model, len(weights)), weights)
        assert not (tmp_path / "shared" / str(model) / lease.OWNER).exists()


def fresh_digits_network() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))


def test_without_the_marked_lines_it_is_plain_and_with_alpha_0_it_has_its_bits(
    tmp_path, monkeypatch
):
    """The peer is there from the first update on, so its copy runs, with dropout."""
    text = replaced(LOOP.read_text(), "range(begin, 20)", "range(begin, 3)")
    plain = "".join(
        line for line in text.splitlines(keepends=True) if not line.endswith("  # codist\n")
    )
    assert not re.search(r"codist\.|import codist|peers", plain)
    wait = "  # codist\nwhile not peers.files.peers.listener.ready: pass\n"
    text = replaced(text, "network=network)  # codist\n", f"network=network){wait}")
    with codist_peers(
        tmp_path / "shared", 1, fresh_digits_network(), n=2, period=50, distance="cross_entropy"
    ) as peer:
        hear(peer, torch.randn(2, 64))
        until(lambda: updates(tmp_path / "shared", 1))
        weights = {}
        for name, script in (("plain", plain), ("codist", replaced(text, ", 0, 1.0", ", 0, 0.0"))):
            (tmp_path / name).mkdir()
            monkeypatch.chdir(tmp_path / name)
            monkeypatch.setattr(sys, "argv", ["", "0", str(tmp_path / "shared")])
            left: dict = {}
            exec(compile(script, str(LOOP), "exec"), left)
            weights[name] = torch.load("model0.pt")["weights"]
            assert name == "plain" or left["peers"].heard == {1: 0}
    for name, values in weights["plain"].items():
        assert torch.equal(values, weights["codist"][name])


# ---- processes that come and go


def begun(model: int) -> nn.Module:
    torch.manual_seed(model)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 10))


def loop(pipe, folder, model: int, begin: int) -> None:
    """A training that never ends by itself and sends (k, penalty, heard) of each update."""
    torch.set_num_threads(1)
    try:
        network = begun(model)
        peers = codist.Peers(n=2, files=folder, model=model, network=network, period=2)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.001)
        k = begin
        while True:
            logits = network(X)
            penalty = peers.penalty(k, X, logits)
            (logits.square().mean() + penalty).backward()
            optimizer.step()
            optimizer.zero_grad()
            pipe.send((k, penalty.item(), peers.heard))
            time.sleep(0.01)
            k += 1
    except Refused as error:
        pipe.send(str(error))
    os._exit(0)


class Running:
    """A process of `loop`, and all that it has sent."""

    def __init__(self, folder, model, begin=0):
        processes = multiprocessing.get_context("fork")
        self.pipe, theirs = processes.Pipe()
        self.process = processes.Process(
            target=loop, args=(theirs, folder, model, begin), daemon=True
        )
        self.process.start()
        theirs.close()
        self.sent: list = []

    def until(self, wanted, seconds=60.0):
        """Receive until wanted(what was sent last)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.pipe.poll(0.1):
                self.sent.append(self.pipe.recv())
                if wanted(self.sent[-1]):
                    return self.sent[-1]
        raise AssertionError(f"not within {seconds} s; the last: {self.sent[-1:]}")

    def updates(self, many: int) -> None:
        after = len(self.sent) + many
        self.until(lambda _: len(self.sent) >= after)

    def kill(self) -> None:
        if self.process.is_alive():
            os.kill(self.process.pid, signal.SIGCONT)
            self.process.kill()
            self.process.join()


@pytest.fixture
def running(tmp_path):
    """Starts processes of `loop` on one folder, which end with the test."""
    started = []

    def start(model, begin=0):
        started.append(Running(tmp_path, model, begin))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def test_a_script_learns_from_a_peer_once_it_is_there_and_on_through_its_death_and_return(running):
    first = running(0)
    first.updates(20)
    assert all(penalty == 0 and not heard for _, penalty, heard in first.sent)
    second = running(1)
    second.until(lambda one: one[1] > 0)
    first.until(lambda one: one[2].get(1, -1) >= 30)
    second.kill()
    first.updates(10)  # what was on its way
    (_, _, last) = first.sent[-1]
    first.updates(60)
    assert all(heard == last and penalty > 0 for _, penalty, heard in first.sent[-60:])
    # it resumes from an older checkpoint of its own
    begun, again = time.monotonic(), running(1, begin=10)
    again.updates(1)
    assert time.monotonic() - begun < lease.LEASE  # its place was free at once
    first.until(lambda one: one[2][1] < 30)
    first.until(lambda one: one[2][1] > last[1])
    assert [k for k, _, _ in first.sent] == list(range(len(first.sent)))
    known = [update for _, _, heard in first.sent if (update := heard.get(1)) is not None]
    went_back = [one for one, other in pairwise(known) if other < one]
    assert len(went_back) == 1


def test_a_live_process_keeps_its_place_and_a_suspended_one_loses_it(running, monkeypatch):
    monkeypatch.setattr(lease, "BEAT", 0.2)
    monkeypatch.setattr(lease, "LEASE", 2.0)
    first = running(0)
    first.updates(1)
    second = running(0)
    said = second.until(lambda one: isinstance(one, str))
    assert re.fullmatch(
        rf"process {first.process.pid} of \S+ publishes as model 0 in files=\S+; expected one process "
        "a model: give this one another model, or stop that one",
        said,
    )
    first.updates(5)
    os.kill(first.process.pid, signal.SIGSTOP)
    third = running(0)
    third.updates(5)
    os.kill(first.process.pid, signal.SIGCONT)
    said = first.until(lambda one: isinstance(one, str))
    assert said.startswith(f"process {third.process.pid} of ")
    third.updates(5)


# ---- the penalty


class codist_peers:
    """A Peers on a store, closed at the end of a with statement."""

    def __init__(self, store, model, network, n=3, **given):
        self.peers = codist.Peers(n=n, files=store, model=model, network=network, **given)

    def __enter__(self):
        return self.peers

    def __exit__(self, *_):
        self.peers.close()


def until(true, seconds=20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def says(value: float) -> nn.Module:
    """A network with the logits `value` for every x."""
    network = nn.Linear(3, 10)
    with torch.no_grad():
        network.weight.zero_()
        network.bias.fill_(value)
    return network


def hear(peers, x=X) -> dict:
    """The received checkpoints after one more update."""
    peers.penalty(peers.files.now + 1, x, peers.files.network(x))
    return peers.heard


def value(peers, k=None) -> float:
    k = peers.files.now if k is None else k
    return peers.penalty(k, X, peers.files.network(X)).item()


@pytest.mark.parametrize("codec", [Full(), Half(), Int8()], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("store", ["folder", "memory"])
def test_the_penalty_is_the_mean_over_the_peers_that_were_heard(tmp_path, store, codec):
    """Three models that say 0, 1 and 3 of everything: 0 alone, 1 from the second, (1 + 9) / 2 from both."""
    address = tmp_path if store == "folder" else f"memory://{tmp_path}"
    made = [codist_peers(address, i, says((0.0, 1.0, 3.0)[i]), codec=codec) for i in range(3)]
    with made[0] as first, made[1] as second, made[2] as third:
        assert (value(first, 0), first.heard) == (0.0, {})
        value(second, 4)
        until(lambda: hear(first) == {1: 4})
        assert value(first) == pytest.approx(1.0)
        value(third, 8)
        until(lambda: hear(first) == {1: 4, 2: 8})
        assert value(first) == pytest.approx(5.0)
        logits = first.files.network(X)
        first.penalty(first.files.now, X, logits).backward()
        assert first.files.network.bias.grad.sum().item() == pytest.approx(-4)  # its own alone
        # second published once
        assert second.sent_bits == codec.weights_bits(40)


def test_a_copy_runs_in_train_mode_and_takes_no_draw_from_the_loop(tmp_path):
    class Drawing(nn.Sequential):
        def forward(self, x):
            numpy.random.rand(), random.random()
            return super().forward(x)

    def network():
        torch.manual_seed(0)
        return Drawing(nn.Linear(3, 10), nn.BatchNorm1d(10), nn.Dropout(0.0))

    def draws():
        return torch.rand(1).item(), numpy.random.rand(), random.random()

    def seeded():
        torch.manual_seed(1), numpy.random.seed(1), random.seed(1)

    own = network()
    for _ in range(5):
        own(X)  # its statistics move, its weights do not
    with (
        codist_peers(tmp_path, 0, own, n=2) as peers,
        codist_peers(tmp_path, 1, network(), n=2) as other,
    ):
        hear(other)
        until(lambda: hear(peers) == {1: 0})
        assert value(peers) == 0.0
        logits = own(X)
        seeded()
        expected = draws()
        seeded()
        peers.penalty(peers.files.now, X, logits)
        assert draws() == expected
        mean = own[1].running_mean.clone()
        peers.penalty(peers.files.now, X, logits)
        assert torch.equal(own[1].running_mean, mean)


def test_it_publishes_once_a_period_also_where_minibatches_are_skipped_or_cut(tmp_path):
    with codist_peers(tmp_path, 0, says(0.0), period=5) as peers:
        sent = []
        for k in (7, 7, 8, 11, 14, 21, 21, 24):
            value(peers, k)
            sent.append(peers.sent_bits // (32 * 40))
        assert sent == [1, 1, 1, 2, 2, 3, 3, 3]
    assert updates(tmp_path, 0)[-1] == 25  # after the last update


def test_a_new_life_replaces_what_an_earlier_one_published(tmp_path):
    for begin in (100, 40):
        with codist_peers(tmp_path, 0, says(float(begin))) as peers:
            value(peers, begin)
            until(lambda: begin in updates(tmp_path, 0))  # noqa: B023
    assert updates(tmp_path, 0) == [40, 41]
    with codist_peers(tmp_path, 1, says(0.0)) as peers:
        until(lambda: hear(peers) == {0: 41})
        assert value(peers) == 1600.0


def test_a_compiled_network_learns_from_one_that_is_not(tmp_path):
    part = nn.Sequential(torch.compile(says(2.0), backend="eager"))
    compiled, plain = torch.compile(part, backend="eager"), nn.Sequential(says(0.0))
    with codist_peers(tmp_path, 0, compiled) as one, codist_peers(tmp_path, 1, plain) as other:
        value(one, 0)
        until(lambda: hear(other) == {0: 0})
        assert value(other) == 4.0


def test_who_lost_its_place_removes_no_file_of_its_successor(tmp_path):
    with codist_peers(tmp_path, 0, says(0.0)) as peers:
        value(peers, 0)
        until(lambda: updates(tmp_path, 0) == [0])
        (tmp_path / "0" / lease.OWNER).write_text(json.dumps(ELSEWHERE))
        (tmp_path / "0" / f"{40:012d}-{'0' * 64}.safetensors").write_text("of the successor")
        value(peers, 1)
        until(lambda: 1 in updates(tmp_path, 0))
        until(lambda: peers.files.peers.lease.lost)
        with pytest.raises(Refused, match=r"^process 1000000000 of far publishes as model 0 in"):
            value(peers, 2)
    assert 40 in updates(tmp_path, 0)
    assert json.loads((tmp_path / "0" / lease.OWNER).read_text()) == ELSEWHERE


# ---- mistakes


OTHERS = {
    "another architecture": (nn.Sequential(says(1.0)), {}, "it is of another identity: Peers, n=2, mse"),
    "another distance": (says(1.0), {"distance": "kl"}, "it is of another identity: Peers, n=2, kl"),
    "another codec": (says(1.0), {"codec": Half()}, "it is of another codec: Half"),
    "more weights": (nn.Linear(3, 1000), {}, r"expected at most \d+ bytes, got \d+"),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_what_another_script_published_is_passed_over_and_told_in_one_line(tmp_path, what, capfd):
    network, given, why = OTHERS[what]
    with (
        codist_peers(tmp_path, 0, says(0.0), n=2) as peers,
        codist_peers(tmp_path, 1, network, n=2, **given) as other,
    ):
        for k in range(3):
            other.penalty(k, X, network(X))
            until(lambda: k in updates(tmp_path, 1))  # noqa: B023
            time.sleep(0.05)
            for _ in range(10):
                assert hear(peers) == {} and value(peers) == 0.0
                time.sleep(0.02)
        told = capfd.readouterr().err.splitlines()
    told = [line for line in told if line.startswith("model 0")]  # model 1 says the same of it
    assert len(told) == 1
    assert re.fullmatch(
        rf"model 0: \d+-\w+\.safetensors of model 1 is passed over: {why}.*; expected Peers, n=2, mse, "
        r"network \w{16}, codec Full, 40 weights",
        told[0],
    )


class Pair(nn.Linear):
    def forward(self, x):
        return super().forward(x), x


class Lopsided(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.kept = nn.Linear(3, 10), None

    def forward(self, x):
        self.kept = self.inner(x)
        return self.kept


def ran(network: nn.Module) -> nn.Module:
    network(X)
    return network


MISTAKES = {
    "files= needs network=<the torch.nn.Module that is trained>, got NoneType": {"network": None},
    "files= needs model=<index of this process's model>, 0 to 1 with n=2, got None": {"model": None},
    "files= needs model=<index of this process's model>, 0 to 1 with n=2, got 2": {"model": 2},
    "files= needs n of 2 or more and no positions, got n=2 and positions=4; weights are sent, of models "
    "that have peers": {"positions": 4},
    "files= needs n of 2 or more and no positions, got n=1 and positions=1; weights are sent, of models "
    "that have peers": {"n": 1},
    "codec=TopK encodes logits, and files= sends weights; use Half() or Int8()": {
        "codec": TopK(2, 10, to_logits=True)
    },
    "network must be in train mode in all its parts, as its copies are; call network.train() before "
    "Peers": {"network": nn.Sequential(nn.Linear(3, 10), nn.Dropout().eval())},
    "model and network go with files=<a folder>; leave them out where ranks hold the models": {"files": None},
}  # fmt: skip


@pytest.mark.parametrize("says_so", MISTAKES)
def test_options_that_do_not_fit_are_refused_in_one_line(tmp_path, says_so):
    given = {"n": 2, "files": tmp_path, "model": 0, "network": says(0.0)} | MISTAKES[says_so]
    with pytest.raises(Refused) as refused:
        codist.Peers(**given)
    assert str(refused.value) == says_so
    assert not list(tmp_path.iterdir())


def test_a_network_that_cannot_be_copied_is_refused(tmp_path):
    with pytest.raises(
        Refused, match=r"^copy.deepcopy\(network\) fails: .*; make Peers before the"
    ):
        codist.Peers(files=tmp_path, model=0, network=ran(Lopsided()))
    wrapped = DistributedDataParallel.__new__(DistributedDataParallel)
    with pytest.raises(
        Refused, match=r"in one process, got a DistributedDataParallel; for several"
    ):
        codist.Peers(files=tmp_path, model=0, network=wrapped)


def test_a_loop_that_counts_in_epochs_or_goes_on_after_close_is_refused(tmp_path):
    with codist_peers(tmp_path, 0, says(0.0)) as peers:
        value(peers, 27)
        with pytest.raises(
            Refused, match=r"^k must not go back, got 0 after 27; count updates over all epochs$"
        ):
            value(peers, 0)
    with pytest.raises(Refused, match=r"^this Peers is closed; call close\(\) after the last"):
        value(peers, 28)


def test_a_network_of_other_logits_is_refused(tmp_path):
    with (
        codist_peers(tmp_path, 0, Pair(3, 10), n=2) as peers,
        codist_peers(tmp_path, 1, Pair(3, 10), n=2) as other,
    ):
        for one in (other, peers):
            one.penalty(0, X, one.files.network(X)[0])
        until(lambda: updates(tmp_path, 1))
        with pytest.raises(
            Refused,
            match=r"^network\(x\) must return logits as penalty gets them, \(4, 10\), got tuple; give",
        ):
            until(lambda: peers.penalty(peers.files.now + 1, X, peers.files.network(X)[0]) is None)


def test_a_network_that_was_moved_to_another_device_is_refused(tmp_path):
    with (
        codist_peers(tmp_path, 0, says(0.0), n=2) as peers,
        codist_peers(tmp_path, 1, says(0.0), n=2) as other,
    ):
        value(other, 0)
        until(lambda: peers.files.peers.listener.ready)
        peers.files.network.to("meta")
        with pytest.raises(
            Refused, match=r"^network was moved from cpu to meta after Peers was made"
        ):
            peers.files.hear()
        peers.files.network.to_empty(device="cpu")


def test_a_store_that_cannot_be_used_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "group" / "0").mkdir(parents=True)
    (tmp_path / "group" / "0" / lease.OWNER).write_text("a1b2 host 17")
    (tmp_path / "other" / "0").mkdir(parents=True)
    (tmp_path / "other" / "0" / lease.OWNER).write_text('{"token": "a"}')
    for address, why in (
        (tmp_path / "file", "Not a directory"),
        (tmp_path / "group", "was not written by codist.Peers"),
        (tmp_path / "other", "was not written by codist.Peers"),
    ):
        with pytest.raises(Refused, match=rf"^files={address} cannot be used: .*{why}.*; expected"):
            codist.Peers(files=address, model=0, network=says(0.0))
    with pytest.raises(Refused, match=r"^expected a protocol of fsspec, got s4://"):
        codist.Peers(files="s4://bucket", model=0, network=says(0.0))


def test_who_has_a_place_is_told_from_another_machine_only_by_its_beats(
    tmp_path, monkeypatch, capfd
):
    """A dead process of another machine is not visible, so its place is free after LEASE seconds."""
    monkeypatch.setattr(lease, "BEAT", 0.1)
    monkeypatch.setattr(lease, "LEASE", 1.0)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / lease.OWNER).write_text(json.dumps(ELSEWHERE))
    begun = time.monotonic()
    with codist_peers(tmp_path, 0, says(0.0)):
        assert time.monotonic() - begun > 1.0
    said = "process 1000000000 of far publishes as this model; waits up to 1 s to see if it lives"
    assert capfd.readouterr().err == f"model 0: {said}\n"
