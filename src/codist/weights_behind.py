"""A few weights behind the logits, watched until an update has changed them."""

from torch import Tensor, nn

from codist.autograd_graph import parameters_behind
from codist.checksums import checksum_of_weights


class WeightsBehind:
    """The weights that are found at the first call. moved: an update has changed them since."""

    def __init__(self) -> None:
        self.found: list[nn.Parameter] = []
        self.first, self.moved = "", False

    def checksum(self, logits: Tensor) -> str:
        """Of the weights behind the logits, (N, C); "" if none is found."""
        self.found = self.found or parameters_behind(logits)
        if not self.found:
            return ""
        now = checksum_of_weights(self.found)
        self.first = self.first or now
        self.moved = now != self.first
        return now
