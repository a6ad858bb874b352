"""A group accepts only complete checkpoints of its own peers, and executes nothing in them."""

import hashlib
import json
import pickle
import time
from pathlib import Path
from threading import Event

import pytest
import torch
from live import FORM, WEIGHTS, live
from safetensors.torch import load, save

from codist.codecs import Full, Half, Int8
from codist.errors import Damaged, Refused, Unusable
from codist.journal import HEARD, JOURNAL, Journal
from codist.listener import Listener
from codist.published import Form, update_of
from codist.publisher import Publisher
from codist.store import Folder, store_at


def named(update, content):
    return f"{update:012d}-{hashlib.sha256(content).hexdigest()}.safetensors", content


def with_facts(tensors, **changes):
    """A file of our form with other facts or tensors."""
    facts = {"identity": "the run", "model": 1, "update": 20, "codec": "Full"} | changes
    facts = {key: value for key, value in facts.items() if value is not None}
    return named(20, save(tensors, {"codist": json.dumps(facts)}))


class Harm:
    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


GOOD, LATE = FORM.packed(1, 10, WEIGHTS), FORM.packed(1, 20, WEIGHTS)
BAD = {
    "cut off": (LATE[0], LATE[1][:-7]),
    "another byte": (LATE[0], LATE[1][:-1] + b"\0"),
    "a name of no update": ("newest.safetensors", LATE[1]),
    "an update beyond the run": FORM.packed(1, 101, WEIGHTS),
    "the update of another": (LATE[0].replace("20-", "30-"), LATE[1]),
    "another run": Form("a foreign run", Full(), 100).packed(1, 20, WEIGHTS),
    "another model": FORM.packed(0, 20, WEIGHTS),
    "another codec": Form("the run", Half(), 100).packed(1, 20, WEIGHTS),
    "a pickle": named(20, pickle.dumps(Harm())),
    "empty": named(20, b""),
    "a header of 2^63 bytes": named(20, (2**63).to_bytes(8, "little") + b"{}"),
    "a header that is no JSON": named(20, (4).to_bytes(8, "little") + b"\xff\xfe{}"),
    "a deep header": named(20, (4000).to_bytes(8, "little") + b"[" * 4000),
    "no facts": named(20, save({"weights": WEIGHTS})),
    "a fact less": with_facts({"weights": WEIGHTS}, identity=None),
    "no tensor": with_facts({}),
    "a tensor of another name": with_facts({"bias": WEIGHTS}),
    "too few weights": with_facts({"weights": WEIGHTS[:49]}),
    "another shape": with_facts({"weights": WEIGHTS.view(5, 10)}),
    "another type": with_facts({"weights": WEIGHTS.half()}),
    "a NaN": with_facts({"weights": WEIGHTS.index_fill(0, torch.tensor([7]), torch.nan)}),
    "infinite": with_facts({"weights": WEIGHTS.index_fill(0, torch.tensor([7]), torch.inf)}),
}


def test_a_checkpoint_is_read_back_and_anybody_can_open_it():
    assert torch.equal(FORM.opened(*GOOD, 1, 50), WEIGHTS)
    assert torch.equal(load(GOOD[1])["weights"], WEIGHTS)
    assert FORM.packed(1, 10, WEIGHTS) == GOOD  # the same weights have the same name
    assert len(GOOD[1]) <= FORM.limit(50)
    for codec in (Half(), Int8()):
        form = Form("the run", codec)
        heard = form.opened(*form.packed(1, 10, WEIGHTS), 1, 50)
        assert torch.equal(heard, codec.decode(codec.encode(WEIGHTS)))


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_checkpoint_of_this_peer_is_unusable(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unusable) as why:
        FORM.opened(*BAD[what], 1, 50)
    assert "\n" not in str(why.value) and not list(tmp_path.iterdir())


def listening(folder, form=FORM):
    said: list[str] = []
    store = store_at(str(folder / "store"))
    listener = Listener(store, form, {1: 50}, {1: -1}, store_at(str(folder / "heard")), said.append)
    return store, listener, said


def taken(listener, wanted: int, seconds: float = 20.0) -> list:
    """What the listener found, once that is so many."""
    found, until = [], time.monotonic() + seconds
    while len(found) < wanted and time.monotonic() < until:
        found += listener.take()
        time.sleep(0.01)
    return found


def test_every_bad_checkpoint_is_passed_over_once_and_a_good_one_behind_them_is_heard(tmp_path):
    store, listener, _ = listening(tmp_path)
    listener.start()
    by_name = {}  # some have the same name
    for name, content in BAD.values():
        by_name[name] = content
    by_name["huge.safetensors"] = bytes(10**6)
    for name, content in by_name.items():
        store.write(f"1/{name}", content)
    store.write(f"1/{GOOD[0]}", GOOD[1])
    found = taken(listener, len(by_name) + 1)
    time.sleep(0.5)  # further looks
    found += listener.take()
    listener.close()
    assert sorted(one.name for one in found if one.why) == sorted(by_name)
    (heard,) = (one for one in found if not one.why)
    assert torch.equal(heard.weights, WEIGHTS) and heard.update == 10
    assert [path.name for path in (tmp_path / "heard").iterdir()] == [f"1-{GOOD[0]}"]


def test_a_checkpoint_that_is_still_being_written_is_heard_once_it_is_whole(tmp_path):
    """A store without renames shows part of a file; one bad look does not condemn it."""
    store, listener, _ = listening(tmp_path)
    store.write(f"1/{GOOD[0]}", GOOD[1][:100])
    listener.look(1)
    store.write(f"1/{GOOD[0]}", GOOD[1])
    listener.look(1)
    (heard,) = listener.take()
    assert not heard.why


def test_the_freshest_is_heard_and_nothing_older_after_it(tmp_path):
    store, listener, _ = listening(tmp_path)
    for update in (10, 30, 20):
        name, content = FORM.packed(1, update, WEIGHTS + update)
        store.write(f"1/{name}", content)
    listener.look(1)
    listener.look(1)
    (heard,) = listener.take()
    assert heard.update == 30
    assert listener.take() == []


def test_what_nobody_took_is_replaced_by_fresher_and_leaves_no_copy(tmp_path):
    store, listener, _ = listening(tmp_path)
    for update in (10, 20):
        name, content = FORM.packed(1, update, WEIGHTS)
        store.write(f"1/{name}", content)
        listener.look(1)
    (heard,) = listener.take()
    assert heard.update == 20 and len(list((tmp_path / "heard").iterdir())) == 1


def test_two_groups_of_one_name_are_refused_before_they_train(tmp_path):
    first = live(tmp_path)
    (tmp_path / "group0").rename(tmp_path / "elsewhere")
    with pytest.raises(
        Refused, match=r"model 0 of this run is published by another .* place.group"
    ):
        live(tmp_path)
    first.close()


def test_a_store_that_cannot_be_reached_is_refused(tmp_path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(Refused, match=r"place.store cannot be reached"):
        live(tmp_path)


def test_after_a_crash_a_group_hears_again_what_it_had_heard(tmp_path):
    peers, peer = live(tmp_path), live(tmp_path, model=1)
    peer.publish(0, [WEIGHTS])
    found, until = [], time.monotonic() + 20
    while not found and time.monotonic() < until:
        found = peers.hear(4)
        time.sleep(0.01)
    peer.publish(4, [2 * WEIGHTS])
    peers.close()
    peer.close()
    again = live(tmp_path)
    (heard,) = again.hear(4)
    assert torch.equal(heard.weights, WEIGHTS)  # not the fresher one
    again.forget(4)
    assert not list((tmp_path / "group0" / "heard").iterdir())
    with pytest.raises(Damaged, match=r"what it heard at update 4, .* move the folder"):
        again.hear(4)
    again.close()


def test_a_group_that_would_publish_other_weights_after_a_crash_stops(tmp_path):
    peers = live(tmp_path)
    peers.publish(4, [WEIGHTS])
    peers.close()
    again = live(tmp_path)
    again.publish(4, [WEIGHTS])
    with pytest.raises(Damaged, match=r"before update 4 it published .* other bits"):
        again.publish(4, [WEIGHTS + 1])
    again.close()


def test_three_checkpoints_stay_in_the_store(tmp_path):
    peers = live(tmp_path)
    for update in range(6):
        peers.publish(update, [WEIGHTS])
        while peers.publisher.waiting:
            time.sleep(0.001)
    peers.close()
    there = [int(name[:12]) for name in store_at(str(tmp_path / "store")).names("0")]
    assert there == [3, 4, 5]


def test_a_torn_last_line_of_the_journal_is_dropped_and_another_damage_refused(tmp_path):
    journal = Journal(tmp_path)
    journal.write(update=3, peer=1, heard=GOOD[0])
    journal.close()
    path = tmp_path / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"update": 6, "pe')
    again = Journal(tmp_path)
    assert (again.last, len(again.at(3, HEARD))) == (3, 1)
    again.write(update=9, published=GOOD[0])
    again.close()
    assert path.read_bytes().startswith(whole + b'{"update": 9')
    path.write_bytes(b"damaged\n" + whole)
    with pytest.raises(Refused, match=r"journal.jsonl, line 1 is damaged"):
        Journal(tmp_path)


class Slow(Folder):
    """A store whose first write waits until it is let go."""

    def __init__(self, folder):
        super().__init__(folder)
        self.began, self.go = Event(), Event()

    def write(self, name, content):
        self.began.set()
        assert self.go.wait(20)
        super().write(name, content)


def test_while_one_is_written_only_the_newest_waits_and_all_hold_what_was_handed_over(tmp_path):
    store = Slow(tmp_path)
    publisher, weights = Publisher(store, None, FORM, 0, print), WEIGHTS.clone()
    for update in range(6):  # into one tensor, as training does
        publisher.publish(update, [weights.copy_(WEIGHTS + update)])
        assert store.began.wait(20)
    weights.zero_()
    store.go.set()
    publisher.close()
    names = store.names("0")
    assert [update_of(name) for name in names] == [0, 5]
    for name in names:
        content = store.read(f"0/{name}", FORM.limit(50))
        assert torch.equal(FORM.opened(name, content, 0, 50), WEIGHTS + update_of(name))


def test_the_weights_are_copied_into_memory_of_those_that_were_written(tmp_path):
    store = Slow(tmp_path)
    publisher = Publisher(store, None, FORM, 0, print)
    publisher.publish(0, [WEIGHTS])
    assert store.began.wait(20)  # packed already
    where = publisher.spare[0].weights.data_ptr()
    publisher.publish(1, [WEIGHTS])
    assert publisher.waiting[0][1].weights.data_ptr() == where
    store.go.set()
    publisher.close()
