"""`which`: the cost of methods over a link, what claims know of them, and its page."""

import json
import re
from pathlib import Path

import commands
import pytest
from hydra import initialize_config_dir

from bench.links import MEGABITS, NEAR, over_modelled
from codist.exchange import KINDS
from codist.link import update_seconds
from figures.drawing.over_bits import METHODS, wire
from figures.evidence import results
from figures.ours import rivals_time
from launch import jobs
from launch.compose import SWEEPS
from launch.methods import NAMES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "which.md").read_text()
SHOWN = re.findall(r"```bash\npython (.*? which .*?)\n```\n\n```\n(.*?)\n```", PAGE, re.DOTALL)
RESNET50 = ("sweep=regularization", "arm=codist_decayed", "scale=paper")
DIGITS = RESNET50[:2]
BEDS = ("scarce", "few", "plenty")
RIVALS = ("local_16", "local_64", "slowmo_16", "diloco_16", "diloco_64", "powersgd_4", "topk_1", "codist",
          "codist_top2")  # fmt: skip
TUNED = ("slowmo_16_tuned", "diloco_16_tuned")  # in the tables of text, after diloco_16
ON_TEXT = (*RIVALS[:4], *TUNED, *RIVALS[4:])
LINKS = ("100Mb", "0.1Gb", "1Gb", "10Gb", "2.5Gb")


def which(*words, code: int = 0) -> str:
    done = commands.typed("src/run.py", "which", *words, code=code)
    assert code == 0 or done.stderr.count("\n") == 1
    return done.stderr if code else done.stdout


def rows(out: str) -> dict[str, list[str]]:
    """The cells behind the options of each row of methods, by these options."""
    lines = (re.split(r"  +", line) for line in out.splitlines())
    return {line[1]: line[2:] for line in lines if len(line) > 2 and line[1].startswith("kind=")}


@pytest.fixture(scope="module")
def paper() -> dict[str, list[str]]:
    return rows(which(*RESNET50, "link=1Gb"))


W = 25_557_032  # of a ResNet50; 32 images on each of 8 GPUs, at 138 a second
COMPUTE = 32 / 138


@pytest.mark.parametrize(
    ("options", "counted", "wire", "compute"),
    [
        ("kind=none", 0, 0, COMPUTE),
        ("kind=gradients", 64 * W, 32 * W, COMPUTE),
        ("kind=topk_gradients", 8 * 64 * 0.01 * W, 64 * 0.01 * W, COMPUTE),
        ("kind=weights period=10", 6.4 * (W + 53_120), 3.2 * (W + 53_120), COMPUTE),
        ("kind=predictions", 8 * 32 * 32_000, 8 * 32 * 32_000, COMPUTE),
        ("kind=predictions codec=topk", *[8 * 32 * 272] * 2, COMPUTE),
        # the peer's copy answers: a forward pass, a third of an update
        ("kind=checkpoints period=2500", 8 * 32 * W / 2500, 32 * W / 2500, 4 / 3 * COMPUTE),
    ],
)
def test_a_row_by_pencil_and_paper(paper, options, counted, wire, compute):
    counted_cell, wire_cell, took, slower, _ = paper[options]
    assert number(counted_cell) == pytest.approx(counted, rel=6e-3)
    assert number(wire_cell) == pytest.approx(wire, rel=6e-3)
    assert number(took) == pytest.approx(compute + wire / 1e9, rel=6e-3)
    assert float(slower[1:]) == pytest.approx((compute + wire / 1e9) / COMPUTE, abs=6e-3)


def test_each_peer_of_an_independent_minibatch_is_a_copy_that_answers_it():
    """Three peers: three forward passes, as much as an update."""
    of_four = rows(which("sweep=nway", "arm=nway_4", "scale=paper", "link=1Tb"))
    assert of_four["kind=checkpoints period=2500"][3] == "×2.00"


def number(cell: str) -> float:
    """Bits or seconds: 1.64 Gb, 240 ms."""
    value, unit = cell.split()
    sizes = {"Gb": 1e9, "Mb": 1e6, "kb": 1e3, "b": 1.0, "s": 1.0, "ms": 1e-3}
    return float(value) * sizes[unit]


def test_h_star_has_a_row_by_either_count_and_costs_what_predictions_do(paper):
    counted, wire = paper["kind=weights period=200"], paper["kind=weights period=100"]
    predictions = paper["kind=predictions"]
    assert number(counted[0]) == pytest.approx(number(predictions[0]), rel=6e-3)
    assert number(wire[1]) == pytest.approx(number(predictions[1]), rel=6e-3)


def test_links_have_a_pair_of_columns_each_and_a_slower_one_is_slower():
    out = which(*RESNET50, f"link={','.join(LINKS)}")
    rates = re.findall(r"at (\S+ \wb/s) +slower", out)
    assert rates == ["100 Mb/s", "100 Mb/s", "1 Gb/s", "10 Gb/s", "2.5 Gb/s"]
    _, _, *cells, _ = rows(out)["kind=gradients"]
    slower = [float(cell[1:].replace(",", "")) for cell in cells[1::2]]
    assert slower[0] == slower[1] > slower[2] > slower[4] > slower[3] > 1


def verdicts() -> dict[tuple[str, str], dict]:
    claims = json.loads((ROOT / "paper" / "beds.json").read_text())["claims"]
    return {(claim, one["scale"]): one for claim, beds in claims.items() for one in beds.values()}


def test_what_is_known_is_the_committed_verdict_on_that_exchange():
    out = which(*DIGITS, "link=0.1Gb")
    known = {options: cells[-1] for options, cells in rows(out).items()}
    found = verdicts()
    for options, claim, other in (
        ("kind=predictions", "fig2.parity_decayed", "all_reduce"),
        ("kind=predictions period=5", "fig1.predictions_5_reach", "all_reduce"),
        ("kind=checkpoints period=100", "fig1.checkpoints_reach", "all_reduce"),
        ("kind=predictions codec=half", "ours_codecs.half", "codist_decayed"),
    ):
        row = found[claim, "laptop"]
        assert known[options] == f"{row['measured']} against {other}: {claim}"
        told = f"laptop {row['verdict']} {row['measured']}, n = {min(row['n'])}"
        assert told in " ".join(out.split())
    assert known["kind=gradients"] == "reference: regularization/all_reduce"
    assert known["kind=powersgd"] == known["kind=weights period=100"] == "not tried here"


def test_one_model_is_all_reduce_only_on_the_minibatches_of_all():
    """A single model with the batch of one of two is what two are without an exchange."""
    known = {
        options: cells[-1] for options, cells in rows(which("sweep=iwslt", "link=1Gb")).items()
    }
    assert known["kind=none"] == "reference: iwslt/iwslt_1"
    assert known["kind=gradients"] == "not tried here"


def test_an_arm_of_another_batch_or_number_of_models_says_nothing():
    for change in ("batch=64", "n=5"):
        out = which(*DIGITS, "link=1Gb", change)
        assert {cells[-1] for cells in rows(out).values()} == {"not tried here"}
        assert "no committed claim is about such arms" in out


def test_a_claim_on_another_recipe_is_marked():
    known = rows(which("sweep=regularization", "arm=codist_fixed", "link=1Gb"))
    assert known["kind=predictions"][-1].endswith("fig2.lower_fixed")
    assert known["kind=predictions period=5"][-1].endswith(
        "fig1.predictions_5_reach (another recipe)"
    )


def test_at_a_scale_without_runs_the_smaller_ones_are_named(paper):
    assert paper["kind=predictions"][-1] == "at other scales only: fig2.parity_decayed"


def test_a_vocabulary_has_no_row_for_h_star():
    out = which("sweep=translation", "scale=paper", "link=10Gb")
    assert "averages of the weights every 0.447 updates" in out and "H*, wire" not in out
    assert rows(out)["kind=powersgd"][:2] == ["51.5 Mb", "25.8 Mb"]


def test_networks_that_cannot_be_averaged_have_only_codistillation_and_say_why():
    out = which("sweep=architectures", "arm=mixed_2", "link=10Gb")
    found = rows(out)
    assert found["kind=gradients"] == found["kind=powersgd"] == ["see below"]
    assert "all_reduce: exchange.kind=gradients needs equal networks" in out
    assert found["kind=predictions"] != ["see below"]


def test_a_sweep_without_predictions_begins_with_an_arm_that_exchanges_something():
    assert which("sweep=language", "link=1Gb").startswith("language/lm_codist at scale laptop")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "choose one sweep: sweep=<one of "),
        (("sweep=fig2", "link=fast"), "link=fast: expected bits a second; write 100Mb, 1Gb or "),
        (("sweep=fig2", "link=1GB"), "(1GB is 8Gb)"),
        (("sweep=fig2", "link=1Gb,fast"), "link=fast: expected bits a second"),
        (("sweep=fig2", "link"), "link=: expected bits a second"),
        (("sweep=fig2", "link=1Gb", "link=10Gb"), "write link=1Gb,10Gb for both"),
        (("sweep=fig22", "link=1Gb"), "did you mean fig2?"),
        (("sweep=fig2", "arm=all_reduce", "link=1Gb"), "which compares n=2 models or more"),
        (("sweep=language",), "no arm here exchanges predictions between equal networks"),
        (("sweep=fig2", "link=1Gb", "batch=33"), "batch=33 must be a multiple of device_batch"),
    ],
)
def test_a_mistake_is_one_line_with_exit_code_2(words, says):
    assert says in which(*words, code=2)


def test_every_method_is_a_kind_of_exchange():
    assert set(NAMES) <= set(KINDS)


# ---- the page


def test_the_page_has_what_its_commands_print():
    assert len(SHOWN) == 2
    for command, shown in SHOWN:
        printed = commands.typed(*command.split(), code=0).stdout
        assert printed.startswith(f"{shown}\n\n"), command


def test_the_page_has_the_committed_verdicts():
    found = verdicts()
    table = re.findall(r"^\| .* \| (\S+ \[.*\]), n = (\d+) \| (\S+): (\w+) \|$", PAGE, re.M)
    assert len(table) == 6
    for gap, n, claim, verdict in table:
        row = found[claim, "laptop"]
        assert (gap, n, verdict) == (row["measured"], str(min(row["n"])), row["verdict"]), claim


def test_the_page_has_the_measured_times_over_the_modelled_ones():
    times = json.loads((ROOT / "paper" / "results" / "network.json").read_text())["times"]["100"]
    for kind in ("all_reduce", "predictions"):
        modelled = update_seconds(times["none"]["seconds"], times[kind]["bits"], 1e8)
        assert f"{times[kind]['seconds'] / modelled:.2f}" in PAGE


@pytest.mark.parametrize(
    ("sweep", "scale", "beds"),
    [("rivals", "glyphs", BEDS), ("rivals_images", "laptop", ("images", "eighth"))],
)
def test_the_page_has_the_verdicts_and_bits_of_the_rivals(sweep, scale, beds):
    found = verdicts()
    gaps = r" \| ".join([r"[^|]+"] * len(beds))
    table = re.findall(rf"^\| ([^|]+) \| (\S+) kb \| ({gaps}) \|$", PAGE, re.M)
    assert len(table) == len(RIVALS)
    for (_, bits, gaps), method in zip(table, RIVALS, strict=True):
        with initialize_config_dir(str(SWEEPS), version_base="1.3"):
            arm = f"arm={beds[0]}_decayed_{method}"
            run = jobs.single([f"sweep={sweep}", f"scale={scale}", arm]).run
        assert f"{run.exchange.wire_bits(run, run.updates) / run.updates / 1000:.3g}" == bits
        rows = [found[f"ours_{sweep}.{bed}_{method}_reaches", scale] for bed in beds]
        assert [f"{row['measured']}: {row['verdict']}" for row in rows] == gaps.split(" | ")


def test_the_page_has_the_verdicts_and_bits_of_the_rivals_on_text():
    found, rows = verdicts(), []
    for sweep, begin, more in (
        ("rivals_translation", "text", ["codist_positions_8_top8"]),
        ("rivals_language", "pieces", ["codist_positions_8_top8", "codist_copies"]),
    ):
        arms = results.read("laptop", [sweep, f"{sweep}_outer"], [results.RESULTS])
        for method in [*(m for m in ON_TEXT if f"{begin}_{m}" in arms), *more]:
            sent = wire(arms[f"{begin}_{method}"], METHODS[method][2]) / 1000
            rows.append((sent, found[f"ours_{sweep}.{begin}_{method}_reaches", "laptop"]))
    table = re.findall(r"^\| [^|]+ \| (\S+) kb \| ([^|]+: \w+) \|$", PAGE, re.M)
    assert len(table) == len(rows) == 10 + 11
    for (bits, gap), (sent, row) in zip(table, rows, strict=True):
        assert float(bits.replace(",", "")) == pytest.approx(sent, rel=5e-3)
        assert f"{row['measured']}: {row['verdict']}" == gap


def test_the_readme_has_the_gaps_to_local_sgd_on_text():
    readme = " ".join((ROOT / "README.md").read_text().split())
    for claim, says in (
        ("ours_rivals_translation.text_logits_below", "{:.2f} bits above that of local SGD"),
        ("ours_rivals_language.pieces_logits_below", "on a language model {:.2f} nats above"),
    ):
        gap = verdicts()[claim, "laptop"]["measured"].split()[0]
        assert says.format(float(gap)) in readme


def test_the_page_says_how_near_the_measured_links_are_to_the_model():
    methods = json.loads(rivals_time.LINKS.read_text())["methods"]
    found = {
        (name, rate): over_modelled(of, rate) for name, of in methods.items() for rate in MEGABITS
    }
    near = sum(abs(ratio - 1) <= NEAR for ratio in found.values())
    assert near == len(found) and f"In all {near} cases" in PAGE
    extremes = found["powersgd_4", 100], found["all_reduce", 100]
    assert extremes == (min(found.values()), max(found.values()))
    assert "PowerSGD took {:.2f} and all_reduce {:.3f}".format(*extremes) in PAGE
