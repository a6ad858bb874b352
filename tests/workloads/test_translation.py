"""Translation: fairseq's loss, batches, sizes and optimizer; and what holds of every workload holds of this one."""

import math
from types import SimpleNamespace

import numpy
import pytest
import torch
from many import on_ranks, world_of
from small import NONE, log_of, opened, rows_anywhere, state_of, trained, weights

import workloads
from codist import run_folder
from codist.check import check
from codist.config import Run
from codist.errors import Refused
from codist.exchange import exchange_options
from codist.feed import Order, feed
from codist.learner import Learner
from codist.optimizer import Optimizer
from codist.runlog import Onlooker, RunLog
from codist.schedules import Schedule
from codist.train import train
from codist.world import OneProcess
from launch.jobs import Job
from launch.work import work
from workloads.grammar.options import Grammar
from workloads.text.fairseq_parts import Transformer, collated
from workloads.text.symbols import END, PAD
from workloads.text.token_batches import batches
from workloads.text.transformers import NETWORKS
from workloads.translation.options import Translation

SOME = {"sentences": 300, "valid_sentences": 16, "beam": 2}
ADAM = {"kind": "adam", "betas": [0.9, 0.98]}


def small(**changes) -> Run:
    """Two epochs of 5 updates of 512 tokens in two device batches; two models that exchange predictions."""
    run = Run(
        sweep="small",
        arm="arm",
        workload=Grammar(**SOME),
        epochs=2.0,
        batch=512,
        device_batch=256,
        optimizer=Optimizer(**ADAM, clip=1.0),
        lr=Schedule(3e-3, kind="inverse_sqrt", warmup=0.4),
        weight_decay=Schedule(1e-4),
        smoothing=Schedule(0.1),
        alpha=Schedule(0.1, kind="growth", factor=1.1),
    )
    for key, value in changes.items():
        setattr(run, key, value)
    check(run)
    return run


def batch_of(options, sentences=30):
    workload = workloads.open(options, "")
    return workload, workload.collate(workload.train.__getitems__(list(range(sentences))))


# ---- fairseq's networks, loss and batches


@pytest.mark.parametrize(
    ("name", "millions"),
    {
        "transformer_vaswani_wmt_en_de_big": 176.4,
        "transformer_wmt_en_de": 44.1,
        "transformer_iwslt_de_en": 31.5,
    }.items(),
)
def test_networks_have_the_published_sizes_before_the_vocabulary(name, millions):
    options = Translation(networks=[name], classes=1000)
    before = options.parameters(0) - 1000 * NETWORKS[name].width
    assert round(before / 1e6, 1) == millions


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_counted_without_making_the_network(name):
    with torch.device("meta"):
        network = Transformer(name, 1000, 0.1)
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert counted == Translation(networks=[name], classes=1000).parameters(0)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_that_of_fairseqs_criterion(smoothing):
    """Each word counts alike, padding does not; the smoothed share goes to all classes, the right one among them."""
    from fairseq.criterions.label_smoothed_cross_entropy import LabelSmoothedCrossEntropyCriterion

    torch.manual_seed(1)
    workload, batch = batch_of(Grammar(**SOME, dropout=0.0))
    network = workload.network(0)
    source, lengths, previous = batch.x
    rows = previous != PAD
    target = torch.full_like(previous, PAD)
    target[rows] = batch.y
    assert torch.equal(target[:, :-1][rows[:, 1:]], previous[:, 1:][rows[:, 1:]])  # one word on
    assert not rows.all()  # else no padding was there to be left out
    criterion = LabelSmoothedCrossEntropyCriterion(
        SimpleNamespace(label_smoothing=smoothing, sentence_avg=False),
        SimpleNamespace(target_dictionary=SimpleNamespace(pad=lambda: PAD)),
    )
    told = {"src_tokens": source, "src_lengths": lengths, "prev_output_tokens": previous}
    theirs, words, _ = criterion(
        network.model, {"net_input": told, "target": target, "ntokens": len(batch.y)}
    )
    ours = workload.loss(network(batch.x), batch.y, smoothing)
    # a few of fp32's last bits
    assert ours.item() == pytest.approx((theirs / words).item(), rel=1e-6)


def heavy_tailed(n=3000):
    drawn = numpy.random.default_rng(0).lognormal(2.8, 0.6, (n, 1)) * numpy.random.default_rng(
        1
    ).normal(1, 0.2, (n, 2))
    return drawn.clip(1, 174).astype(int)


@pytest.mark.parametrize("multiple", [1, 8])
@pytest.mark.parametrize("limit", [200, 512, 3584])
@pytest.mark.parametrize("sizes", ["grammar", "heavy-tailed"])
def test_batches_hold_the_sentences_of_fairseqs(limit, multiple, sizes):
    from fairseq.data import Dictionary, LanguagePairDataset, data_utils

    sizes = heavy_tailed() if sizes == "heavy-tailed" else workloads.open(Grammar(), "").sizes
    source, target = (sizes + 1).T  # theirs count </s>
    theirs = LanguagePairDataset(
        source, source, Dictionary(), target, target, Dictionary(), shuffle=False
    )
    theirs = data_utils.batch_by_size(
        theirs.ordered_indices(),
        theirs.num_tokens,
        max_tokens=limit,
        required_batch_size_multiple=multiple,
    )
    ours = batches(sizes, numpy.arange(len(sizes)), limit, multiple)
    assert [part.tolist() for part in ours] == [[int(i) for i in part] for part in theirs]


def test_padding_is_below_a_twentieth_of_the_grammars_batches():
    workload = workloads.open(Grammar(), "")
    cells = words = 0
    for part in workload.cut(torch.randperm(8000), 512):
        x, y, _ = collated([workload.corpus.pair("train", int(i)) for i in part])
        cells += x[0].numel() + x[2].numel()
        words += int(x[1].sum()) + len(y)
    assert 0 < 1 - words / cells < 0.05


def test_padding_is_below_a_twentieth_where_sentences_are_many():
    """30,000 of 1 to 174 tokens in batches of 512; larger batches of so few have more, as fairseq's have."""
    sizes = heavy_tailed(30_000)
    found = batches(sizes, numpy.random.default_rng(2).permutation(len(sizes)), 512, 1)
    cells = sum(len(part) * (sizes[part].max(0) + 1).sum() for part in found)
    assert 0 < 1 - (sizes + 1).sum() / cells < 0.05


@pytest.mark.parametrize("sentences", [1, 2, 9, 64])
def test_a_batch_is_collated_as_fairseq_does_it(sentences):
    """The batches are equal bit for bit, also the order of sentences of one length, which dropout depends on."""
    from fairseq.data import language_pair_dataset

    drawn = numpy.random.default_rng(sentences)
    pairs = [
        tuple(drawn.integers(3, 99, drawn.integers(1, 9)) for _ in range(2))
        for _ in range(sentences)
    ]
    theirs = language_pair_dataset.collate(
        [
            {
                "id": i,
                "source": torch.tensor([*source, END]),
                "target": torch.tensor([*target, END]),
            }
            for i, (source, target) in enumerate(pairs)
        ],
        PAD,
        END,
    )
    told, target = theirs["net_input"], theirs["target"]
    x, y, rows = collated(pairs)
    wanted = (
        told["src_tokens"],
        told["src_lengths"],
        told["prev_output_tokens"],
        target[target != PAD],
        theirs["id"],
    )
    for ours, one in zip((*x, y, rows), wanted, strict=True):
        assert torch.equal(ours, one) and ours.dtype == one.dtype == torch.int64


# ---- epochs in tokens


def test_an_epoch_shows_every_sentence_once_in_batches_of_like_length_whose_order_is_drawn_anew():
    run = small()
    order = Order(run, workload := workloads.open(run.workload, ""))
    first, second = ([part.tolist() for part in order.epoch(0, e)] for e in (0, 1))
    for epoch in (first, second):
        assert sorted(i for part in epoch for i in part) == list(range(300))
        assert all(
            len(part) * (workload.sizes[part].max() + 1) <= run.device_batch for part in epoch
        )
    longest = [workload.sizes[part].max() for part in first]
    assert longest not in (sorted(longest), sorted(longest, reverse=True))
    assert longest != [workload.sizes[part].max() for part in second]
    assert {frozenset(part) for part in first} != {frozenset(part) for part in second}


@pytest.mark.parametrize("device_batch", [100, 256, 512])
def test_an_epoch_of_updates_is_one_pass_over_the_data(device_batch):
    run = small(batch=device_batch, device_batch=device_batch, epochs=1.0)
    order = Order(run, workloads.open(run.workload, ""))
    assert run.updates == order.length(0) == len(order.epoch(0, 3)) and run.epoch(run.updates) == 1


def test_tokens_that_are_not_those_of_the_corpus_are_refused_with_the_right_number():
    class Stated(Grammar):
        def of_epoch(self, device_batch):
            return 5000

    with pytest.raises(
        Refused,
        match=r"workload.tokens=5000 for an epoch, which has 10 device batches of 256 tokens; "
        r"set workload.tokens=2560$",
    ):
        workloads.open(Stated(**SOME), "").cut(torch.arange(300), 256)


def test_a_sentence_that_does_not_fit_a_device_batch_is_refused():
    with pytest.raises(Refused, match="a sentence of 11 tokens does not fit into device_batch=10"):
        small(device_batch=10, batch=10)


# ---- Adam and clipping


def test_adam_is_fairseqs_weight_decay_included():
    """fairseq 0.9's takes lr x decay of each weight off. Its epsilon is of an uncorrected mean, hence so small here."""
    from fairseq.optim.adam import Adam

    torch.manual_seed(0)
    learner = Learner(
        0,
        torch.nn.Linear(4, 3),
        OneProcess(1),
        optimizer=Optimizer(kind="adam", betas=[0.9, 0.98], eps=1e-12),
    )
    theirs = torch.nn.Linear(4, 3)
    theirs.load_state_dict(learner.network.state_dict())
    optimizer = Adam(theirs.parameters(), lr=0.01, betas=(0.9, 0.98), eps=1e-12, weight_decay=0.1)
    for k in range(20):
        x = torch.randn(5, 4, generator=torch.Generator().manual_seed(k))
        for network in (learner.network, theirs):
            network(x).square().mean().backward()
        learner.average_gradients()
        learner.descend(0.01, 0.1)
        optimizer.step()
        optimizer.zero_grad()
    assert torch.allclose(learner.network.weight, theirs.weight, rtol=0, atol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_each_models_gradient_is_shortened_to_its_own_norm(precision):
    """The step of SGD with lr 1 is the gradient, measured after the scaling of fp16 is undone."""
    for wide, wanted in ((100.0, 0.5), (0.01, None)):
        learner = Learner(
            0,
            torch.nn.Linear(2, 1, bias=False),
            OneProcess(1),
            optimizer=Optimizer(momentum=0.0, clip=0.5),
            precision=precision,
        )
        before = learner.network.weight.detach().clone()
        learner.scaler.scale(learner.network(torch.tensor([[3.0, 4.0]])).sum() * wide).backward()
        learner.average_gradients()
        learner.descend(1.0, 0.0)
        step = (before - learner.network.weight).norm().item()
        assert step == pytest.approx(wanted or 5 * wide, rel=1e-4)


def test_a_gradient_is_averaged_over_the_shards_before_it_is_shortened():
    """Two shards whose gradients point apart: together they are short, and each alone would be shortened."""

    def of_rank(rank):
        world = world_of(
            SimpleNamespace(n=1, devices=2, servers=1, place=SimpleNamespace(patience=30.0))
        )
        network = torch.nn.Linear(2, 1, bias=False)
        torch.nn.init.zeros_(network.weight)
        learner = Learner(0, network, world, optimizer=Optimizer(momentum=0.0, clip=1.0))
        x = torch.tensor([[3.0, 0.4], [-3.0, 0.4]])[rank : rank + 1]
        learner.scaled(learner(x, 0, rank, [rank]).sum()).backward()
        learner.average_gradients()
        learner.descend(1.0, 0.0)
        world.leave()
        return network.weight.detach().flatten().tolist()

    for moved in on_ranks(2, of_rank):
        assert moved == pytest.approx([0.0, -0.4], abs=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "said"),
    [
        ({"kind": "adma"}, "optimizer.kind=adma is not known; did you mean adam"),
        ({"betas": [0.9]}, "optimizer.betas must be two numbers"),
        ({"betas": [0.9, 1.0]}, "at least 0 and below 1"),
        ({"eps": 0.0}, "optimizer.eps must be above 0"),
        ({"clip": -1.0}, "optimizer.clip must be a norm"),
    ],
)
def test_an_optimizer_that_cannot_be_is_refused(optimizer, said):
    with pytest.raises(Refused, match=said):
        small(optimizer=Optimizer(**optimizer))


# ---- placement, resuming, dropout


CASES = {
    "predictions": {},
    "one row in four": {"exchange": exchange_options("predictions", positions=4)},
    "mean of weights": {"workload": Grammar(**SOME, averaged=3), "epochs": 2.6},
    "checkpoints": {
        "exchange": exchange_options("checkpoints", period=3),
        "sampling": "independent",
    },
    "top-k": {"exchange": exchange_options("predictions", codec="topk", k=8)},
    "disjoint": {"exchange": exchange_options("checkpoints", period=3), "sampling": "disjoint"},
}


def ended(folder, run, world):
    log = RunLog(folder, run.to_dict(), run.defaults()) if world.rank == 0 else Onlooker(folder)
    facts = train(run, opened(run), world, log)
    world.leave()
    log.close()
    return facts["final"] if world.rank == 0 else None


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize(
    "case", ["predictions", "checkpoints", "one row in four", "mean of weights"]
)
def test_spread_over_ranks_equals_one_process_bitwise(tmp_path, case, m):
    run = small(**({"epochs": 1.0} | CASES[case]))
    alone = ended(tmp_path / "alone", run, OneProcess(run.n, run.devices, run.servers))
    ranks = on_ranks(2 * m, lambda rank: ended(tmp_path / "ranks", run, world_of(run)))
    assert weights(state_of(tmp_path / "ranks")) == weights(state_of(tmp_path / "alone"))
    assert rows_anywhere(tmp_path / "ranks") == rows_anywhere(tmp_path / "alone")
    assert ranks[0] == alone and set(alone) == {0, 1}


def test_bleu_is_measured_of_each_model_in_any_placement(tmp_path):
    few = Grammar(sentences=150, valid_sentences=20, nouns=4, noise=0.0, dropout=0.0, beam=2)
    run = small(workload=few, epochs=8.0, lr=Schedule(5e-3), smoothing=Schedule(), **NONE)
    alone = ended(tmp_path / "alone", run, OneProcess(run.n, run.devices, run.servers))
    assert on_ranks(2, lambda rank: ended(tmp_path / "ranks", run, world_of(run)))[0] == alone
    assert 5 < alone[0]["bleu"] != alone[1]["bleu"]


@pytest.mark.parametrize(("last", "ends"), [(1, 1), (3, 3), (8, 7), (99, 7)])
def test_bleu_is_of_the_mean_of_the_weights_at_the_ends_of_the_last_epochs(tmp_path, last, ends):
    """The mean in fp32 is that of fairseq's scripts/average_checkpoints.py. The run's end counts as an epoch's."""
    few = Grammar(
        sentences=150, valid_sentences=20, nouns=4, noise=0.0, dropout=0.0, beam=2, averaged=last
    )
    run = small(workload=few, epochs=6.5, lr=Schedule(5e-3), smoothing=Schedule(), n=1, **NONE)
    final = ended(tmp_path / "whole", run, OneProcess(1, run.devices))[0]
    stops = [trained(tmp_path / "halting", run, stop_after=end) for end in run.ends[-last:]]
    networks = [state["models"][0]["network"] for state in stops]
    mean = {
        name: sum(network[name] for network in networks) / len(networks) for name in networks[0]
    }
    workload, wanted = workloads.open(few, ""), []
    network = workload.network(0)
    for of_these in (mean, networks[-1]):
        network.load_state_dict(of_these)
        wanted.append(workload.final(network))
    said = f"mean of the weights at the ends of the last {ends} epochs"
    assert final == {"scored": said, **wanted[0], "last_weights": wanted[1]}
    assert wanted[1]["bleu"] > 1 and (wanted[0] == wanted[1]) == (last == 1)


def test_without_a_mean_none_is_kept_and_bleu_is_of_the_last_weights(tmp_path):
    run = small(epochs=1.0)
    final = ended(tmp_path, run, OneProcess(run.n, run.devices))
    assert all(
        one["scored"] == "last weights" and "last_weights" not in one for one in final.values()
    )
    assert all(model["total"] == [] for model in state_of(tmp_path)["models"].values())


@pytest.mark.parametrize("case", CASES)
def test_resumed_mid_epoch_equals_uninterrupted(tmp_path, case):
    run = small(**CASES[case])
    whole = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "halved", run, stop_after=7)["update"] == 7
    assert weights(trained(tmp_path / "halved", run)) == weights(whole)
    assert log_of(tmp_path / "halved") == log_of(tmp_path / "whole")


def test_dropout_is_drawn_from_the_key():
    workload, batch = batch_of(Grammar(**SOME, dropout=0.3))
    learner = Learner(0, workload.network(0), OneProcess(1), seed=7)
    told = learner(batch.x, k=3, part=1, parts=[1])
    torch.rand(17)
    assert torch.equal(told, learner(batch.x, k=3, part=1, parts=[1]))
    assert not torch.equal(told, learner(batch.x, k=4, part=1, parts=[1]))


def test_loading_processes_change_nothing():
    run, loaded = small(), small()
    loaded.place.workers = 2
    ours, theirs = (dict(feed(r, opened(r), OneProcess(2, r.devices), 0, 3)) for r in (run, loaded))
    for k in ours:
        for part in ours[k]:
            assert torch.equal(ours[k][part][0].y, theirs[k][part][0].y)
            assert all(map(torch.equal, ours[k][part][0].x, theirs[k][part][0].x))


# ---- what is written


def test_the_loss_has_its_other_names_in_each_row(tmp_path):
    run = small(n=1, **NONE, epochs=1.0)
    trained(tmp_path, run)
    for row in log_of(tmp_path, 1)[0]:
        assert row["valid_perplexity"] == pytest.approx(math.exp(row["valid_loss"]), rel=1e-5)
        assert row["valid_loss_base2"] == pytest.approx(row["valid_loss"] / math.log(2))
        assert row["valid_loss"] < math.log(run.workload.classes)


def test_done_json_has_the_versions_of_what_decides_bleu(tmp_path):
    job = Job((), small(n=1, **NONE, epochs=0.2), tmp_path, None)
    on_ranks(1, lambda rank: work(job))
    told = run_folder.done(tmp_path)
    assert told["versions"]["fairseq"] == "0.9.0"
    assert f"version:{told['versions']['sacrebleu']}" in told["final"]["0"]["bleu_signature"].split(
        "|"
    )
    assert "torch" in told["versions"] and set(Grammar.packages) < set(Translation.packages)


def test_a_run_that_diverged_ends_without_bleu(tmp_path):
    run = small(n=1, **NONE, lr=Schedule(1e30), epochs=1.0, optimizer=Optimizer())
    log = RunLog(tmp_path, run.to_dict(), run.defaults())
    facts = train(run, opened(run), OneProcess(1, run.devices), log)
    log.close()
    assert facts["outcome"] == "diverged" and "final" not in facts


def test_planned_bits_of_predictions_are_an_upper_bound(tmp_path):
    """What padding and unfilled device batches leave, measured where logits are handed over."""
    run = small()
    trained(tmp_path, run)
    sent, planned = log_of(tmp_path)[0][-1]["sent_bits"], run.sent_bits(run.updates)
    assert 0.7 * planned < sent < planned
    words = [
        len(batch[0].y)
        for _, parts in feed(run, opened(run), OneProcess(2, 2), 0, run.updates)
        for batch in parts.values()
    ]
    assert sent == 32 * run.workload.classes * sum(words) // run.devices
