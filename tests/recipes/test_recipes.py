"""docs/recipes.md, and those of its recipes that need torch alone."""

import re

import pytest
from many import ROOT, torchrun_of
from recipes import RECIPES, farthest, recipe, run_recipe, weights

PAGE = (ROOT / "docs" / "recipes.md").read_text()
SHARDED = """\
for layer in network[::2]:
    fully_shard(layer, mesh=mesh)
fully_shard(network, mesh=mesh)
"""
DDP = "network = nn.parallel.DistributedDataParallel(network, process_group=peers.row)\n"
WITHOUT_MESH = SHARDED.replace(", mesh=mesh", "")
THE_END = "dist.destroy_process_group()\n"
DROPOUT = ("nn.Linear(64, 10)", "nn.Dropout(0.2), nn.Linear(64, 10)")
SENT = 3 * 28 * 32 * 10  # bits an example of a minibatch: 3 epochs of 28 updates, 10 logits


def test_the_page_shows_every_recipe_as_it_is():
    shown = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert sorted(shown) == sorted(path.read_text() for path in RECIPES.glob("*.py"))
    for path in RECIPES.glob("*.py"):
        assert len(path.read_text().splitlines()) <= 40, path
        assert path.name in PAGE


def test_under_fsdp2_two_models_learn_what_they_learn_under_ddp(tmp_path):
    def left(of):
        return weights(of["network"]), of["peers"].sent_bits, of["loss"].item()

    sharded, whole = (
        run_recipe(recipe("fsdp2.py", *changes), 4, tmp_path, left)
        for changes in ([(THE_END, "")], [(SHARDED, DDP), (THE_END, "")])
    )
    for (one, sent, loss), (other, *_) in zip(sharded, whole, strict=True):
        assert farthest(one, other) < 1e-5
        assert sent == SENT * 32  # a shard has half of 64 examples
        assert loss < 1.5  # ln 10 = 2.3
    assert sharded[0][0] == sharded[1][0] and sharded[2][0] == sharded[3][0]
    assert farthest(sharded[0][0], sharded[2][0]) > 0.1


@pytest.mark.parametrize("layers", ["each layer", "the whole"])
def test_fsdp2_over_the_ranks_of_both_models_is_refused_also_under_dropout(tmp_path, layers):
    """fully_shard without a mesh takes all ranks. Nothing else would tell: dropout makes the logits differ."""
    wrong = WITHOUT_MESH if layers == "each layer" else "fully_shard(network)\n"
    script = recipe("fsdp2.py", (SHARDED, wrong), DROPOUT)
    with pytest.raises(AssertionError) as failed:
        run_recipe(script, 4, tmp_path, len)
    said = re.findall(r"Refused: (.*)", str(failed.value))
    if layers == "each layer":
        asked = "mesh=DeviceMesh.from_group(peers.row, ...)"
        assert sorted(set(said)) == [
            f"model {i} must be sharded over its own ranks {own}, got [0, 1, 2, 3]; give fully_shard {asked}"
            for i, own in enumerate(([0, 1], [2, 3]))
        ]
    else:
        assert "must be different models: their weights are equal after an update" in said[0]
    assert len(said) == 4


def test_compiled_models_learn_what_they_learn_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    as_it_is = ("DDP(torch.compile(network)", "DDP(network")

    def left(of):
        return weights(of["network"]), of["peers"].sent_bits, of["loss"].item()

    plain = run_recipe(recipe("compiled.py", as_it_is), 2, tmp_path, left)
    assert not list(tmp_path.rglob("*.so"))
    # a pool of compilers and precompiled headers would cost more than the two kernels
    monkeypatch.setattr("torch._inductor.config.compile_threads", 1)
    monkeypatch.setattr("torch._inductor.config.cpp_cache_precompile_headers", False)
    needs = ("torch._inductor.compile_fx",)
    compiled = run_recipe(recipe("compiled.py"), 2, tmp_path, left, needs)
    assert list(tmp_path.rglob("*.so"))  # of the compiler
    for (one, sent, loss), (other, *_) in zip(compiled, plain, strict=True):
        assert sent == SENT * 64 and loss < 1.5
        assert farthest(one, other) < 1e-4


def test_the_commands_of_the_page_are_those_in_the_recipes():
    for path in RECIPES.glob("*.py"):
        first = path.read_text().splitlines()[0]
        command = re.search(r"; ((?:torchrun|python) .*)\.\"\"\"$", first)[1]
        assert command in PAGE and path.name in command
    assert torchrun_of(2)[1:3] == ["-m", "torch.distributed.run"]  # which torchrun is
