"""A peer whose port is closed: its host says so, so its sidecar is gone, and nobody need wait for
deadtime to know it (ICMP port unreachable, RFC 1122 section 4.1.3.1).

One refusal proves little. The socket may only be made anew, a firewall may reject what the peer
never sees while its own beats arrive, and anybody on the link may forge the message. So the peer is
dead only when two refusals came with nothing heard between and after them, on any link, and when
its next beat is overdue. Even then the probe has the last word before an address is claimed.

A real Heartbeat node is not judged by it: one that restarts itself closes its port for a while, and
one that was killed leaves its address in the kernel for good, so that nothing would be won.
"""

from collections.abc import Callable
from typing import Final

from sidecar.core.links import Links
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

NEEDED: Final = 2
_TIMER: Final = "peer refused"


class Refusals:
    """Counts refusals since the peer was last heard."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        links: Links,
        *,
        timers: Timers,
        ask: Callable[[Turn], None],
    ) -> None:
        self._peer = peer
        self._links = links
        self._timers = timers
        self._ask = ask
        self._count = 0
        self._first_ns = 0
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        # Both nodes have the same keepalive; half of one more is for its way and its waking.
        self._overdue_ns = params.timing.keepalive_ns * 3 // 2

    def on_refused(self, turn: Turn) -> None:
        """The peer's host has refused a packet of ours."""
        if not self._counts:
            return
        if not self._count or self._heard_ns > self._first_ns:
            self._count, self._first_ns = 0, turn.ns
        self._count += 1
        self._judge(turn)

    def _judge(self, turn: Turn) -> None:
        if not self._counts or self._heard_ns > self._first_ns:
            return
        due_ns = self._heard_ns + self._overdue_ns
        if turn.ns < due_ns:
            self._timers.arm(_TIMER, due_ns, self._judge)
        elif self._count < NEEDED:
            self._ask(turn)  # one more packet, and the next refusal decides
        else:
            self._count = 0
            self._peer.refuse(turn)

    @property
    def _counts(self) -> bool:
        return self._peer.alive and self._peer.is_sidecar and not self._peer.left

    @property
    def _heard_ns(self) -> int:
        return max((link.heard_ns or 0 for link in self._links), default=0)
