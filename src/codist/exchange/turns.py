"""When each fragment of the weights is averaged, and how much of them it is. Needs no torch."""

from dataclasses import dataclass


@dataclass
class Turns:
    """`fragments` consecutive parts of the weights; each is averaged every `period` updates, evenly in turn.

    first: the first update with local steps
    """

    period: int
    fragments: int
    first: int = 0

    def due(self, k: int) -> list[int]:
        """The fragments to average after update k."""
        if k < self.first:
            return []
        return [
            fragment
            for fragment in range(self.fragments)
            if (k + 1) % self.period == self.offset(fragment)
        ]

    def offset(self, fragment: int) -> int:
        return fragment * self.period // self.fragments

    def times(self, fragment: int, updates: int) -> int:
        """How often `due` names the fragment in the first `updates` updates."""
        late = self.offset(fragment) or self.period

        def until(k: int) -> int:
            return (k - late) // self.period + 1 if k >= late else 0

        return until(max(updates, self.first)) - until(self.first)

    def slice(self, fragment: int, weights: int) -> slice:
        """The numbers of a fragment, of so many weights."""
        size, more = divmod(weights, self.fragments)
        begin = fragment * size + min(fragment, more)
        return slice(begin, begin + size + (fragment < more))
