"""A store with old listings, as on a network file system: checkpoints arrive later, and none is lost."""

import multiprocessing
import time
from collections import Counter
from dataclasses import replace

import fsspec
import pytest
import torch
from fsspec.implementations.local import LocalFileSystem
from live import FORM, WEIGHTS, live
from small import opened, small

from codist.exchange import exchange_options
from codist.groups import group_folder
from codist.journal import HEARD, JOURNAL, PASSED_OVER, read
from codist.listener import Listener
from codist.published import update_of
from codist.runlog import RunLog
from codist.store import Folder, store_at
from codist.train import train
from codist.world import OneProcess
from launch.replay import Replay

LATE = 0.5  # seconds that listings of the file system are old, at most


class Stale(Folder):
    """A folder whose listings stay as they were at the last call of `refresh`."""

    def refresh(self):
        self.listed = {j: super(Stale, self).names(j) for j in ("0", "1")}

    def names(self, folder):
        return self.listed[folder]


@pytest.fixture
def store(tmp_path):
    found = Stale(tmp_path / "store")
    found.refresh()
    return found


def write(store, model, *updates):
    for update in updates:
        name, content = FORM.packed(model, update, WEIGHTS)
        store.write(f"{model}/{name}", content)


def updates(store, model):
    return [update_of(name) for name in Folder(store.folder).names(str(model))]


def test_files_that_are_gone_and_files_that_are_not_listed_delay_what_is_heard(store, tmp_path):
    said: list[str] = []
    kept = store_at(str(tmp_path / "heard"))
    listener = Listener(store, FORM, {1: 50}, {1: -1}, kept, said.append)
    write(store, 1, 0, 1, 2)
    listener.look(1)
    assert listener.take() == []
    store.refresh()
    for name in store.names("1"):
        store.remove(f"1/{name}")
    write(store, 1, 3, 4, 5)
    for _ in range(3):
        listener.look(1)
    assert listener.take() == []
    store.refresh()
    listener.look(1)
    (heard,) = listener.take()
    assert heard.update == 5 and not heard.why
    assert (said, listener.failed, listener.passed) == ([], 0, set())


def publish(peers, *updates):
    for update in updates:
        peers.publish(update, [WEIGHTS])
        while not peers.journal.at(update, "published") or peers.publisher.waiting:
            time.sleep(0.001)


def test_none_but_the_oldest_is_removed_by_an_old_listing(store, tmp_path):
    peers = live(tmp_path, store)
    publish(peers, 0, 1, 2, 3)
    peers.close()
    store.refresh()
    again = live(tmp_path, store)
    publish(again, 4, 5, 6)
    again.close()
    assert updates(store, 0) == [1, 2, 3, 4, 5, 6]  # the listing ends with 3
    assert again.failed() == 0
    store.refresh()
    last = live(tmp_path, store)
    publish(last, 7)
    last.close()
    assert 7 in updates(store, 0) and updates(store, 0)[-4:] == [4, 5, 6, 7]


class StaleFileSystem(LocalFileSystem):
    """Local files with listings up to LATE seconds old, whatever its caller invalidates."""

    protocol = "stale"
    listed: dict = {}  # noqa: RUF012 - of the process, as a kernel's

    def ls(self, path, detail=False, **options):
        at, found = self.listed.get(path, (0.0, None))
        if found is None or time.monotonic() - at > LATE:
            try:
                found = super().ls(path, detail=True, **options)
            except FileNotFoundError:
                found = []
            self.listed[path] = time.monotonic(), found
        return found if detail else [one["name"] for one in found]


def train_apart(folder, i):
    """Train group i of a run whose groups have a stale file system as their store."""
    fsspec.register_implementation("stale", StaleFileSystem)
    torch.set_num_threads(1)
    run = small(epochs=8.0, sampling="independent", exchange=exchange_options("files", period=1))
    run = replace(run, place=replace(run.place, group=i, store=f"stale://{folder}/store"))
    log = RunLog(group_folder(folder, i), run.to_dict(), run.defaults())
    slowly = lambda update: time.sleep(0.1)  # noqa: E731
    train(run, opened(run), OneProcess(1, run.devices, run.servers, first=i), log, slowly)
    log.close()


def test_groups_with_stale_listings_learn_from_each_other_and_are_replayed_bitwise(tmp_path):
    processes = multiprocessing.get_context("fork")
    groups = [processes.Process(target=train_apart, args=(tmp_path, i)) for i in range(2)]
    for group in groups:
        group.start()
    for group in groups:
        group.join(120)
    assert [group.exitcode for group in groups] == [0, 0]
    for i in range(2):
        lines = read(group_folder(tmp_path, i) / JOURNAL)
        names = Counter(line[HEARD] for line in lines if HEARD in line)
        assert len(names) > 1 and set(names.values()) == {1}
        assert not any(PASSED_OVER in line for line in lines)
    assert Replay(tmp_path).compare(tmp_path / "replay") == []
