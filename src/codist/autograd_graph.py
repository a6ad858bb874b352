"""What the autograd graph of a logits tensor tells: the weights behind it, and the ranks that shard them."""

from collections import deque
from collections.abc import Iterator

from torch import Tensor, nn
from torch.autograd.graph import Node

WEIGHTS = 16  # parameters sampled: those nearest to the logits
NODES = 10_000  # nodes visited at most; 40 suffice to find WEIGHTS in a ResNet18


def nodes_behind(logits: Tensor) -> Iterator[Node]:
    """The nodes of the graph, nearest first; none without a graph (no_grad)."""
    seen: set = set()
    queue = deque([logits.grad_fn])
    while queue and len(seen) < NODES:
        node = queue.popleft()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        queue.extend(following for following, _ in node.next_functions)


def parameters_behind(logits: Tensor) -> list[nn.Parameter]:
    """The parameters that the gradient of the logits reaches, nearest first, at most WEIGHTS.

    They are leaves of the autograd graph, also under DDP, autocast, torch.compile and
    checkpointing. The list is empty without a graph and under reentrant checkpointing of the whole
    network, which hides them inside its Function. Parameters without storage are skipped: FSDP
    frees them between forward and backward.
    """
    found: list[nn.Parameter] = []
    for node in nodes_behind(logits):
        leaf = getattr(node, "variable", None)  # only AccumulateGrad has one
        if type(leaf) is nn.Parameter and leaf.untyped_storage().nbytes():
            found.append(leaf)
            if len(found) == WEIGHTS:
                break
    return found


def sharding_ranks(logits: Tensor) -> list[int]:
    """The ranks over which FSDP2 shards or replicates the weights, in order; [] if it is not found.

    fully_shard leaves a node before each module whose input needs a gradient. torch 2.7 to 2.10
    have no public API for this. The weights of a module that is sharded as a whole have storage at
    the exchange, and are among parameters_behind.
    """
    found: set[int] = set()
    for node in nodes_behind(logits):
        sharded = getattr(node, "param_group", None)
        if sharded is not None and hasattr(sharded, "mesh_info"):
            found.update(sharded.mesh_info.mesh.mesh.flatten().tolist())
    return sorted(found)
