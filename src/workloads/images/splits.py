"""Which channels of a network's first group each model sees: the options of a multi-view probe. Needs no torch."""

from dataclasses import dataclass

from codist.errors import Refused


@dataclass
class Splits:
    """After v2 §5.1: the first group's channels are cut in splits, and the rest of model i sees one of them."""

    splits: int = 1  # equal parts of the first group's channels; 1: all of them are seen
    # model i sees split i // sharing, modulo splits; 1: each its own, 8: eight models share one
    sharing: int = 1
    freeze: bool = False  # does the first group stay as it began?

    def seen(self, i: int, channels: int) -> slice:
        """Of so many channels, those that model i sees."""
        each = channels // self.splits
        which = i // self.sharing % self.splits
        return slice(which * each, which * each + each)

    def check_splits(self, channels: int) -> None:
        """Raises Refused where so many channels cannot be cut."""
        if min(self.splits, self.sharing) < 1:
            raise Refused(
                f"workload.splits and workload.sharing must be 1 or more, got {self.splits} and {self.sharing}"
            )
        if channels % self.splits:
            fitting = max(s for s in range(1, min(self.splits, channels) + 1) if channels % s == 0)
            raise Refused(
                f"workload.splits={self.splits} does not divide the first group's {channels} channels; "
                f"the next below that does is {fitting}"
            )
