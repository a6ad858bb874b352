"""The language model of Anil et al. (§3.1): an embedding, two layers of LSTM, a softmax layer.

The layer norm in the gates is that of Ba et al. (2016), equations 20 to 22 of their supplement, with
gains: the input's and the hidden state's contributions to the four gates are normalized apart, and
so is the cell before its tanh. Their three biases of the gates are one here, as only the sum counts.
Anil et al. do not say which form they have, nor how weights begin: here as in torch's Linear, the
forget gate's bias at 1 (Jozefowicz et al. 2015), the embedding uniform in +-0.1.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]


class LanguageModel(nn.Module):
    """The logits of each next piece, from all pieces before it in the row of a device batch."""

    carries = True  # codist.carried

    def __init__(self, classes: int, units: int, embedded: int, layer_norm: bool, layers: int = 2):
        super().__init__()
        self.units = units
        self.embedding = nn.Embedding(classes, embedded)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        inputs = [embedded] + [units] * (layers - 1)
        self.layers = nn.ModuleList(Layer(one, units, layer_norm) for one in inputs)
        self.output = nn.Linear(units, classes)

    def fresh(self, rows: int) -> State:
        """The zero state: hidden state and cell of each layer, (rows, units) each."""
        zeros = self.output.weight.new_zeros
        return tuple(zeros(rows, self.units) for _ in range(2 * len(self.layers)))

    def forward(self, x: tuple[Tensor, Tensor], state: State | None = None) -> tuple[Tensor, State]:
        """The logits (N, C) where they are wanted, and the state after x, without gradient.

        x: pieces (T, B), in time T and rows B, and N places in them, counted along the rows first
        """
        pieces, places = x
        state = state or self.fresh(pieces.shape[1])
        hidden, after = self.embedding(pieces), []
        for layer, last, cell in zip(self.layers, state[::2], state[1::2], strict=True):
            hidden, last, cell = layer(hidden, last, cell)
            after += [last.detach(), cell.detach()]
        return self.output(hidden.flatten(0, 1).index_select(0, places)), tuple(after)


class Layer(nn.Module):
    """One layer of LSTM; the gates are in the order input, forget, output, candidate."""

    def __init__(self, inputs: int, units: int, layer_norm: bool):
        super().__init__()
        gates, self.units = 4 * units, units
        self.of_input: nn.Module = nn.Linear(inputs, gates, bias=not layer_norm)
        limit = units**-0.5
        self.of_hidden = nn.Parameter(torch.empty(units, gates).uniform_(-limit, limit))
        self.norm_hidden: nn.Module = nn.Identity()
        self.norm_cell: nn.Module = nn.Identity()
        bias = self.of_input.bias
        if layer_norm:
            norm = nn.LayerNorm(gates)
            self.of_input, bias = nn.Sequential(self.of_input, norm), norm.bias
            self.norm_hidden, self.norm_cell = nn.LayerNorm(gates, bias=False), nn.LayerNorm(units)
        nn.init.zeros_(bias)
        nn.init.ones_(bias[units : 2 * units])

    def forward(
        self, inputs: Tensor, hidden: Tensor, cell: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The hidden states (T, B, units) of all steps; the last one and the last cell, (B, units)."""
        outputs, weight, sizes = [], self.of_hidden, (3 * self.units, self.units)
        norm_hidden, norm_cell = direct(self.norm_hidden), direct(self.norm_cell)
        # one matrix product for the inputs of all steps: only what needs the step before is in the loop
        for of_step in self.of_input(inputs).unbind():
            gates = of_step + norm_hidden(hidden @ weight)
            shares, candidate = gates.split_with_sizes(sizes, dim=1)
            write, keep, show = shares.sigmoid().chunk(3, dim=1)
            cell = keep * cell + write * candidate.tanh()
            hidden = show * norm_cell(cell).tanh()
            outputs.append(hidden)
        return torch.stack(outputs), hidden, cell


def direct(norm: nn.Module) -> Callable[[Tensor], Tensor]:
    """`norm` without the cost of calling a module, which each step would pay twice; the same bits."""
    if not isinstance(norm, nn.LayerNorm):
        return norm
    shape, weight, bias, eps = norm.normalized_shape, norm.weight, norm.bias, norm.eps
    return lambda x: torch.layer_norm(x, shape, weight, bias, eps)
