"""What two nodes of a scenario are configured with: one set of files for both, as the product says.

The timers are short, so that a scenario takes seconds; their relations are those of production.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

NodeName = Literal["real", "ours"]
REAL: Final = "real"
OURS: Final = "ours"
VIP = "10.79.0.100"
GROUP = f"{VIP}/24/eth0"
BEAT_ADDRESSES = {OURS: "10.80.0.1", REAL: "10.80.0.2"}
SERVICE_ADDRESSES = {OURS: "10.79.0.1", REAL: "10.79.0.2"}
KEY = "1 sha1 the-key-of-both-nodes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The differences between scenarios."""

    named: NodeName = REAL
    """The node that haresources prefers."""
    failback: Literal["on", "off", "legacy"] = "on"
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
        if self.key != KEY:
            words.append(self.key.split()[1])
        return ", ".join((*words, *self.more))

    def ha_cf(self) -> str:
        lines = (
            "udpport 694",
            "keepalive 200ms",
            "warntime 600ms",
            f"deadtime {self.deadtime}",
            f"initdead {self.initdead}",
            *(f"ucast eth1 {address}" for address in BEAT_ADDRESSES.values()),
            f"auto_failback {self.failback}",
            *self.more,
            f"node {OURS} {REAL}",
        )
        return "\n".join((*lines, ""))

    def write(self, folder: Path, node: NodeName, *more: str) -> None:
        """Write the three files for one node; ``more`` lines are for its ha.cf only."""
        folder.mkdir(parents=True)
        (folder / "ha.cf").write_text("\n".join((*more, self.ha_cf())))
        (folder / "haresources").write_text(f"{self.named} {GROUP}\n")
        secret = folder / "authkeys"
        secret.touch(mode=0o600)
        secret.write_text(f"auth 1\n{self.keys.get(node, self.key)}\n")
