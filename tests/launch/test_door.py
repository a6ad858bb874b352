"""The command line: its errors, each in one line with exit code 2, and its output without torch."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra

import run as door
from launch import jobs

ROOT = Path(__file__).parents[2]
ARM = ("sweep=regularization", "arm=codist_fixed")


@pytest.fixture
def typed(monkeypatch, capsys):
    """Type a command; gives its exit code, what it printed and what it complained of. There is no GPU."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    def type_(*words):
        GlobalHydra.instance().clear()
        jobs.job.cache_clear()  # a command is a process; its paths are relative to its own folder
        monkeypatch.setattr(sys, "argv", [str(ROOT / "src" / "run.py"), *words])
        code = 0
        try:
            door.door()
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return code, said.out, said.err

    yield type_
    GlobalHydra.instance().clear()


REFUSED = [
    ((), "choose one sweep: sweep=<one of "),
    (("sweep=regularization",), "choose one arm: arm=<one of all_reduce,"),
    (("sweep=fig22",), "sweep=fig22 does not exist; did you mean fig2?"),
    (("plan", "sweep=regularisation"), "did you mean regularization?"),
    (("-m", "sweep=fig1,fig22"), "did you mean fig2?"),
    (("sweep=regularization", "arm=codist_fixd"), "did you mean codist_fixed?"),
    ((*ARM, "seed=1,2"), "seed=1,2 names several runs; to run them all, put -m before it"),
    ((*ARM, "seed=one"), "seed: expected a whole number, got one"),
    ((*ARM, "bacth=64"), "bacth is no option; did you mean batch?"),
    ((*ARM, "+bacth=64"), "bacth is no option; did you mean batch?"),
    ((*ARM, "lr.strat=0.1"), "lr.strat is no option; did you mean lr.start?"),
    ((*ARM, "workload.nois=1"), "did you mean workload.noise?"),
    ((*ARM, "scale=laptp"), "scale=laptp does not exist; did you mean laptop?"),
    (("-m", *ARM, "hydra/launcher=corse"), "did you mean cores?"),
    ((*ARM, "lr=0.1"), "lr has parts; set one of lr.start,"),
    ((*ARM, "lr.at=[1,2"), "cannot read lr.at=[1,2"),
    ((*ARM, "lr.at=5"), "lr.at: expected a list, lr.at=[...], got 5"),
    ((*ARM, "lr.at=[a]"), "lr.at: expected a number, got a"),
    ((*ARM, "workload.networks=resnet8"), "workload.networks: expected a list"),
    ((*ARM, "seed=-1"), "seed must be 0 or more, got -1"),
    ((*ARM, "place.runs="), "place.runs must name a folder"),
    ((*ARM, "place.runs=/dev/null", "place.shipped=null"), "Not a directory"),
    (
        (*ARM, "scale=paper", "place.device=cpu"),
        "ImageNet is not at data/imagenet; put it there as",
    ),
    (("-m", *ARM, "scale=paper"), "ImageNet is not at data/imagenet; put it there as"),
    ((*ARM, "batch=abc"), "batch: expected a whole number, got abc"),
    ((*ARM, "lr.start=fast"), "lr.start: expected a number, got fast"),
    ((*ARM, "batch=-16"), "batch must be above 0, got -16"),
    ((*ARM, "batch=33"), "batch=33 must be a multiple of device_batch=16; nearest is 32"),
    ((*ARM, "device_batch=0"), "device_batch must be above 0, got 0"),
    ((*ARM, "epochs=-1"), "epochs must be above 0, got -1"),
    ((*ARM, "exchange.kind=prediction"), "did you mean predictions?"),
    ((*ARM, "exchange.period=0"), "exchange.period must be above 0, got 0"),
    (
        (*ARM, "n=12", "exchange.group=5"),
        "exchange.group=5 does not divide n=12 models into equal groups of 2 or more; set 4, 6, 0",
    ),
    ((*ARM, "n=8", "exchange.group=1"), "set 2, 4, 0 (0: all 8 in one)"),
    ((*ARM, "n=3", "exchange.group=-1"), "into equal groups of 2 or more; set 0 (0: all 3 in one)"),
    ((*ARM, "sampling=independent"), "set sampling=same or exchange.kind=checkpoints"),
    (
        (*ARM, "n=1"),
        "exchange.kind=predictions needs peers, and n=1 has none; set n=2 or exchange.kind=none",
    ),
    ((*ARM, "n=1", "exchange.kind=checkpoints"), "exchange.kind=checkpoints needs peers"),
    ((*ARM, "n=0"), "n must be above 0, got 0"),
    ((*ARM, "n=1000000000", "exchange.kind=none"), "n, the number of models, must be at most 1024"),
    ((*ARM, "epochs=2"), "move them, set epochs, or scale both"),
    ((*ARM, "exchange.kind=constant"), "set distance=cross_entropy or kl"),
    ((*ARM, "distance=mse_summ"), "did you mean mse_sum?"),
    ((*ARM, "lr.at=[10,5]"), "lr.at=[10.0, 5.0] must be strictly increasing; set [5.0, 10.0]"),
    ((*ARM, "epochs=3"), "lr.at=[5.0, 10.0, 13.333333] must lie within the run's 3 epochs"),
    ((*ARM, "alpha.kind=gowth"), "did you mean growth?"),
    ((*ARM, "alpha.start=-1"), "alpha.start must be 0 or more, got -1"),
    ((*ARM, "smoothing.start=1"), "smoothing is a fraction of the target and must be below 1"),
    ((*ARM, "optimizer.momentum=1"), "optimizer.momentum must be at least 0 and below 1, got 1"),
    ((*ARM, "workload.networks=[resnet9]"), "did you mean resnet8?"),
    (
        (*ARM, "begin_from=codist_shifte"),
        "no other arm of regularization; did you mean codist_shifted?",
    ),
    ((*ARM, "exchange.kind=frozen"), "set exchange.of=<an arm of the same sweep>"),
    (
        (*ARM, "exchange.kind=frozen", "exchange.of=codist_shifte"),
        "exchange.of=codist_shifte is no other arm of regularization; did you mean codist_shifted?",
    ),
    (
        (*ARM, "exchange.kind=frozen", "exchange.of=codist_fixed"),
        "exchange.of=codist_fixed is no other arm of regularization; ",
    ),
    ((*ARM, "exchange.of=codist_shifted"), "has no option of; exchange.kind=frozen has it"),
    ((*ARM, "together=3"), "together=3 does not divide n=2 models into equal groups"),
    ((*ARM, "workload.name=cifar"), "choose another with workload=<one of"),
    (
        ("plann", "sweep=fig2"),
        "plann is neither <option>=<value> nor a command; did you mean plan?",
    ),
    (
        ("-m", *ARM, "hydra.launcher.partition=gpu"),
        "is for Slurm; also choose a launcher: hydra/launcher=<one of",
    ),
    (("-m", *ARM, "scale=paper", "hydra.launcher.partitoin=gpu"), "did you mean partition?"),
    (
        ("plan", *ARM, "scale=paper", "hydra.launcher.gpus_per_node=0"),
        "gpus_per_node=0 must be 1 or more",
    ),
    (("repeat", "hydra.sweeper.runs=1"), "hydra.sweeper.runs is no option"),
    (("repeat", "rns=1"), "rns is no option; did you mean n?"),
    ((*ARM, "epochs=inf"), "epochs must be a finite number, got inf"),
    ((*ARM, "scaling.epochs=0"), "scaling.epochs must be above 0, got 0"),
    ((*ARM, "scaling.batch=3"), "divides batches by 3, got batch=256; set a multiple"),
    ((*ARM, "place.save_seconds=-1"), "must be 0 or more"),
    ((*ARM, "place.failures.between=-1"), "update, between and restart must be 0 or more"),
    ((*ARM, "place.failures.between=9"), "need place.failures.update, the seconds of an update"),
    ((*ARM, "place.link=-1"), "place.link is in bits a second and must be 0 or more, got -1"),
    (
        (*ARM, "place.device=cuda", "place.runs=/nowhere", "place.shipped=null"),
        "place.device=cuda is not on this machine; set place.device=cpu",
    ),
    ((*ARM, "place.device=gpu"), "place.device must be cpu, cuda or cuda:<number>, got gpu"),
    (
        (*ARM, "scale=gpu"),
        "scale=gpu needs a GPU (place.device=cuda), but torch finds none; set scale=laptop",
    ),
    (
        ("-m", "sweep=fig2", "scale=gpu"),
        "scale=gpu needs a GPU (place.device=cuda), but torch finds none; set scale",
    ),
    (
        ("-m", *ARM, "scale=paper", "hydra/launcher=basic"),
        "scale=paper needs a GPU (place.device=cuda), but torch",
    ),
    (
        ("-m", *ARM, "place.device=cuda:1", "place.shipped=null"),
        "place.device=cuda:1 is not on this machine; set place",
    ),
    (
        ("repeat", *ARM, "place.device=cuda"),
        "place.device=cuda is not on this machine; set place.device=cpu",
    ),
    (
        (*ARM, "place.runs=/sys/x", "place.shipped=null"),
        "/sys: Permission denied; make it writable, or choose another",
    ),
    (
        ("-m", "sweep=fig2", "place.runs=/sys/x", "place.shipped=null"),
        "/sys: Permission denied; make it writable, or",
    ),
    (
        ("repeat", *ARM, "place.runs=/sys/x"),
        "/sys: Permission denied; make it writable, or choose another place.runs",
    ),
    (("-m", "sweep=batch", "lr.start=0.1,0.2"), "would share"),
    (("-m", "plan", "sweep=batch"), "plan goes first, without -m"),
    (("plan", "--sweep=fig1"), "options have no dashes here: write sweep=fig1"),
    (
        ("plan", "sweep=batch", "--cfg", "job"),
        "plan takes no flags, got --cfg; write <option>=<value>",
    ),
    (("-m", *ARM, "--cfg", "job"), "argument --cfg/-c: not allowed with argument --multirun/-m"),
    ((*ARM, "--resolve"), "--resolve needs --cfg; write --cfg job --resolve, or leave it out"),
    ((*ARM, "--experimental-rerun", "nowhere"), "--experimental-rerun: nowhere does not exist"),
    ((*ARM, "scale=null"), "scale=null: expected the name of a file in sweeps/scale, got null"),
    ((*ARM, "seed=null"), "seed: expected a whole number, got null"),
    ((*ARM, "sweep@x=fig2"), "sweep@x=fig2: expected no package after @; write sweep=<value>"),
    (
        (*ARM, "seed=range(1,3)"),
        "seed=range(1,3) names several runs; to run them all, put -m before it",
    ),
    ((*ARM, "lr.start=${nope}"), "Interpolation key 'nope' not found"),
    (
        (
            "plan",
            "sweep=batch",
            "epochs=0.001",
            "lr.at=[]",
            "weight_decay.at=[]",
            "weight_decay.values=[]",
        ),
        "less than one update",
    ),
    (
        ("-m", "sweep=batch", "-m", "arm=batch_512"),
        "unrecognized arguments: arm=batch_512; write flags before or after all options",
    ),
    (("plan", "-m", "sweep=batch"), "plan takes no -m: python src/run.py plan sweep=..."),
    ((*ARM, "--info", "nothing"), "argument --info/-i: invalid choice: 'nothing'"),
    (("--shell-completion",), "--shell-completion needs one of install=<shell>, "),
    ((*ARM, "--cfg", "all"), "--cfg all cannot show an arm's options; write --cfg job"),
    (
        (*ARM, "--cfg", "job", "--package", "lr"),
        "--package cannot show an arm's options; write --cfg job",
    ),
    (
        ("plan", *ARM, "scale=paper", "hydra.launcher=v100_32gb"),
        "instead of a slash: write hydra/launcher=v100_32gb",
    ),
    (
        ("-m", *ARM, "scale=paper", "++hydra.launcher=v100_32gb"),
        "instead of a slash: write hydra/launcher=v100_32gb",
    ),
    (
        ("plan", *ARM, "scale=paper", "hydra.launcher.timeout_min=x"),
        "hydra.launcher.timeout_min: expected a whole number, got x",
    ),
    (
        ("plan", "sweep=views", "workload.depth=4"),
        "workload.depth: this sweep's workload is views, which has workload.",
    ),
    (
        ("plan", "sweep=fig2", "workload.depth=4"),
        "workload.depth: a figure has no workload of its own",
    ),
    (
        ("plan", "sweep=regularization", "arm=glob(codist*)"),
        "no globs here; name what you want: arm=<one>,<another>",
    ),
    (("-m", *ARM, "lr.start=glob(*)"), "no globs here; name what you want: lr.start="),
    (("repeat", "runs=0"), "runs: expected a whole number from 1 on, got 0"),
    (("repeat", "pick=x"), "pick: expected a whole number from 0 on, got x"),
    (
        ("repeat", *ARM, "hydra/launcher=basic"),
        "repeat trains here or on Slurm; choose hydra/launcher=cores",
    ),
    (
        ("plan", "sweep=batch", "hydra/launcher=cores,basic"),
        "expected one choice; only options of runs can be swept",
    ),
    (
        (*ARM, "optimizer.decay_norms=maybe"),
        "optimizer.decay_norms: expected true or false, got maybe",
    ),
    ((*ARM, "batch=null"), "batch: expected a whole number, got null"),
    (
        ("-m", *ARM, "lr.start=interval(0.1,1)"),
        "expected values to sweep over; write each, as lr.start=0.1,0.2",
    ),
    (
        (*ARM, "--cfg", "job", "--config-dir", "x"),
        "--config-dir cannot be combined with --cfg job of an arm",
    ),
    (("repeat", "sweep=regularization", "arm=codist_decayd"), "did you mean codist_decayed?"),
    (
        ("repeat", "sweep=fig2", "scale=paper"),
        "no run of scale=paper is there; there is: glyphs, laptop",
    ),
    (("verify", "place.shipped=/nowhere"), "no run is in /nowhere; place.shipped=<where runs are"),
    (("verify", "sweep=fig22"), "did you mean fig2?"),
    (
        ("-m", "sweep=fig2", "sweep=fig3"),
        "sweep is given twice, sweep=fig2 and sweep=fig3; write sweep=fig2,fig3 for both",
    ),
    (
        ("plan", "sweep=batch", "lr.start=0.1", "+lr.start=0.2"),
        "lr.start is given twice, lr.start=0.1 and",
    ),
    (("status", *ARM, "seed=1", "seed=1"), "seed is given twice, seed=1 and seed=1; leave one out"),
    (
        ("plan", *ARM, "hydra/launcher=v100_16gb", "hydra/launcher=v100_32gb"),
        "v100_32gb; leave one out",
    ),
    ((*ARM, "arm=all_reduce", "--cfg", "job"), "arm is given twice"),
    (
        ("plan", "sweep=batch", "workload.fraction=100"),
        "14 examples do not fill a device_batch of 16",
    ),
    (
        ("plan", "sweep=workers", "scale=glyphs_scarce"),
        "scale=glyphs_scarce has no data for workload language; choose scale=gpu or scale=laptop",
    ),
]


@pytest.mark.parametrize(
    ("words", "says"),
    REFUSED,
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_refused_in_one_line(typed, words, says):
    code, out, err = typed(*words)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1 and err.startswith("run.py: ")
    assert out == ""


def test_what_needs_a_gpu_is_planned_without_one(typed):
    code, out, err = typed("plan", "sweep=fig2", "scale=gpu")
    assert (code, err, "33 runs at scale gpu: 0 done, 33 to run" in out) == (0, "", True)


def test_a_link_that_leads_nowhere_is_refused_before_anything_is_trained(typed, tmp_path):
    (tmp_path / "runs").symlink_to(tmp_path / "unmounted" / "runs")
    code, out, err = typed("-m", *ARM, f"place.runs={tmp_path / 'runs'}", "place.shipped=null")
    told = f"run.py: {tmp_path / 'runs'}: No such file or directory; choose another place.runs\n"
    assert (code, out, err) == (2, "", told)


@pytest.mark.parametrize(
    "flags",
    ["--cfg job", "--cfg=job", "-c job", "-cjob", "--cfg job --resolve"],
    ids=lambda flags: flags,
)
def test_the_config_of_an_arm_is_shown_as_it_would_be_trained(typed, flags):
    code, out, _ = typed("sweep=rates", "arm=rate_02", "seed=1", *flags.split())
    shown = yaml.safe_load(out)
    assert (code, shown["sweep"], shown["arm"], shown["lr"]["start"]) == (
        0,
        "rates",
        "rate_02",
        0.2,
    )


@pytest.mark.parametrize("many", [(), ("-m",)])
def test_a_variant_does_not_take_the_place_of_committed_results(typed, many):
    assert typed("plan", *ARM, "lr.start=0.05")[0] == 0  # which takes no place
    code, out, err = typed(*many, *ARM, "lr.start=0.05")
    assert (code, out) == (2, "")
    assert (
        "was made by another config (lr.start: 0.1, now 0.05); " in err
        and "place.runs=<another folder>" in err
    )


def test_no_mistake_leaves_a_folder_behind(typed, tmp_path):
    typed(*ARM, "batch=33", f"place.runs={tmp_path / 'runs'}")
    typed("-m", *ARM, "n=1", f"place.runs={tmp_path / 'runs'}")
    assert not (tmp_path / "runs").exists()


def test_a_scale_that_is_typed_shrinks_all_that_is_counted_in_epochs(composing):
    from launch.jobs import job

    run = job((*ARM, "seed=1", "scaling.epochs=450")).run
    assert (run.epochs, run.updates, run.lr.at) == (0.1, 4, [0.033333, 0.066667, 0.088889])


def test_what_is_typed_beats_the_arm_and_its_scale(composing):
    """The trap: an arm merged after composition silently beats the command line."""
    from launch.jobs import job

    arm = ("sweep=batch", "arm=batch_512", "seed=1")
    assert job(arm).run.batch == 512 // 8
    assert job((*arm, "batch=32")).run.batch == 32
    assert job((*arm, "lr.start=0.7")).run.lr.start == 0.7
    assert job((*arm, "weight_decay.start=0.5")).run.weight_decay.start == 0.5
    assert job((*arm, "workload.noise=0.1")).run.workload.noise == 0.1


@pytest.mark.parametrize(
    ("words", "files"), [(ARM, 1), (("sweep=fig2",), 2), ((*ARM, "n=2", "seed=7"), 2)]
)
def test_a_command_composes_each_sweep_once(typed, words, files):
    """The two sweeps that a figure reads; with a value, which arms and scales come before, once more."""
    from launch import compose, jobs, run_of_arm

    for cached in (compose.composition, run_of_arm.shared, run_of_arm.run_of, jobs.job):
        cached.cache_clear()
    assert typed("plan", *words)[0] == 0
    assert compose.composition.cache_info().misses == files


def test_plan_shows_every_arm_its_cost_and_what_is_done(typed, tmp_path):
    code, out, err = typed("plan", "sweep=fig2", f"place.runs={tmp_path}", "place.shipped=null")
    assert (code, err) == (0, "")
    assert "33 runs at scale laptop: 0 done, 33 to run" in out
    row = next(line.split() for line in out.splitlines() if line.startswith("batch/batch_2048"))
    assert row[1:6] == ["2", "256", "15", "84", "21,504"]
    assert "time:" in out
    assert list(tmp_path.iterdir()) == []


def test_a_plan_tells_the_published_milestones(typed):
    _, out, _ = typed("plan", "sweep=fig2", "scale=paper")
    told = " ".join(out.split())
    assert (
        "0.2, 0.02 from 30, 0.002 from 60, 0.0002 from 80, up from 0.1 until 5; 0.0001: all_reduce "
        in told
    )
    assert (
        "0.1, 0.01 from 18, 0.001 from 38, 0.0001 from 44; 0.0001, 1e-05 from 18, 0 from 38: codist_decayed,"
        in told
    )


def test_a_run_that_was_measured_on_many_gpus_took_their_time_and_not_that_of_one(typed, tmp_path):
    """Twice the 14.5 h that are stated, of 16 GPUs."""
    folder = tmp_path / "paper" / "regularization" / "codist_fixed" / "1"
    folder.mkdir(parents=True)
    ended = {
        "outcome": "finished",
        "models": 2,
        "update": 225_205,
        "updates": 225_205,
        "seconds": 2 * 14.5 * 3600,
        "placement": "16 ranks: 2 models x 8 shards, nccl",
    }
    (folder / "done.json").write_text(json.dumps(ended))
    _, out, _ = typed("plan", *ARM, "scale=paper", "place.shipped=null", f"place.runs={tmp_path}")
    assert rows(out)["regularization/codist_fixed"][-2:] == ["29.0", "h"]


LIMIT = "hydra.launcher.timeout_min=300"
ALONE = "hydra.launcher.models_per_node=1"


@pytest.mark.parametrize(
    ("words", "nodes"),
    [
        (
            ("sweep=regularization", "arm=codist_decayed"),
            "2 nodes x 8 ranks",
        ),  # two models on 8 GPUs each
        (("sweep=batch", "arm=batch_128"), "1 nodes x 8 ranks"),  # on 4
        (("sweep=batch", "arm=batch_128", ALONE), "2 nodes x 4 ranks"),
        (
            ("sweep=batch", "arm=batch_512"),
            "2 nodes x 8 ranks",
        ),  # 16 device batches take turns on 8,
        (
            ("sweep=batch", "arm=batch_512", "hydra.launcher.nodes_per_model=2"),
            "4 nodes x 8 ranks",
        ),  # or do not
        (("sweep=multiview", "arm=random_8"), "1 nodes x 8 ranks"),  # eight models on a GPU each
        (
            ("sweep=multiview", "arm=random_8", "hydra.launcher.models_per_node=3"),
            "4 nodes x 2 ranks",
        ),
        (("sweep=multiview", "arm=random_8", ALONE), "8 nodes x 1 ranks"),
    ],
)
def test_models_fill_the_nodes_of_a_cluster_or_share_them(typed, words, nodes):
    _, out, _ = typed("plan", *words, "scale=paper", "seed=1")
    assert f"\n1 Slurm jobs of {nodes}, " in out


def test_a_plan_reckons_each_workload_at_its_own_speed(typed, tmp_path):
    """A word is no image: hours of both together are the sum of either's."""

    def told(sweep):
        code, out, _ = typed(
            "plan", f"sweep={sweep}", "scale=gpu", f"place.runs={tmp_path}", "place.shipped=null"
        )
        assert code == 0
        return float(re.search(r"([\d,]+) GPU-hours in all", out)[1].replace(",", "")), out.count(
            "speed: "
        )

    (images, one), (words, two), (both, three) = told("nway"), told("table2"), told("nway,table2")
    assert (both, one, two, three) == (pytest.approx(images + words, abs=1), 1, 1, 2)


def rows(out):
    """The lines of a plan's first table, by their first column."""
    table = out.split("\n\n")[0].splitlines()[1:]
    return {line.split("  ")[0]: line.split() for line in table}


def test_the_slowest_model_decides_how_long_a_run_holds_its_gpus(typed):
    """ResNeXt101 32x4d beside a ResNet50, 8 GPUs each: by multiply-adds 8 / 4.09 times as long as two ResNet50s."""
    _, out, _ = typed("plan", "sweep=architectures", "arm=mixed_2,equal_3", "scale=paper")
    mixed, equal = rows(out)["architectures/mixed_2"], rows(out)["architectures/equal_3"]
    assert (mixed[-2:], equal[-2:]) == (["28.4", "h"], ["14.5", "h"])
    assert "3 Slurm jobs of 2 nodes x 8 ranks, 1,362 GPU-hours" in out  # 28.4 x 16 x 3
    assert (
        "71 examples a second a device as stated: resnext101_32x4d, by multiply-adds from Goyal"
        in out
    )


def test_on_one_device_models_take_turns(typed):
    """A ResNet50's 116 h and a ResNeXt101's 227."""
    _, out, _ = typed(
        "plan",
        "sweep=architectures",
        "arm=mixed_2",
        "seed=1",
        "scale=paper",
        "hydra/launcher=cores",
    )
    assert (rows(out)["architectures/mixed_2"][-2:], "343 GPU-hours in all" in out) == (
        ["343.0", "h"],
        True,
    )
    _, out, _ = typed("plan", *ARM, "seed=1", "place.shipped=null", "n=2")
    assert "time: 24 s left of 24 s, on one core" in out
    _, out, _ = typed("plan", *ARM, "seed=1", "place.shipped=null", "n=8")
    assert "time: 96 s left of 96 s, on one core" in out


def test_each_value_of_a_swept_option_is_a_row_of_a_plan(typed):
    _, out, _ = typed(
        "plan", *ARM, "seed=1", "place.shipped=null", "n=2,8", "place.runs=runs/q${n}"
    )
    two, eight = (
        rows(out)["regularization/codist_fixed n=2"],
        rows(out)["regularization/codist_fixed n=8"],
    )
    assert (two[2], two[-3:], eight[2], eight[-3:]) == (
        "2",
        ["0/1", "24", "s"],
        "8",
        ["0/1", "96", "s"],
    )
    assert "time: 2 min left of 2 min, on one core" in out
    _, out, _ = typed(
        "status", *ARM, "seed=1", "place.shipped=null", "n=2,8", "place.runs=runs/q${n}"
    )
    assert [line.split("  ")[0] for line in out.splitlines()[:2]] == [
        f"regularization/codist_fixed/1 n={n}" for n in "28"
    ]


def test_what_ships_of_an_arm_measures_no_variant_of_it(typed):
    # the folder is named as the first command of this process named it
    assert re.search(r"as measured in (\S+/)?paper/results", typed("plan", *ARM)[1])
    assert "as stated" in typed("plan", *ARM, "n=8")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sweep=fig4",), ["translation"]),
        (("sweep=table2,fig6,fig2",), ["translation, cifar"]),
        (("sweep=fig4", "hydra/launcher=v100_32gb"), []),
        (("sweep=fig2",), []),
    ],
)
def test_a_plan_says_which_data_wants_larger_gpus_than_the_launcher_has(typed, words, told):
    _, out, _ = typed("plan", *words, "scale=paper", "seed=1")
    assert (
        re.findall(
            "(.*) may not fit: .* 32 GB, .* have 16; choose hydra/launcher=<one of v100_32gb>", out
        )
        == told
    )
    assert f"--constraint=volta{16 if 'hydra/launcher=v100_32gb' not in words else 32}gb" in out


def test_a_run_above_the_time_limit_is_said_to_be_queued_again(typed):
    """14.5 h of 5: twice more."""
    codist = ("plan", "sweep=batch", "arm=batch_512", "seed=1", "scale=paper")
    assert "queued again" not in typed(*codist)[1]
    assert (
        "hydra.launcher.timeout_min is 5.0 h, so the longest run is queued again, 2 x"
        in typed(*codist, LIMIT)[1]
    )


LOOK = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print("torch" in sys.modules)
"""


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["plan", "sweep=fig2", "scale=paper"],
        ["which", "sweep=fig2", "link=1Gb"],
        ["-m", "sweep=fig2"],  # all of its results are committed
        [*ARM, "place.runs=/sys/x", "place.shipped=null"],
    ],
    ids=" ".join,
)
def test_torch_is_not_imported_for(words):
    command = [sys.executable, "-c", LOOK, str(ROOT / "src" / "run.py"), *words]
    said = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert said.stdout.splitlines()[-1] == "False", said.stdout + said.stderr


def of_python(*words, cwd=ROOT, paths=""):
    """A plan by another environment."""
    command = [sys.executable, *words, "plan", "sweep=fig2"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={"PYTHONPATH": str(paths)}
    )


def test_a_python_without_our_packages_is_told_which_one_has_them(tmp_path):
    """-S: nothing that pip has installed."""
    said = of_python("-S", ROOT / "src" / "run.py", cwd=tmp_path)
    told = f"run.py: {sys.executable} has no hydra; run `make setup` once, then .venv/bin/python src/run.py ...\n"
    assert (said.returncode, said.stdout, said.stderr) == (2, "", told)


@pytest.mark.parametrize("package", ["yaml", "hydra_plugins.hydra_submitit_launcher", "torch"])
def test_each_package_that_is_not_installed_is_told(tmp_path, package):
    """One of its name, found before it, fails as its absence would."""
    (tmp_path / package.replace(".", "/")).mkdir(parents=True)
    missing = f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')"
    (tmp_path / package.replace(".", "/") / "__init__.py").write_text(missing)
    command = [
        sys.executable,
        ROOT / "src" / "run.py",
        *ARM,
        "place.shipped=null",
        f"place.runs={tmp_path / 'runs'}",
    ]
    said = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(tmp_path)}
    )
    told = f"run.py: {sys.executable} has no {package}; run `make setup` once, then .venv/bin/python src/run.py ...\n"
    assert (said.returncode, said.stdout, said.stderr) == (2, "", told)


def test_a_module_of_ours_that_cannot_be_imported_is_no_missing_package(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src")
    (tmp_path / "src" / "launch" / "cli_args.py").unlink()
    said = of_python("src/run.py", cwd=tmp_path)
    assert said.returncode == 1 and "cannot import name 'cli_args' from 'launch'" in said.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("status", "sweep=fig2"), "33 done"),
        (("plan", "sweep=fig2"), "33 runs at scale laptop: 33 done, 0 to run"),
        (("plan", *ARM, "scale=paper"), f"#SBATCH --output={ROOT}/runs/slurm/%j/%j_0_log.out"),
        (
            ("verify", *ARM),
            f"configs and logs of 3 runs in {ROOT}/paper/results: they match the sweeps",
        ),
        (
            ("status", *ARM, "place.shipped=paper/results"),
            "3 not started",
        ),  # typed: as the shell would read it
    ],
)
def test_from_another_folder_a_command_finds_what_is_in_the_checkout(tmp_path, words, told):
    command = [sys.executable, ROOT / "src" / "run.py", *words]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert said.returncode == 0 and told in said.stdout.splitlines(), said.stdout + said.stderr
    assert list(tmp_path.iterdir()) == []


def test_from_another_folder_data_is_wanted_in_the_checkout_unless_it_is_typed(tmp_path):
    def said(*words):
        command = [
            sys.executable,
            ROOT / "src" / "run.py",
            *ARM,
            "scale=paper",
            "place.device=cpu",
            *words,
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stderr

    assert f"ImageNet is not at {ROOT}/data/imagenet; put it there" in said()
    assert "ImageNet is not at data/imagenet; put it there" in said("place.data=data")


def test_from_another_folder_a_variant_does_not_take_the_place_of_committed_results(tmp_path):
    command = [
        sys.executable,
        ROOT / "src" / "run.py",
        "-m",
        *ARM,
        "lr.start=0.05",
        "epochs=0.1",
        "lr.at=[]",
    ]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert (
        f"{ROOT}/paper/results/laptop/regularization/codist_fixed/1 was made by another config"
        in said.stderr
    )


def test_help_says_what_a_user_can_do(typed):
    code, out, _ = typed("--help")
    assert code == 0
    assert "python src/run.py -m sweep=fig2" in out
    assert "python src/run.py plan" in out
