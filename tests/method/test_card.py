"""A pretended GPU (pretended.py): no operation mixes two memories, and checkpoints move between devices.

No GPU has been lent to this project so far. What these tests cannot show is listed there.
"""

import os
import shutil

import pytest
import torch
from many import on_ranks
from pretended import card
from small import CHECKPOINTS, log_of, opened, small, state_of, stepped, trained, weights
from test_placement import Dropped
from test_translation import CASES as TRANSLATION
from test_translation import small as translating

from codist.exchange import exchange_options
from codist.optimizer import Optimizer
from codist.ranks import join
from codist.run_folder import done
from codist.runlog import Onlooker, RunLog
from codist.schedules import Schedule
from codist.train import train
from codist.world import OneProcess
from launch import jobs
from launch.jobs import Job
from launch.work import work


@pytest.fixture(autouse=True)
def deterministic(process_as_it_was):
    """Asks torch for deterministic algorithms, as launch.work does; conftest.py undoes it."""
    torch.use_deterministic_algorithms(True)


# ---- the pretended card


REFUSED = {
    "a sum over both memories": lambda on, off: on + off,
    "a product of a matrix there and a matrix here": lambda on, off: on @ off,
    "scalars of both in one list": lambda on, off: torch.stack([on.sum(), off.sum()]),
    "places on the card of a tensor that is not there": lambda on, off: off[on.argmax(0)],
    "numpy": lambda on, off: on.numpy(),
    "pinning": lambda on, off: on.pin_memory(),
    "a sum in no order": lambda on, off: on.cumsum(0),
    "a gradient in no order": lambda on, off: (
        torch.nn.functional.interpolate(on[None, None].requires_grad_(), (6, 6), mode="bilinear")
        .sum()
        .backward()
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_card_refuses_is_refused(what):
    with card():
        off, on = torch.eye(3), torch.eye(3).to("cuda")
        with pytest.raises((RuntimeError, TypeError), match=r"(?i)cuda"):
            REFUSED[what](on, off)


def test_what_a_card_allows_is_allowed():
    with card():
        off, on = torch.eye(3), torch.eye(3, device="cuda")
        made = [
            on * off.sum(),
            on[off.argmax(0)],
            on.to("cpu").to(on),
            torch.zeros_like(on),
            off.type_as(on),
        ]
        assert {one.device.type for one in (on, *made)} == {"cuda"}
        assert {
            one.device.type for one in (off, on.cpu(), on.to("cpu", torch.half), off + on.cpu())
        } == {"cpu"}
        assert on.cpu().numpy().sum() == on.long().cumsum(0).shape[0] == on.sum().item() == 3


# ---- runs


def short(**changes):
    """Four updates; the third and the fourth follow a resume."""
    return small(epochs=0.9, lr=Schedule(0.1), **changes)


CASES = {
    "predictions": small,  # two rows
    "checkpoints, dropout in stale copies": lambda: short(
        workload=Dropped(width=2, redraws=2), **CHECKPOINTS
    ),
    "top-k of some rows": lambda: short(
        exchange=exchange_options("predictions", codec="topk", k=3, positions=7), distance="kl"
    ),
    "half, in a ring": lambda: short(
        n=3, exchange=exchange_options("predictions", codec="half", peers="ring")
    ),
    "a constant": lambda: short(
        n=1, exchange=exchange_options("constant", target="unigram"), distance="cross_entropy"
    ),
    "bf16": lambda: short(precision="bf16"),
    "fp16, clipped Adam": lambda: short(
        precision="fp16", optimizer=Optimizer(kind="adam", clip=1.0, decay_norms=False)
    ),
    "translation, checkpoints, mean of weights": lambda: translating(
        **TRANSLATION["checkpoints"] | TRANSLATION["mean of weights"] | {"epochs": 1.4}
    ),
}


def on_card(folder, make, stop_after=None):
    """`trained`, with its models on the card, and what ran there."""
    run = make()
    run.place.device = "cuda"
    with card() as ran:
        return trained(folder, run, stop_after), ran


@pytest.mark.parametrize("case", CASES)
def test_resumed_on_a_card_equals_uninterrupted_and_either_goes_on_from_the_others_save(
    tmp_path, case
):
    make = CASES[case]
    whole, ran = on_card(tmp_path / "whole", make)
    assert {"add", "mul", "argmax"} < ran and any(name.startswith("_fused_") for name in ran)
    on_card(tmp_path / "resumed", make, stop_after=2)
    shutil.copytree(tmp_path / "resumed", tmp_path / "to the CPU")
    assert weights(on_card(tmp_path / "resumed", make)[0]) == weights(whole)
    trained(tmp_path / "to a card", make(), stop_after=2)
    for end in (trained(tmp_path / "to the CPU", make()), on_card(tmp_path / "to a card", make)[0]):
        assert end["update"] == whole["update"] > 2 and end["outcome"] == "finished"


@pytest.mark.parametrize("case", ["checkpoints, dropout in stale copies", "half, in a ring"])
def test_a_rank_for_each_model_equals_one_process(tmp_path, case):
    def of_rank(rank):
        os.environ["LOCAL_RANK"] = str(rank)
        run, folder = CASES[case](), tmp_path / "ranks"
        run.place.device = "cuda"
        with card():
            world = join(run.n, run.devices, run.servers, run.place.device, run.place.patience)
            log = RunLog(folder, run.to_dict(), run.defaults()) if rank == 0 else Onlooker(folder)
            train(run, opened(run), world, log)
            world.leave()
            log.close()
        return world.device, world.placement

    alone, _ = on_card(tmp_path / "alone", CASES[case])
    n = CASES[case]().n
    said = on_ranks(n, of_rank)
    assert said == [("cuda:0", f"{n} ranks: {n} models x 1 shards, cpu:gloo,cuda:nccl")] * n
    assert weights(state_of(tmp_path / "ranks")) == weights(alone)


def test_done_json_names_the_card(tmp_path):
    run = small(epochs=1.5)
    run.place.device = "cuda"
    with card():
        work(Job((), run, tmp_path / "run", None))
    assert done(tmp_path / "run")["machine"]["gpu"] == "no card"
    assert log_of(tmp_path / "run")[0]


def test_the_first_device_batch_at_scale_gpu(composing, bitmaps):
    """ResNet18, 1,000 characters, bf16: as scale/gpu.yaml says, but for 4 images in place of 32."""
    arm = "checkpoints_625"  # it has copies of the peers besides
    options = [
        "sweep=communication",
        f"arm={arm}",
        "seed=1",
        "scale=gpu",
        "place.workers=0",
        "device_batch=4",
    ]
    [job] = jobs.jobs([*options, f"place.data={bitmaps}"])
    with card():
        world = OneProcess(job.run.n, job.run.devices, job.run.servers, job.run.place.device)
        for model in stepped(job.run, world, updates=1, parts=1).values():
            saved = model.state()
            assert {one.device.type for one in saved["network"].values()} == {"cpu"}
            model.resume(saved)
            assert weights({"models": model.state()}) == weights({"models": saved})
            assert all(
                one.device.type == "cuda" and one.isfinite().all()
                for one in model.network.parameters()
            )
