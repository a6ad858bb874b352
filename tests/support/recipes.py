"""The recipes of docs/recipes, run on real ranks."""

import importlib
import os
from pathlib import Path

import torch
from many import ROOT, on_ranks, replaced

RECIPES = ROOT / "docs" / "recipes"


def recipe(name: str, *changes: tuple[str, str]) -> str:
    """The text of a recipe; each change replaces a part of it that occurs once."""
    text = (RECIPES / name).read_text()
    for one, other in changes:
        text = replaced(text, one, other)
    return text


def run_recipe(script: str, ranks: int, folder: Path, result, needs: tuple[str, ...] = ()) -> list:
    """result(the variables that `script` left) of each rank. needs: modules to import once, here."""
    for slow in ("sklearn.datasets", "torch._dynamo", *needs):
        importlib.import_module(slow)

    def of_rank(rank):
        os.environ |= {"LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(ranks)}
        os.chdir(folder)
        left: dict = {"__name__": "__main__"}
        exec(compile(script, "recipe", "exec"), left)
        return result(left)

    return on_ranks(ranks, of_rank)


def weights(network) -> list[list[float]]:
    """The whole weights of a network in this rank, flat."""
    whole = [getattr(one, "full_tensor", lambda one=one: one)() for one in network.parameters()]
    return [one.detach().flatten().tolist() for one in whole]


def farthest(one: list[list[float]], other: list[list[float]]) -> float:
    """The largest difference between two results of `weights`."""
    pairs = zip(one, other, strict=True)
    return max(float((torch.tensor(a) - torch.tensor(b)).abs().max()) for a, b in pairs)
