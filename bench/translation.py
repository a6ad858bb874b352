"""Translation: our loop over hand-written loops with fairseq's network; minimum CPU time of rounds.

Network, device batch, optimizer and synthetic language are those of scale=laptop. The hand-written
loops get the sentences of each batch as tensors, and only collate them with fairseq. Our loop also
samples, sorts, batches and loads them.
"""

import warnings
from pathlib import Path

import sacrebleu
import torch
import torch.nn.functional as F

import workloads
from bench.loops import fastest, ours
from codist.config import Run
from codist.exchange import exchange_options
from codist.feed import Order, feed
from codist.losses import DISTANCES
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from codist.set_up import set_up
from codist.train import Now, step
from codist.world import OneProcess
from workloads.grammar.options import Grammar
from workloads.text.fairseq_parts import (
    Search,
    SequenceGenerator,
    TransformerModel,
    Vocabulary,
    architecture,
)
from workloads.text.sentence_pairs import by_length
from workloads.text.symbols import END, PAD

ROUNDS, UPDATES = 20, 10
LR, BETAS, SMOOTHING, ALPHA = 3e-3, [0.9, 0.98], 0.1, 0.1


def run_of(n: int) -> Run:
    return Run(
        workload=Grammar(),
        n=n,
        epochs=2.0,
        batch=512,
        device_batch=512,
        optimizer=Optimizer(kind="adam", betas=BETAS),
        exchange=exchange_options("predictions" if n > 1 else "none"),
        lr=Schedule(LR),
        smoothing=Schedule(SMOOTHING),
        alpha=Schedule(ALPHA),
    )


def by_hand(n: int, workload):
    """A round of updates of n models in plain torch; Algorithm 1 for n = 2."""
    from fairseq.data import language_pair_dataset

    options, order = workload.options, Order(run_of(n), workload)
    words, arguments = (
        Vocabulary(options.classes),
        architecture(options.network(0), options.dropout),
    )
    networks = [TransformerModel.build_model(arguments, words) for _ in range(n)]
    optimizers = [
        torch.optim.AdamW(network.parameters(), lr=LR, betas=BETAS, weight_decay=0.0, fused=True)
        for network in networks
    ]
    pairs = ready(workload, "train")
    drawn = iter([[draw.index for draw in order.draws(0, k)] for k in range(ROUNDS * UPDATES)])

    def turn():
        for _ in range(UPDATES):
            batch = language_pair_dataset.collate([pairs[i] for i in next(drawn)], PAD, END)
            target = batch["target"].flatten()
            logits = [network(**batch["net_input"])[0].flatten(0, 1) for network in networks]
            compared = [one[target != PAD] for one in logits] if n > 1 else []
            for i, optimizer in enumerate(optimizers):
                loss = F.cross_entropy(
                    logits[i], target, ignore_index=PAD, label_smoothing=SMOOTHING
                )
                if compared:
                    loss = loss + ALPHA * F.mse_loss(compared[i], compared[1 - i].detach())
                optimizer.zero_grad()
                loss.backward()
            for optimizer in optimizers:
                optimizer.step()

    return turn


def ready(workload, split: str) -> list[dict]:
    """All pairs in fairseq's format."""
    pairs = [workload.corpus.pair(split, i) for i in range(len(workload.corpus.sizes(split)))]
    return [
        {"id": i, "source": torch.tensor([*source, END]), "target": torch.tensor([*target, END])}
        for i, (source, target) in enumerate(pairs)
    ]


def translating(workload) -> dict:
    """Loops that translate and score the validation set with a briefly trained network."""
    from fairseq.data import language_pair_dataset

    run, world = run_of(1), OneProcess(1)
    learners, exchange, _ = set_up(run, workload, world, Path())
    for k, parts in feed(run, workload, world, 0, 200):
        step(
            k,
            learners,
            parts,
            exchange,
            workload.loss,
            DISTANCES["mse"],
            Now(LR, 0.0, 0.0, SMOOTHING),
        )
    network, options, corpus = learners[0].network.eval(), workload.options, workload.corpus
    pairs, order = ready(workload, "valid"), by_length(corpus.sizes("valid"))
    references, words = corpus.references("valid"), Vocabulary(options.classes).target_dictionary

    def by_generator():
        generator = SequenceGenerator(words, options.beam, max_len_a=1.2, max_len_b=10)
        generator.search = Search(words)  # fairseq's own does not run on this torch
        translations = [""] * len(pairs)
        for at in range(0, len(pairs), workload.evaluated_at_once):
            batch = language_pair_dataset.collate(
                [pairs[i] for i in order[at : at + workload.evaluated_at_once]], PAD, END
            )
            with warnings.catch_warnings():
                # as in our code; printing warnings takes longer than translating
                warnings.simplefilter("ignore")
                found = generator.generate([network.model], batch)
            for i, hypotheses in zip(batch["id"].tolist(), found, strict=True):
                translations[i] = corpus.text(hypotheses[0]["tokens"].tolist()[:-1])
        sacrebleu.corpus_bleu(translations, [references], tokenize="none", force=True)
        return sacrebleu.corpus_bleu(translations, [references]).score

    assert workload.final(network)["bleu"] == by_generator() > 5
    return {"ours": lambda: workload.final(network), "by hand": by_generator}


def training(n: int, workload) -> dict:
    loop = ours(run_of(n), workload, ROUNDS, UPDATES)
    return {"ours": loop, "by hand": by_hand(n, workload)}


def run(line) -> None:
    torch.set_num_threads(1)
    workload = workloads.open(Grammar(), "")
    for what, loops in (
        ("n=1: tokens a second", training(1, workload)),
        ("n=2, predictions: tokens a second", training(2, workload)),
        ("beam search and BLEU: sentences a second", translating(workload)),
    ):
        took = fastest(loops, ROUNDS)
        line(f"{what} over those by hand", took["by hand"] / took["ours"], at_least=0.97)
