"""One update of the rules that torch has itself, between two ranks."""

import torch.nn.functional as F
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks import powerSGD_hook as powersgd_of_torch
from torch.distributed.algorithms.model_averaging.averagers import PeriodicModelAverager
from torch.distributed.optim import PostLocalSGDOptimizer
from torch.nn.parallel import DistributedDataParallel

from bench.rules import PERIOD, RANK, Update
from bench.rules_by_hand import sgd

OF_TORCH = ("gradients", "powersgd", "weights")


def torchs_own(rule: str, network: nn.Module) -> Update:
    """DDP for gradients, DDP with powerSGD_hook, and PostLocalSGDOptimizer, which leaves BatchNorm's statistics."""
    trained: nn.Module = network
    optimizer = sgd(network)
    if rule == "weights":
        optimizer = PostLocalSGDOptimizer(optimizer, PeriodicModelAverager(PERIOD, warmup_steps=0))
    else:
        # one bucket: between two, the hook's all_reduces come in another order in each rank, and gloo aborts
        trained = DistributedDataParallel(
            network, bucket_cap_mb=25, broadcast_buffers=False, gradient_as_bucket_view=True
        )
    if rule == "powersgd":
        state = powersgd_of_torch.PowerSGDState(
            None, matrix_approximation_rank=RANK, start_powerSGD_iter=2, min_compression_rate=1
        )
        trained.register_comm_hook(state, powersgd_of_torch.powerSGD_hook)

    def update(k, x, y):
        F.cross_entropy(trained(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()

    return update
