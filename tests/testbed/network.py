"""A network between hosts: a switch and its cables, each of which can be cut in two ways.

``cut`` takes the far side down: the host loses its carrier, as with a pulled cable. ``drop`` loses
the frames inside the switch and leaves the carrier alone, as with a broken switch or a firewall
in between; one direction only, where wanted.
The switch is a bridge in a namespace of its own, so nothing of it can reach the machine's network.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tests.netns import Host, hosts, join

# Seen from the switch: what a host sends comes in at its port, what it gets goes out there.
_HOOKS = {"from_host": "ingress", "to_host": "egress"}
Direction = Literal["from_host", "to_host", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """One host's plug in one network."""

    switch: Host
    port: str
    host: Host
    interface: str
    address: str

    def cut(self) -> None:
        self.switch.ip("link", "set", self.port, "down")

    def restore(self) -> None:
        """As new: carrier and every frame."""
        # Adding first makes deleting succeed whether or not the table was there.
        table = f"table netdev {self._table}"
        self.switch.run("nft", f"add {table}; delete {table}")
        self.switch.ip("link", "set", self.port, "up")

    def drop(self, direction: Direction = "both") -> None:
        """Lose the frames of one direction or of both; further calls add up."""
        wanted = tuple(_HOOKS) if direction == "both" else (direction,)
        rules = [f"add table netdev {self._table}"]
        for way in wanted:
            hook = f"type filter hook {_HOOKS[way]} device {self.port} priority 0; policy drop;"
            rules.append(f"add chain netdev {self._table} {way} {{ {hook} }}")
        self.switch.run("nft", "; ".join(rules))

    @property
    def _table(self) -> str:
        return f"drop_{self.port}"


class Network:
    """A switch, and the cables to its hosts by the hosts' names."""

    def __init__(self, switch: Host, interface: str) -> None:
        self.switch = switch
        self.interface = interface
        self._cables: dict[str, Cable] = {}

    def plug(self, host: Host, address: str) -> Cable:
        """Give the host the network's interface with the address (with its prefix length)."""
        place = len(self._cables) + 1
        join(self.switch, host, place, self.interface)
        host.ip("addr", "add", address, "brd", "+", "dev", self.interface)
        cable = Cable(
            switch=self.switch,
            port=f"port{place}",
            host=host,
            interface=self.interface,
            address=address,
        )
        self._cables[host.name] = cable
        return cable

    def cable(self, host: Host) -> Cable:
        return self._cables[host.name]

    def restore(self) -> None:
        for cable in self._cables.values():
            cable.restore()


@contextmanager
def network(interface: str) -> Iterator[Network]:
    """A network whose hosts all call their end ``interface``."""
    with hosts(f"switch-{interface}") as (switch,):
        switch.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        switch.ip("link", "set", "br0", "up")
        yield Network(switch, interface)
