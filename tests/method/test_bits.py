"""Bits of a server, counted and on the wire, and H*, by pencil and paper and by the log of a run."""

from dataclasses import replace

import pytest
import workers
from small import CHECKPOINTS, log_of, small, trained

from codist.bits import averaging_period, exchanged, sent
from codist.errors import Refused
from codist.exchange import exchange_options
from codist.link import rate_of, readable, update_seconds
from workloads.cifar.options import Cifar
from workloads.digits.options import Digits
from workloads.imagenet.options import ImageNet
from workloads.translation.options import Translation

PREDICTIONS = {"all": {}, "codec": {"period": 2, "codec": "topk", "k": 3}}
MORE = {
    **{f"predictions, {name}": lambda of=of: small(exchange=exchange_options("predictions", **of))
       for name, of in PREDICTIONS.items()},
    "predictions, a server a device": lambda: small(devices_per_server=1),
    "checkpoints": lambda: small(**CHECKPOINTS),
}  # fmt: skip


@pytest.mark.parametrize("name", [*workers.CASES, *MORE])
def test_a_log_has_the_bits_of_a_server_that_its_exchange_foretells(tmp_path, name):
    run = workers.case(name) if name in workers.CASES else MORE[name]()
    trained(tmp_path, run)
    found = run.updates * run.gradient_bits + run.exchange.server_bits(run, run.updates)
    assert log_of(tmp_path, run.n)[0][-1]["server_bits"] == found


def of_size(weights: int, statistics: int = 0):
    """A change of a workload: a network of so many weights and running statistics."""
    return {"parameters": lambda self, i: weights, "statistics": lambda self, i: statistics}


def run_of(workload, weights: int | None = None, **changes):
    """A run of two models; weights: of the network, if it is not the workload's own."""
    if weights is not None:
        workload = type("Sized", (type(workload),), of_size(weights))(**vars(workload))
    return replace(small(), workload=workload, **changes)


RESNET50, TOKENS = ImageNet(networks=["resnet50"]), Translation(classes=32_768)
SERVER = {"batch": 8 * 3584, "device_batch": 3584}
TOP8 = {"codec": "topk", "k": 8}
# (run, 2 x 32 W / (devices x examples x bits a row)); a top-8 row: 8 x (16 + 16) + 16 bits
BY_PENCIL = {
    "digits": (
        run_of(Digits(width=8), 19_810, batch=32, device_batch=16),
        2 * 32 * 19_810 / (2 * 16 * 320),
    ),
    "ResNet50": (
        run_of(RESNET50, 25_557_032, batch=256, device_batch=32),
        2 * 32 * 25_557_032 / (8 * 32 * 32_000),
    ),
    "WRN-28-10": (
        run_of(Cifar(), 36_500_000, batch=128, device_batch=128),
        2 * 32 * 36_500_000 / (128 * 320),
    ),
    "a vocabulary": (
        run_of(TOKENS, 210_000_000, **SERVER),
        2 * 32 * 210e6 / (8 * 3584 * 32 * 32_768),
    ),
    "a vocabulary, top-8": (
        run_of(TOKENS, 210_000_000, exchange=exchange_options("predictions", **TOP8), **SERVER),
        2 * 32 * 210e6 / (8 * 3584 * 272),
    ),
    "one row in 8": (
        run_of(
            TOKENS,
            210_000_000,
            exchange=exchange_options("predictions", positions=8, **TOP8),
            **SERVER,
        ),
        2 * 32 * 210e6 / (8 * 448 * 272),
    ),
}
ROUNDED = (124, 200, 57_000, 0.45, 1_700, 13_800)


@pytest.mark.parametrize(
    ("name", "rounded"), list(zip(BY_PENCIL, ROUNDED, strict=True)), ids=list(BY_PENCIL)
)
def test_the_averaging_period_of_equal_bits_by_pencil_and_paper(name, rounded):
    run, by_hand = BY_PENCIL[name]
    found = averaging_period(run)
    assert found.counted == pytest.approx(by_hand) == pytest.approx(rounded, rel=0.02)
    # a ring of two sends half of what v2 counts, and predictions all of it
    assert found.wire == pytest.approx(by_hand / 2)


def test_running_statistics_are_averaged_with_the_weights():
    run = run_of(Digits(width=8), batch=32, device_batch=16)
    options = run.workload
    numbers = options.parameters(0) + options.statistics(0)
    assert options.statistics(0) and averaging_period(run).counted == 2 * 32 * numbers / 10_240


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({"exchange": exchange_options("predictions", period=5)}, 5),
        ({"n": 3}, 1 / 2),  # two peers
        ({"n": 4, "exchange": exchange_options("predictions", peers="ring")}, 1 / 2),
        ({"exchange": exchange_options("predictions", codec="half")}, 2),
        ({"devices_per_server": 1}, 2),  # half of the devices of a server
    ],
)
def test_the_averaging_period_follows_the_formula_of_the_exchange(changes, times):
    run = small()
    found = averaging_period(replace(run, **changes))
    assert found.counted == pytest.approx(times * averaging_period(run).counted)
    n = changes.get("n", 2)
    assert found.wire == pytest.approx(found.counted * (n - 1) / n)


def test_averages_every_h_star_updates_cost_as_many_bits_as_predictions():
    run = replace(small(), workload=Digits(width=4), batch=32, device_batch=32)
    period = round(averaging_period(run).counted)
    averages = replace(run, exchange=exchange_options("weights", period=period), sampling="split")
    assert exchanged(averages).counted == pytest.approx(exchanged(run).counted, rel=0.5 / period)


def test_there_is_none_without_predictions_or_a_common_average():
    run = small()
    assert averaging_period(replace(run, exchange=exchange_options("none"))) is None
    assert averaging_period(replace(run, **CHECKPOINTS)) is None
    mixed = Digits(networks=["resnet8", "resnet14"])
    assert averaging_period(replace(run, workload=mixed)) is None


def test_fp16_of_the_predictions_does_not_hide_it():
    """fp16's scaler and averages do not go together; the weights of both are fp32."""
    run = small()
    assert averaging_period(replace(run, precision="fp16")) == averaging_period(run)


B = 32 * Digits(width=2).parameters(0)


@pytest.mark.parametrize(
    ("changes", "counted", "wire"),
    [
        ({"exchange": exchange_options("gradients"), "n": 4}, 2 * B, 1.5 * B),
        # both devices hold the same checkpoint
        ({**CHECKPOINTS}, 2 * B / 3, B / 3),
        # and the gradients of a model on two servers cross between them
        ({**CHECKPOINTS, "devices_per_server": 1}, 2 * B + B / 3, B + B / 3),
    ],
)
def test_a_wire_carries_what_a_ring_sends_and_one_copy_of_what_all_devices_hold(
    changes, counted, wire
):
    assert sent(replace(small(), **changes)) == pytest.approx((counted, wire))


def test_what_only_the_beginning_or_the_end_of_a_run_sends_is_left_out():
    late = exchange_options("weights", period=5, local_from=1.0, fragments=2)
    run = replace(small(), exchange=late, sampling="split")
    always = replace(run, exchange=exchange_options("weights", period=5))
    assert exchanged(run) == exchanged(always)


def test_a_rate_is_read_and_written():
    assert [rate_of(text) for text in ("0.1Gb", "100Mb", "1Gb", ".5kb", "2Tb")] == pytest.approx(
        [1e8, 1e8, 1e9, 500.0, 2e12]
    )
    assert [readable(rate) for rate in (1e8, 1e9, 2.5e9)] == ["100 Mb/s", "1 Gb/s", "2.5 Gb/s"]
    assert update_seconds(0.5, 1e9, 1e8) == 10.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fast", "link=fast: expected bits a second; write 100Mb, 1Gb or 10Gb"),
        ("1GB", "write 100Mb, 1Gb or 10Gb (1GB is 8Gb)"),
        ("125MB/s", "(125MB/s is 1000Mb)"),
        ("0Gb", "link=0Gb: expected"),
        ("-1Gb", "link=-1Gb: expected"),
        ("1e9", "link=1e9: expected"),
        ("", "link=: expected"),
    ],
)
def test_what_is_no_rate_is_refused(text, says):
    with pytest.raises(Refused) as error:
        rate_of(text)
    assert says in str(error.value)
