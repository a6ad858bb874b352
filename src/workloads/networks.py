"""Options that name a network per model. Needs no torch."""

from collections.abc import Collection

from codist.errors import Refused, nearest


class Networks:
    """Model i has networks[i modulo their number]. Subclasses declare the field."""

    name: str
    networks: list[str]

    def network(self, i: int) -> str:
        """The name of model i's network."""
        return self.networks[i % len(self.networks)]

    def check_networks(self, known: Collection[str], n: int) -> None:
        """Raises Refused if a name is unknown, or if there are no networks, or more than n."""
        for network in self.networks:
            if network not in known:
                raise Refused(
                    f"workload.networks={network} is not known to {self.name}; {nearest(network, known)}"
                )
        if not self.networks or (len(self.networks) > n and len(self.networks) > 1):
            raise Refused(
                f"workload.networks must name 1 to n={n} networks, got {len(self.networks)}"
            )
