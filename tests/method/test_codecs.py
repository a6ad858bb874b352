"""The bits that a codec sends of a prediction, and the logits that it decodes."""

import math

import pytest
import torch
from small import log_of, small, trained

from codist.codecs import CODECS, Full, Half, Int8, TopK, codec_of, decoding_error
from codist.errors import Refused
from codist.exchange import exchange_options

LOGITS = torch.tensor([[4.0, 1.0, 3.0, 0.0, 2.0], [0.0, 0.5, 0.0, 7.0, -3.0]])


def decoded(codec, logits=LOGITS):
    return codec.decode(codec.encode(logits))


def test_full_keeps_the_logits():
    assert torch.equal(decoded(Full()), LOGITS)


@pytest.mark.parametrize(
    ("dtype", "sent"),
    [
        (torch.bfloat16, torch.bfloat16),
        (torch.float16, torch.float16),
        (torch.float32, torch.float32),
        (torch.float64, torch.float32),
    ],
)
def test_full_sends_logits_in_the_bits_they_have_and_at_most_32(dtype, sent):
    logits = torch.randn(4, 10, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert Full().encode(logits).dtype == sent
    assert torch.equal(decoded(Full(), logits), logits.float())


@pytest.mark.parametrize("codec", [Half(), TopK(2, 5, to_logits=True), TopK(2, 5, to_logits=False)])
def test_lossy_codecs_decode_bf16_as_its_fp32(codec):
    """65504 is 65536 in bf16, which is infinite in fp16; a mean of others would lose eight bits."""
    logits = torch.tensor([[1e6, -1e6, 1.03125, 0.5, 2.0]], dtype=torch.bfloat16)
    assert torch.equal(decoded(codec, logits), decoded(codec, logits.float()))
    assert decoded(codec, logits).isfinite().all()


def test_half_keeps_eleven_bits_and_cuts_off_what_is_too_large():
    logits = torch.tensor([[1.0 + 2**-10, 1.0 + 2**-12, 1e6, -1e6]])
    assert Half().encode(logits).dtype == torch.float16
    assert decoded(Half(), logits).tolist() == [[1.0 + 2**-10, 1.0, 65504.0, -65504.0]]


def test_eight_bits_keep_weights_to_half_a_step_of_their_block():
    """m / 127 is a step, m the largest magnitude among 256 weights; the other block has its own."""
    weights = torch.cat([torch.linspace(-2, 2, 256), torch.tensor([0.01, -0.002, 0.0])])
    wire = Int8().encode(weights)
    assert 8 * wire.nbytes == Int8.weights_bits(259) == 8 * 259 + 2 * 32
    apart = (decoded(Int8(), weights) - weights).abs()
    assert apart[:256].max() <= 1.0001 * 2 / 127 / 2
    assert apart[256:].max() <= 1.0001 * 0.01 / 127 / 2
    assert decoded(Int8(), weights)[[0, 255, 256]].tolist() == pytest.approx([-2, 2, 0.01])


@pytest.mark.parametrize("many", [1, 255, 256, 257, 512, 1000])
def test_eight_bits_keep_as_many_weights_as_there_were(many):
    assert decoded(Int8(), torch.zeros(many)).tolist() == [0.0] * many
    assert decoded(Int8(), torch.full((many,), torch.nan)).isnan().all()


def test_eight_bits_are_for_weights_only(tmp_path):
    with pytest.raises(Refused, match=r"exchange.codec=int8 is not for logits.*codec=half"):
        small(exchange=exchange_options("predictions", codec="int8"))
    with pytest.raises(Refused, match="Int8 encodes weights"):
        Int8().suit("mse")
    run = small(exchange=exchange_options("checkpoints", period=3, codec="int8"))
    trained(tmp_path, run)
    assert log_of(tmp_path)[0][-1]["sent_bits"] == run.sent_bits(run.updates)


def test_top_k_of_logits_gives_the_others_their_mean():
    assert decoded(TopK(2, 5, to_logits=True)).tolist() == [[4, 1, 3, 1, 1], [-1, 0.5, -1, 7, -1]]


def test_top_k_of_probabilities_keeps_those_of_the_largest():
    p, q = LOGITS.softmax(-1), decoded(TopK(2, 5, to_logits=False)).softmax(-1)
    for row, kept in enumerate([[0, 2], [1, 3]]):
        others = [c for c in range(5) if c not in kept]
        # half precision
        assert q[row, kept].tolist() == pytest.approx(p[row, kept].tolist(), abs=1e-3)
        share = (1 - sum(p[row, kept].tolist())) / 3
        assert q[row, others].tolist() == pytest.approx([share] * 3, abs=1e-3)


def test_places_beyond_16_bits_come_back():
    logits = torch.zeros(1, 70_000)
    logits[0, [5, 65_540, 69_999]] = torch.tensor([1.0, 2.0, 3.0])
    assert torch.equal(decoded(TopK(3, 70_000, to_logits=True), logits), logits)
    small = torch.zeros(1, 2**16)
    small[0, [0, 2**15, 2**16 - 1]] = 1.0
    assert torch.equal(decoded(TopK(3, 2**16, to_logits=True), small), small)


@pytest.mark.parametrize("classes", [10, 32_000, 70_000])
@pytest.mark.parametrize(("codec", "k"), [("full", 8), ("half", 8), ("topk", 8), ("topk", 3)])
def test_the_plan_counts_what_is_sent(codec, k, classes):
    sent = codec_of(codec, k, classes, "kl").encode(torch.randn(3, classes))
    assert 8 * sent.nbytes == 3 * CODECS[codec].row_bits(classes, k)


def test_bits_by_pencil():
    assert CODECS["full"].row_bits(32_000, k=8) == 1_024_000
    assert CODECS["half"].row_bits(32_000, k=8) == 512_000
    assert CODECS["topk"].row_bits(32_000, k=8) == 8 * (16 + 16) + 16  # 3,765 times less


def test_what_is_lost_is_the_total_variation():
    p, q = torch.tensor([[0.7, 0.2, 0.1]]), torch.tensor([[0.5, 0.25, 0.25]])
    assert decoding_error(p.log(), q.log()).item() == pytest.approx(0.2)
    assert decoding_error(LOGITS, LOGITS).item() == 0


@pytest.mark.parametrize(("codec", "k"), [("half", 8), ("topk", 3)])
def test_a_run_sends_what_the_plan_says_and_logs_what_it_lost(tmp_path, codec, k):
    run = small(exchange=exchange_options("predictions", codec=codec, k=k))
    trained(tmp_path, run)
    last = log_of(tmp_path)[0][-1]
    assert last["sent_bits"] == run.sent_bits(run.updates)
    assert 0 < last["train_codec_error"] < (1e-3 if codec == "half" else 0.5)
    assert "train_codec_error" not in log_of(trained_plain(tmp_path))[0][-1]


def trained_plain(folder):
    trained(folder / "plain", small())
    return folder / "plain"


def test_weights_may_be_halved_and_are_counted_so(tmp_path):
    run = small(exchange=exchange_options("checkpoints", period=2, codec="half"))
    trained(tmp_path, run)
    assert (
        log_of(tmp_path)[0][-1]["sent_bits"]
        == run.sent_bits(run.updates)
        == 5 * 16 * run.workload.parameters(0)
    )


def test_what_a_codec_cannot_do_is_refused():
    with pytest.raises(Refused, match=r"exchange.codec=topk is not for weights"):
        small(exchange=exchange_options("checkpoints", codec="topk"))
    with pytest.raises(
        Refused, match=r"exchange.k must be below the number of classes, 10, got 10"
    ):
        small(exchange=exchange_options("predictions", codec="topk", k=10))
    with pytest.raises(Refused, match=r"exchange.codec=haf is not known; did you mean half"):
        small(exchange=exchange_options("predictions", codec="haf"))


@pytest.mark.parametrize("k", [0, -1, 5, 6, 2.5, "2"])
def test_the_k_largest_of_c_are_at_least_one_and_not_all(k):
    with pytest.raises(
        Refused, match=rf"^TopK\({k!r}, 5\): expected an integer k, 1 or more and below 5"
    ):
        TopK(k, 5, to_logits=True)


def test_no_gradient_crosses_any_codec():
    for codec in (Full(), Half(), TopK(2, 5, True), TopK(2, 5, False)):
        logits = LOGITS.clone().requires_grad_()
        assert not decoded(codec, logits.detach()).requires_grad
    assert math.isfinite(decoding_error(LOGITS, decoded(Half())).item())
