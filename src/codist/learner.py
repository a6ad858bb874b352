"""One model in training: network, optimizer, precision, and the losses since its last row."""

import math

import torch
from torch import Tensor, nn

from codist.carried import Carried, logits_of
from codist.gradients import Gradients
from codist.keys import reseed
from codist.metrics import BY_NAME, COUNTED
from codist.optimizer import Optimizer
from codist.precision import DTYPES
from codist.state_form import IMPLEMENTATION
from codist.weight_average import WeightAverage


class Learner:
    """Model i, in the process that trains it.

    precision: one of codist.precision. fp16 scales each model's loss by its own factor, and skips
               updates with a gradient that is not finite.
    rows:      of a device batch, for a network that carries state (codist.carried)
    """

    def __init__(
        self,
        i: int,
        network: nn.Module,
        world,
        seed: int = 0,
        optimizer: Optimizer | None = None,
        precision: str = "fp32",
        rows: int = 0,
    ):
        self.i, self.world, self.seed = i, world, seed
        self.kind = torch.device(world.device).type
        self.dtype, self.mixed = getattr(torch, DTYPES[precision]), precision != "fp32"
        self.network = world.place(network)
        self.gradients = Gradients(self.network, world.shards)
        self.wrapped = world.wrap(self.network, self.gradients)
        options = optimizer or Optimizer(momentum=0.0)
        self.optimizer, self.clip = options.open(self.network), options.clip
        self.scaler = torch.amp.GradScaler(self.kind, enabled=precision == "fp16")
        # theta^1, for Figure 7
        self.start = [parameter.detach().clone() for parameter in self.network.parameters()]
        self.average = WeightAverage(self.network)
        self.carried = Carried(self.network, world, rows)
        self.norms = [
            module
            for module in self.network.modules()
            if getattr(module, "track_running_stats", False)
        ]
        self.tracking = True
        # one value per device batch since the last row: numbers, and tensors on a GPU until pooled()
        self.seen: dict[str, list] = {"loss": [], "penalty": []}

    def __call__(self, x, k: int, part: int, parts) -> Tensor:
        """The logits (N, C) of device batch `part` of update k. parts: those of this process."""
        self.gradients.expect(part, parts)
        # BatchNorm tracks part 0 only, as rank 0 does under DDP; else placements would differ
        first = part == 0
        if self.tracking != first:
            self.tracking = first
            for norm in self.norms:
                norm.track_running_stats = self.tracking
        # like DDP's no_sync: synchronize after the last part only
        self.wrapped.require_backward_grad_sync = part == [*parts][-1]
        # keyed dropout does not depend on the placement
        reseed(self.seed, "forward", self.i, k, part)
        return self.answer(self.wrapped, x, self.carried, part)

    def answer(
        self, network: nn.Module, x, carried: Carried | None = None, part: int = 0
    ) -> Tensor:
        """The logits of `network` for x, computed in this model's precision and returned in fp32.

        carried: continues from its state of `part` if the network carries state; None: from zero state
        """
        if not self.mixed:
            return logits_of(network, x, carried, part)
        with torch.autocast(self.kind, self.dtype):
            return logits_of(network, x, carried, part).float()

    def log(self, *names: str) -> None:
        """Have rows name these values even if nothing is recorded of them."""
        for name in names:
            self.seen.setdefault(name, [])

    def record(self, **values: Tensor) -> None:
        """Record values of one device batch for the log.

        A name of codist.metrics is kept in rows; any other becomes train_<name>.
        """
        for name, value in values.items():
            # item() waits for a GPU; on a CPU small tensors would lie between freed logits, and the
            # heap would grow
            kept = value.item() if value.device.type == "cpu" else value.detach()
            self.seen.setdefault(name, []).append(kept)

    def scaled(self, objective: Tensor) -> Tensor:
        """The objective divided by the number of device batches, times the loss scale of fp16."""
        parts = self.gradients.parts
        return self.scaler.scale(objective / parts if parts > 1 else objective)

    def average_gradients(self) -> None:
        """Average the gradient over all device batches of the update, in all ranks of the model."""
        self.gradients.arrive()
        self.world.averaged(self.network)

    def descend(self, lr: float, weight_decay: float) -> None:
        """Take one optimizer step."""
        for group in self.optimizer.param_groups:
            group["lr"], group["weight_decay"] = (
                lr,
                weight_decay if group.get("decays", True) else 0.0,
            )
        if self.clip:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()

    def pooled(self) -> dict[str, list[float]]:
        """The values recorded since the last row, from all shards, in the order of the device batches."""
        for values in self.seen.values():
            first_new = next(
                (at for at, value in enumerate(values) if isinstance(value, Tensor)), len(values)
            )
            values[first_new:] = (
                torch.stack(values[first_new:]).tolist() if values[first_new:] else []
            )
        return {name: self.world.pool(values) for name, values in self.seen.items()}

    def means(self) -> dict[str, float | None]:
        """The mean of each value recorded since the last row, None if there is none; then reset.

        What codist.metrics counts is summed, such as replaced examples.
        """
        seen = self.pooled()
        self.seen = {name: [] for name in seen}
        counted = {name: sum(seen.pop(name)) for name in COUNTED if name in seen}
        means = {
            name if name in BY_NAME else f"train_{name}": (
                math.fsum(values) / len(values) if values else None
            )
            for name, values in seen.items()
        }
        return means | counted

    def state(self) -> dict:
        """All state that the model's next update depends on, on the CPU."""
        carried = {"carried": self.carried.state()} if self.carried.states else {}
        return carried | {
            "network": on_cpu(self.network.state_dict()),
            "optimizer": on_cpu(self.optimizer.state_dict()),
            "scaler": self.scaler.state_dict(),
            "seen": self.pooled(),
            "total": on_cpu(self.average.total),
            "ends": self.average.epochs,
        }

    def resume(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        implementations = [
            {name: group[name] for name in IMPLEMENTATION} for group in self.optimizer.param_groups
        ]
        self.optimizer.load_state_dict(state["optimizer"])
        # those of this device, not of the one that saved
        for group, implementation in zip(self.optimizer.param_groups, implementations, strict=True):
            group |= implementation
        # fused optimizers read their state by the parameter's strides
        for parameter, values in self.optimizer.state.items():
            values |= {name: laid_out_like(parameter, value) for name, value in values.items()}
        self.scaler.load_state_dict(state["scaler"])
        # older checkpoints have no "total"
        self.average.total = [one.to(self.world.device) for one in state.get("total", [])]
        self.average.epochs = state.get("ends", 0)
        self.carried.resume(state.get("carried", []))
        self.seen = {
            name: values[self.world.shard :: self.world.shards]
            for name, values in state["seen"].items()
        }


def laid_out_like(parameter: Tensor, value):
    """`value` with the strides of `parameter` if the shapes agree: GPUs save channels_last, CPUs do not."""
    if not isinstance(value, Tensor) or value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter).copy_(value)


def on_cpu(state):
    if isinstance(state, Tensor):
        return state.cpu()
    if isinstance(state, dict):
        return {key: on_cpu(value) for key, value in state.items()}
    return [on_cpu(value) for value in state] if isinstance(state, list) else state
