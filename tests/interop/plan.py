"""What two nodes of a scenario are configured with: one set of files for both, as the product says.

The timers are short, so that a scenario takes seconds; their relations are those of production.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

NodeName = Literal["real", "ours"]
REAL: Final = "real"
OURS: Final = "ours"
NODES: Final[tuple[NodeName, ...]] = (REAL, OURS)
VIP = "10.79.0.100"
SECOND_VIP = "10.79.0.101"
PREFIXES = {"eth0": "10.79.0", "eth1": "10.80.0", "eth2": "10.80.1"}
"""Of the networks: the service's, and the heartbeat's two."""
PLACES = {OURS: 1, REAL: 2, "client": 3, "arbiter": 3}
ARBITER = "10.80.0.3"
KEY = "1 sha1 the-key-of-both-nodes"
IPFAIL = (f"ping {ARBITER}", "respawn hacluster /usr/libexec/heartbeat/ipfail")

UCAST = tuple(f"ucast eth1 {PREFIXES['eth1']}.{PLACES[name]}" for name in NODES)
BCAST = ("bcast eth1",)
MCAST = ("mcast eth1 239.0.0.42 694 1 0",)
SECOND_BCAST = ("bcast eth2",)
SERIAL = ("baud 115200", "serial {tty}")
"""Each node has its own end of the line."""


def other(name: NodeName) -> NodeName:
    return OURS if name == REAL else REAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The differences between scenarios."""

    named: NodeName = REAL
    """The node that haresources prefers."""
    two_groups: bool = False
    """A second address prefers the other node."""
    failback: Literal["on", "off", "legacy"] = "on"
    media: tuple[str, ...] = UCAST
    ipfail: bool = False
    """A ping node, and ipfail on both nodes."""
    keepalive: str = "200ms"
    warntime: str = "600ms"
    deadping: str = "1500ms"
    deadtime: str = "1"
    initdead: str = "3"
    key: str = KEY
    """A line of authkeys."""
    keys: dict[NodeName, str] = field(default_factory=dict)
    """For a node whose key is another."""
    more: tuple[str, ...] = ()
    """Further lines of ha.cf."""

    def __str__(self) -> str:
        words = [f"{self.named} named", f"failback {self.failback}"]
        if self.media != UCAST:
            words.append(" and ".join(self.kinds))
        if self.key != KEY:
            words.append(self.key.split()[1])
        return ", ".join((*words, *self.more))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The media by their directives' names, each once."""
        names = (line.split()[0] for line in self.media)
        return tuple(dict.fromkeys(name for name in names if name != "baud"))

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Of each node."""
        return ("eth0", "eth1", "eth2") if SECOND_BCAST[0] in self.media else ("eth0", "eth1")

    def ha_cf(self, tty: Path | None = None) -> str:
        lines = (
            "udpport 694",
            f"keepalive {self.keepalive}",
            f"warntime {self.warntime}",
            f"deadtime {self.deadtime}",
            f"initdead {self.initdead}",
            *(line.format(tty=tty) for line in self.media),
            f"auto_failback {self.failback}",
            *self.more,
            f"node {OURS} {REAL}",
            # Below the nodes: a real node holds the link to its ping node for dead by the dead time
            # of the last one that it read, and its ipfail counts the ping nodes then, and once.
            *((f"deadping {self.deadping}", *IPFAIL) if self.ipfail else ()),
        )
        return "\n".join((*lines, ""))

    def haresources(self) -> str:
        groups = [f"{self.named} {VIP}/24/eth0"]
        if self.two_groups:
            groups.append(f"{other(self.named)} {SECOND_VIP}/24/eth0")
        return "\n".join((*groups, ""))

    def write(self, folder: Path, node: NodeName, *more: str, tty: Path | None = None) -> None:
        """Write the three files for one node; ``more`` lines are for its ha.cf only."""
        folder.mkdir(parents=True)
        (folder / "ha.cf").write_text("\n".join((*more, self.ha_cf(tty))))
        (folder / "haresources").write_text(self.haresources())
        secret = folder / "authkeys"
        secret.touch(mode=0o600)
        secret.write_text(f"auth 1\n{self.keys.get(node, self.key)}\n")
