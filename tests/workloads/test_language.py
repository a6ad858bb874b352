"""The language model: its LSTM, its windows of documents, the tape that keeps rows together, its scores."""

import math
from itertools import chain

import numpy
import pytest
import torch
from few import Few, few, few_documents
from torch import nn

import workloads
from codist.errors import Refused
from codist.exchange import exchange_options
from codist.feed import Order
from codist.workload import Draw
from workloads.language.data import Windows
from workloads.language.lstm import LanguageModel
from workloads.language.options import Language
from workloads.language.tape import Tape, first_windows
from workloads.text import documents
from workloads.text.documents import END, SPECIAL, Documents

PAPER = Language(classes=24_006, units=1024, embedded=256)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return few_documents(tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def opened(data):
    return workloads.open(Few(), str(data))


def three(folder) -> Documents:
    """Documents of 6, 1 and 4 pieces."""
    ids = [[6, 7, 8, 9, 10, END], [END], [11, 12, 13, END]]
    splits = {split: documents.write(folder, split, ids, 14) for split in ("train", "valid")}
    documents.finish(folder, [*SPECIAL, *map(str, range(8))], splits, {"hash": "three"})
    return Documents(folder, "train")


# ---- the network


def test_the_paper_has_44_4_million_weights():
    """6.1 M of the embedding, 13.6 M of the LSTMs without their layer norm, 24.6 M of the softmax layer."""
    embedding, softmax = 24_006 * 256, 24_006 * 1025
    gates = 4 * 1024 * (256 + 1024 + 1024 + 1024)
    assert [round(part / 1e6, 1) for part in (embedding, gates, softmax)] == [6.1, 13.6, 24.6]
    rest = PAPER.parameters(0) - embedding - gates - softmax
    assert rest == 2 * (3 * 4096 + 2 * 1024)  # a bias and two gains of the gates, two of the cell
    assert round(PAPER.parameters(0) / 1e6, 1) == 44.4


@pytest.mark.parametrize("layer_norm", [True, False])
def test_parameters_are_those_of_the_network(layer_norm):
    options = Few(layer_norm=layer_norm)
    network = LanguageModel(options.classes, options.units, options.embedded, layer_norm)
    assert sum(p.numel() for p in network.parameters()) == options.parameters(0)


def without_norm(seed: int = 0) -> tuple[LanguageModel, nn.LSTM]:
    """The same weights in our network and in torch's, whose gates are in another order and have two biases."""
    torch.manual_seed(seed)
    ours, theirs = LanguageModel(20, 7, 5, layer_norm=False), nn.LSTM(5, 7, num_layers=2)
    with torch.no_grad():
        for at, layer in enumerate(ours.layers):
            layer.of_input.bias.uniform_(-1, 1)
            for name, of in (
                ("weight_ih", layer.of_input.weight),
                ("weight_hh", layer.of_hidden.t()),
                ("bias_ih", layer.of_input.bias),
            ):
                write, keep, show, candidate = of.chunk(4)
                getattr(theirs, f"{name}_l{at}").copy_(torch.cat([write, keep, candidate, show]))
            getattr(theirs, f"bias_hh_l{at}").zero_()
    return ours, theirs


def test_without_layer_norm_it_is_torchs_lstm():
    ours, theirs = without_norm()
    pieces, state = torch.randint(20, (32, 3)), None
    for _ in range(3):  # windows, between which the state goes on
        hidden, state = theirs(ours.embedding(pieces), state)
    mine = None
    for _ in range(3):
        logits, mine = ours((pieces, torch.arange(96)), mine)
    assert torch.allclose(logits, ours.output(hidden.flatten(0, 1)), atol=1e-6)
    for at in range(2):
        assert torch.allclose(mine[2 * at], state[0][at], atol=1e-6)
        assert torch.allclose(mine[2 * at + 1], state[1][at], atol=1e-6)


def test_without_layer_norm_it_has_the_gradients_of_torchs_lstm():
    ours, theirs = without_norm()
    pieces = torch.randint(20, (32, 3))
    ours((pieces, torch.arange(96)))[0].square().mean().backward()
    of_ours = [layer.of_input.weight.grad for layer in ours.layers]
    hidden, _ = theirs(ours.embedding(pieces).detach())
    ours.output(hidden.flatten(0, 1)).square().mean().backward()
    for at, gradient in enumerate(of_ours):
        write, keep, candidate, show = getattr(theirs, f"weight_ih_l{at}").grad.chunk(4)
        assert torch.allclose(gradient, torch.cat([write, keep, show, candidate]), atol=1e-6)


def test_the_layer_norm_is_that_of_ba_et_al():
    """Equations 20 to 22 of their supplement, in numpy; gains and biases drawn."""
    torch.manual_seed(1)
    network = LanguageModel(20, 7, 5, layer_norm=True)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter.uniform_(-1, 1)
    pieces = torch.randint(20, (4, 3))
    found, _ = network((pieces, torch.arange(12)))

    def norm(x, gain, bias=0.0):
        centred = x - x.mean(1, keepdims=True)
        return gain * centred / numpy.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) + bias

    def sigmoid(x):
        return 1 / (1 + numpy.exp(-x))

    of = {name: one.detach().double().numpy() for name, one in network.named_parameters()}
    x = of["embedding.weight"][pieces.numpy()]
    for layer in ("layers.0.", "layers.1."):
        h, c, outputs = numpy.zeros((3, 7)), numpy.zeros((3, 7)), []
        for step in x:
            gates = norm(step @ of[layer + "of_input.0.weight"].T, of[layer + "of_input.1.weight"])
            gates = gates + of[layer + "of_input.1.bias"]
            gates = gates + norm(h @ of[layer + "of_hidden"], of[layer + "norm_hidden.weight"])
            i, f, o, g = numpy.split(gates, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * numpy.tanh(g)
            normed = norm(c, of[layer + "norm_cell.weight"], of[layer + "norm_cell.bias"])
            h = sigmoid(o) * numpy.tanh(normed)
            outputs.append(h)
        x = numpy.stack(outputs)
    logits = x.reshape(12, 7) @ of["output.weight"].T + of["output.bias"]
    assert numpy.allclose(found.detach().numpy(), logits, atol=1e-5)


def test_the_forget_gate_begins_open():
    layer = LanguageModel(20, 7, 5, layer_norm=True).layers[0]
    assert layer.of_input[1].bias.tolist() == [0.0] * 7 + [1.0] * 7 + [0.0] * 14


# ---- windows


def test_a_windows_targets_are_its_pieces_and_its_inputs_the_ones_before(tmp_path):
    windows = Windows(three(tmp_path), 4)
    assert len(windows) == 2 + 1 + 1
    (inputs, places), y = windows.__getitems__([0, 1, 2, 3])[:2]
    assert inputs.T.tolist() == [
        [END, 6, 7, 8],
        [9, 10, END, END],  # filled up after END
        [END, END, END, END],
        [END, 11, 12, 13],
    ]
    targets = torch.full((16,), -1).index_put((places,), y).view(4, 4)  # (time, row)
    assert targets.T.tolist() == [
        [6, 7, 8, 9],
        [10, END, -1, -1],
        [END, -1, -1, -1],
        [11, 12, 13, END],
    ]


def test_every_piece_is_a_target_once_in_an_epochs_windows(opened):
    pieces = opened.train.documents.pieces
    y = opened.train.__getitems__([Draw(i, 0) for i in range(len(opened.train))]).y
    assert sorted(y.tolist()) == sorted(pieces.tolist())


def test_validation_rows_have_256_pieces(opened, tmp_path):
    assert opened.valid.size == 256 and len(opened.valid) == 3
    long = [[7] * 511 + [END]]
    splits = {split: documents.write(tmp_path, split, long, 12) for split in ("train", "valid")}
    documents.finish(tmp_path, [*SPECIAL, *"abcdef"], splits, {"hash": "long"})
    options = Few(examples=128, valid_examples=512)
    valid = workloads.open(options, str(tmp_path)).valid
    (inputs, _), y = valid.__getitems__([0, 1])[:2]
    assert inputs.shape == (256, 2) and len(y) == 512
    assert inputs[0].tolist() == [END, 7]  # the second row begins with the piece before it


# ---- the tape


def test_a_tape_by_hand():
    """Documents of 2, 1, 1, 3 windows, in the order 3, 0, 2, 1: the tape 4 5 6 0 1 3 2, three rows of two."""
    first = numpy.array([0, 2, 3, 4, 7])
    tape = Tape(first, numpy.array([3, 0, 2, 1]), device_batch=3, devices=1)
    assert [batch.tolist() for batch in tape] == [[4, 6, 1], [5, 0, 3]]
    # one row for each of two parts: 4 5 6 and 0 1 3
    parts = Tape(first, numpy.array([3, 0, 2, 1]), device_batch=1, devices=2)
    assert [batch.tolist() for batch in parts] == [[4], [0], [5], [1], [6], [3]]


def test_documents_without_pieces_have_no_window():
    first = first_windows(numpy.array([0, 4, 4, 5]), 4)
    assert first.tolist() == [0, 1, 1, 2]
    tape = Tape(first, numpy.array([1, 2, 0]), device_batch=1, devices=1)
    assert [batch.tolist() for batch in tape] == [[1], [0]]


@pytest.mark.parametrize("sampling", ["same", "independent", "disjoint"])
@pytest.mark.parametrize("devices", [1, 2, 4])
def test_each_row_of_a_part_goes_on_in_the_next_update(data, opened, sampling, devices):
    """The next update has the next window of the row's document, or the first one of another."""
    run = few(data, device_batch=8 // devices, sampling=sampling, exchange=exchange_options("none"))
    order, first = Order(run, opened), set(opened.train.first.tolist())
    for who in range(2):
        length = order.length(who)
        assert length % devices == 0
        batches = [[d.index for d in order.draws(who, nth)] for nth in range(2 * length)]
        within = begun = 0
        for nth in range(length - devices):
            for one, following in zip(batches[nth], batches[nth + devices], strict=True):
                assert following == one + 1 or following in first
                within, begun = within + (following == one + 1), begun + (following != one + 1)
        assert within > begun > 0
        epoch = list(chain.from_iterable(batches[:length]))
        assert len(set(epoch)) == len(epoch) and batches[:length] != batches[length:]


def test_every_order_of_the_same_documents_has_as_many_updates(data, opened):
    run = few(data, sampling="same")
    order = Order(run, opened)
    assert {len(order.epoch(0, e)) for e in range(20)} == {2 * (173 // 8)}


def test_disjoint_sampling_divides_documents(data, opened):
    run = few(data)
    order = Order(run, opened)
    of_window = numpy.repeat(numpy.arange(opened.documents), numpy.diff(opened.train.first))
    seen = [
        {int(of_window[d.index]) for nth in range(order.length(who)) for d in order.draws(who, nth)}
        for who in range(2)
    ]
    assert not seen[0] & seen[1] and len(seen[0] | seen[1]) > 25


def test_documents_that_do_not_fill_an_update_are_refused(data, opened):
    with pytest.raises(
        Refused, match="the 30 documents of a model do not fill an update of 176 windows"
    ):
        opened.cut(torch.arange(30), 88, 2)


# ---- scores and data


def test_scores_are_sums_over_pieces_and_perplexity_is_of_their_mean(opened):
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]))
    scores = opened.score(logits, torch.tensor([0, 2]), logits.argmax(-1))
    assert float(scores["nll"]) == pytest.approx(math.log(2) + math.log(4))
    assert int(scores["top1"]) == 1
    assert opened.named(math.log(3))["valid_perplexity"] == pytest.approx(3)
    assert opened.named(1e9) == {"valid_perplexity": math.inf}


def test_frequencies_are_those_of_the_pieces(opened, monkeypatch):
    counts = numpy.bincount(opened.train.documents.pieces, minlength=12)
    assert counts[END] == 30
    assert torch.allclose(opened.frequencies(), torch.from_numpy(counts / counts.sum()).float())
    monkeypatch.setattr("workloads.language.data.COUNTED_AT_ONCE", 100)
    assert torch.allclose(opened.frequencies(), torch.from_numpy(counts / counts.sum()).float())


def test_a_batch_of_logits_counts_in_windows(data):
    """A window has 4 pieces; the communication volume is an upper bound, as END fills windows."""
    run = few(data, sampling="same", exchange=exchange_options("predictions"))
    assert run.exchange.sent_bits(run, 1) == 4 * 4 * 12 * 32


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"classes": 13}, r"workload.classes=13, and .* has 12; set workload.classes=12"),
        ({"hash": "more"}, r"workload.hash=more, and .* has few; set workload.hash=few"),
        ({"examples": 170}, "has 173; set workload.examples=173"),
        ({"window": 5}, r"workload.examples=173, and .* has 141; set workload.examples=141"),
        ({"valid_examples": 30}, "has 31; set workload.valid_examples=31"),
    ],
)
def test_a_corpus_that_is_not_the_options_is_refused_before_training(data, options, said):
    with pytest.raises(Refused, match=said) as refused:
        Few(**options).ready(str(data))
    assert "\n" not in str(refused.value)


def test_a_corpus_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"no prepared documents for train .*meta.json"):
        Few().ready(str(tmp_path))
    with pytest.raises(Refused, match=r"workload.corpus=bibel is not known; did you mean bible\?"):
        Language(corpus="bibel").ready(str(tmp_path))


@pytest.mark.parametrize("name", ["window", "units", "embedded", "classes"])
def test_what_cannot_be_is_refused(name):
    with pytest.raises(Refused, match=f"workload.{name} must be "):
        Language(**{name: 0}).check(1)


def test_the_laptops_text_is_what_the_options_say(tmp_path):
    """Prepared at its first use, here; a network learns from it at once."""
    workload = workloads.open(Language(), str(tmp_path))
    torch.manual_seed(0)
    network, losses = workload.network(0), []
    optimizer, state = torch.optim.Adam(network.parameters(), lr=0.01), None
    for batch in list(workload.cut(torch.arange(workload.documents), 8))[:30]:
        x, y, _ = workload.train.__getitems__(batch.tolist())
        logits, state = network(x, state)
        loss = workload.loss(logits, y, 0.0)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(math.log(627), abs=0.1)
    assert sum(losses[-5:]) / 5 < losses[0] - 0.5
