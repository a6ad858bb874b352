"""One model in training: its network, optimizer and precision, and what was seen of its losses."""

import copy
import math

import torch
from torch import Tensor, nn

from codist.gradients import Gradients
from codist.keys import reseed

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Learner:
    """Model i, where it lives.

    adam:      betas and epsilon of Adam, with weight decay apart from the gradient; None: SGD
    clip:      norm of the whole model's gradient, at most; 0: any
    precision: of what autocast lets run in less than 32 bits; weights, gradients and optimizer stay fp32. fp16 scales
               the loss, each model by its own factor, and passes over an update whose gradient is not finite.
    """

    def __init__(self, i: int, network: nn.Module, world, seed=0, momentum=0.0, precision="fp32", decay_norms=True,
                 adam: tuple[list[float], float] | None = None, clip=0.0):  # fmt: skip
        self.i, self.world, self.seed, self.clip = i, world, seed, clip
        self.kind = torch.device(world.device).type
        self.dtype, self.mixed = DTYPES[precision], precision != "fp32"
        self.network = world.place(network)
        self.gradients = Gradients(self.network, world.shards)
        self.wrapped = world.wrap(self.network, self.gradients)
        groups = list(self.network.parameters())
        if not decay_norms:
            of_one = [parameter for parameter in groups if parameter.dim() == 1]
            rest = [parameter for parameter in groups if parameter.dim() != 1]
            groups = [{"params": rest}, {"params": of_one, "decays": False}]
        if adam is None:
            self.optimizer = torch.optim.SGD(groups, lr=0.0, momentum=momentum, fused=True)
        else:
            betas, eps = adam
            self.optimizer = torch.optim.AdamW(groups, lr=0.0, betas=tuple(betas), eps=eps, fused=True)
        self.scaler = torch.amp.GradScaler(self.kind, enabled=precision == "fp16")
        self.start = [parameter.detach().clone() for parameter in self.network.parameters()]  # theta^1, for Figure 7
        self.total, self.ends = [], 0  # the weights, added up over the ends of so many epochs
        self.norms = [module for module in self.network.modules() if getattr(module, "track_running_stats", False)]
        self.tracking = True
        self.seen = {"loss": [], "penalty": []}  # of each device batch since the last row: tensors, later numbers

    def __call__(self, x, k: int, part: int, parts) -> Tensor:
        """The logits (N, C), with gradient, for device batch `part` of update k; parts: those that run here."""
        self.gradients.expect(part, parts)
        first = part == 0  # statistics are the first part's, as under DDP: else they would depend on the placement
        if self.tracking != first:
            self.tracking = first
            for norm in self.norms:
                norm.track_running_stats = self.tracking
        self.wrapped.require_backward_grad_sync = part == [*parts][-1]  # DDP's no_sync, for all but the last
        reseed(self.seed, "forward", self.i, k, part)  # dropout is drawn from the key, wherever the model lives
        return self.answer(self.wrapped, x)

    def answer(self, network: nn.Module, x) -> Tensor:
        """What `network` says to x, in this model's precision; logits in fp32."""
        if not self.mixed:
            return network(x)
        with torch.autocast(self.kind, self.dtype):
            return network(x).float()

    def saw(self, name: str, value: Tensor) -> Tensor:
        """`value` itself; noted for the log."""
        self.seen.setdefault(name, []).append(value.detach())
        return value

    def scaled(self, objective: Tensor) -> Tensor:
        """Its share of the mean over all device batches of the update, by the loss scale of fp16."""
        return self.scaler.scale(objective / self.gradients.parts)

    def descend(self, lr: float, weight_decay: float) -> None:
        self.gradients.arrive()
        self.world.averaged(self.network)
        for group in self.optimizer.param_groups:
            group["lr"], group["weight_decay"] = lr, weight_decay if group.get("decays", True) else 0.0
        if self.clip:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()

    @torch.no_grad()
    def add_up(self) -> None:
        """The weights as they are join the mean that is measured at the end."""
        weights = list(self.network.parameters())
        self.total = torch._foreach_add(self.total, weights) if self.ends else [one.detach().clone() for one in weights]
        self.ends += 1

    @torch.no_grad()
    def averaged(self) -> nn.Module:
        """The network with the mean of the weights that were added up; its buffers are those of the last."""
        network = copy.deepcopy(self.network)
        torch._foreach_copy_(list(network.parameters()), torch._foreach_div(self.total, self.ends))
        return network

    def pooled(self) -> dict[str, list[float]]:
        """What was seen since the last row, by all the model's shards, in the order of the device batches."""
        for values in self.seen.values():
            fresh = next((at for at, value in enumerate(values) if isinstance(value, Tensor)), len(values))
            values[fresh:] = torch.stack(values[fresh:]).tolist() if values[fresh:] else []
        return {name: self.world.pool(values) for name, values in self.seen.items()}

    def means(self) -> dict[str, float | None]:
        """The means of what was seen since the last row, and a fresh start; None where nothing was. Of replaced
        examples the sum, where the workload counts them."""
        seen = self.pooled()
        self.seen = {name: [] for name in seen}
        counted = {"replaced": sum(seen.pop("replaced"))} if "replaced" in seen else {}
        means = {f"train_{name}": math.fsum(values) / len(values) if values else None for name, values in seen.items()}
        return means | counted

    def state(self) -> dict:
        """All that the model's next update depends on, on the CPU."""
        return {
            "network": on_cpu(self.network.state_dict()),
            "optimizer": on_cpu(self.optimizer.state_dict()),
            "scaler": self.scaler.state_dict(),
            "seen": self.pooled(),
            "total": on_cpu(self.total),
            "ends": self.ends,
        }

    def resume(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for parameter, values in self.optimizer.state.items():  # fused optimizers read all by the parameter's strides
            values |= {name: laid_out_like(parameter, value) for name, value in values.items()}
        self.scaler.load_state_dict(state["scaler"])
        self.total = [one.to(self.world.device) for one in state.get("total", [])]  # a save of before has none
        self.ends = state.get("ends", 0)
        self.seen = {name: values[self.world.shard :: self.world.shards] for name, values in state["seen"].items()}


def laid_out_like(parameter: Tensor, value):
    """`value` in the strides of `parameter`, where it is of its shape: a GPU saves in channels_last, a CPU does not."""
    if not isinstance(value, Tensor) or value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter).copy_(value)


def on_cpu(state):
    if isinstance(state, Tensor):
        return state.cpu()
    if isinstance(state, dict):
        return {key: on_cpu(value) for key, value in state.items()}
    return [on_cpu(value) for value in state] if isinstance(state, list) else state
