"""Options of a multi-view probe: the channels of the first group that each model sees. Needs no torch."""

from dataclasses import dataclass

from codist.errors import Refused


@dataclass
class Splits:
    """Splits of the first group's channels; later layers of model i see one of them (v2 §5.1)."""

    splits: int = 1  # equal parts of the first group's channels; 1: every model sees all
    # model i sees split i // sharing, modulo splits; 1: own splits, 8: eight models share one
    sharing: int = 1
    freeze: bool = False  # keep the first group at its initial weights

    def seen(self, i: int, channels: int) -> slice:
        """The slice of `channels` channels that model i sees."""
        each = channels // self.splits
        which = i // self.sharing % self.splits
        return slice(which * each, which * each + each)

    def check_splits(self, channels: int) -> None:
        """Raises Refused if the splits do not divide `channels`."""
        if min(self.splits, self.sharing) < 1:
            raise Refused(
                f"workload.splits and workload.sharing must be 1 or more, got {self.splits} and {self.sharing}"
            )
        if channels % self.splits:
            fitting = max(s for s in range(1, min(self.splits, channels) + 1) if channels % s == 0)
            raise Refused(
                f"workload.splits={self.splits} does not divide the first group's {channels} channels; "
                f"set {fitting}, the largest below that does"
            )
