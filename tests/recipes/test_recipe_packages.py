"""Recipes that need Accelerate, Transformers or TensorBoard: `make test-recipes`."""

import os
import re
import subprocess
import sys

import pytest
from many import ROOT
from recipes import RECIPES, farthest, recipe, run_recipe, weights
from small import small, trained

from codist.runlog import rows

pytestmark = pytest.mark.recipes

ACCELERATE = ("accelerate",)
TRANSFORMERS = ("accelerate", "transformers.trainer", "transformers.models.resnet.modeling_resnet")
# AdamW and clipping would hide a constant factor of the gradient
SGD = (
    'learning_rate=0.0005, optim="sgd", max_grad_norm=0, max_steps=28, per_device_train_batch_size='
)
STEPS = ("learning_rate=0.003", SGD)
HANDLE = ("CodistillationTrainer(ResNet", "trainer = CodistillationTrainer(ResNet")
TRAIN = (".train()", "\ntrainer.train()")


def left_of_models(ranks: list) -> list:
    """What the ranks of each model have, which must be equal in both."""
    assert ranks[0] == ranks[1] and ranks[2] == ranks[3]
    return ranks[::2]


def refused(script: str, folder, needs) -> set[str]:
    with pytest.raises(AssertionError) as failed:
        run_recipe(script, 4, folder, len, needs)
    return set(re.findall(r"Refused: (.*)", str(failed.value)))


# ---- Accelerate


def accelerate_loop(folder, *changes) -> list:
    def left(of):
        return of["loss"].item(), weights(of["network"])

    script = recipe("accelerate_loop.py", ("accelerator.end_training()", ""), *changes)
    return run_recipe(script, 4, folder, left, ACCELERATE)


def test_under_accelerate_two_models_learn(tmp_path):
    ranks = accelerate_loop(tmp_path)
    assert all(loss < 1.5 for loss, _ in ranks)  # ln 10 = 2.3
    one, other = left_of_models([of_rank for _, of_rank in ranks])
    assert farthest(one, other) > 0.1


def test_accelerate_accumulates_gradients_of_one_models_ranks(tmp_path):
    """Two halves of each minibatch give what the whole gives."""
    step = "        optimizer.zero_grad()\n        accelerator.backward("
    inner = "    for k, (x, y) in enumerate(loader):\n"
    halves = [
        ("// peers.shards", "// peers.shards // 2"),
        ("Accelerator(cpu=True)", "Accelerator(cpu=True, gradient_accumulation_steps=2)"),
        (inner, "    for k, (x, y) in ((k // 2, one) for k, one in enumerate(loader)):\n"),
        (step, "        accelerator.backward("),
        ("        optimizer.step()\n", "        optimizer.step()\n        optimizer.zero_grad()\n"),
        ("        logits = network(x)\n", "        part = accelerator.accumulate(network)\n"
         "        part.__enter__()\n        logits = network(x)\n"),
        ("        optimizer.zero_grad()\n", "        optimizer.zero_grad()\n"
         "        part.__exit__(None, None, None)\n"),
    ]  # fmt: skip
    whole = [of_rank for _, of_rank in accelerate_loop(tmp_path)]
    in_halves = [of_rank for _, of_rank in accelerate_loop(tmp_path, *halves)]
    assert farthest(left_of_models(whole)[0], left_of_models(in_halves)[0]) < 1e-4


def test_what_accelerate_prepares_for_all_ranks_is_refused(tmp_path):
    whole = recipe("accelerate_loop.py")
    loader = re.search(r"loader = prepare_data_loader\(.*\n", whole)[0]
    network = re.search(r"network = DDP\(.*\n", whole)[0]
    for one, other, said in (
        (loader, "loader = accelerator.prepare(loader)\n", "must see the same minibatch"),
        (network, "network = accelerator.prepare(network)\n", "must be different models"),
    ):
        told = refused(recipe("accelerate_loop.py", (one, other)), tmp_path, ACCELERATE)
        assert told and all(said in line for line in told)


# ---- Transformers


def trainer(folder, *changes) -> list:
    def left(of):
        logged = [row["loss"] for row in of["trainer"].state.log_history if "loss" in row]
        return logged, weights(of["trainer"].model)

    script = recipe("trainer.py", HANDLE, TRAIN, *changes)
    return run_recipe(script, 4, folder, left, TRANSFORMERS)


def test_under_the_trainer_two_models_learn(tmp_path):
    """Logged are means over an epoch and both models, with penalties."""
    ranks = trainer(tmp_path, ("learning_rate=0.003", "learning_rate=0.003, logging_steps=112"))
    first, *_, last = ranks[0][0]
    assert last < first / 2
    one, other = left_of_models([of_rank for _, of_rank in ranks])
    assert farthest(one, other) > 0.1


def test_the_trainer_accumulates_loss_and_penalty_of_micro_batches(tmp_path):
    """Without BatchNorm: two micro-batches of 16 give what one of 32 gives."""
    evaluation = ("        loss, outputs =", "        model.eval()\n        loss, outputs =")
    penalty = ("        if model.training:", "        if True:")
    whole, halves = (
        trainer(tmp_path, (STEPS[0], STEPS[1] + size), evaluation, penalty)
        for size in ("32", "16, gradient_accumulation_steps=2")
    )
    assert farthest(left_of_models([w for _, w in whole])[0], halves[0][1]) < 1e-3


def test_a_trainer_over_all_ranks_is_refused(tmp_path):
    for method, said in (
        ("get_train_dataloader", "must see the same minibatch"),
        ("_wrap_model", "must be different models"),
    ):
        script = recipe("trainer.py", (f"def {method}", "def unused"))
        told = refused(script, tmp_path, TRANSFORMERS)
        assert told and all(said in line for line in told)


# ---- TensorBoard


def test_tensorboard_shows_the_rows_of_a_run(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, events = tmp_path / "runs" / "laptop" / "arm" / "1", tmp_path / "events"
    trained(run, small(epochs=2))
    subprocess.run(
        [sys.executable, RECIPES / "tensorboard_rows.py", tmp_path / "runs", events],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=True,
    )
    for model in (0, 1):
        shown = EventAccumulator(str(events / "laptop" / "arm" / "1" / f"model{model}")).Reload()
        found = {
            tag: [(e.step, e.value) for e in shown.Scalars(tag)] for tag in shown.Tags()["scalars"]
        }
        logged = rows(run, model)
        assert {"train_loss", "valid_top1", "sent_bits"} <= set(found)
        for metric, points in found.items():
            expected = [(row["update"], row[metric]) for row in logged if row[metric] is not None]
            assert points == [(step, pytest.approx(value)) for step, value in expected]
