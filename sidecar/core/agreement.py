"""Whether both nodes were told the same: nodes, timers, failback, ping nodes, groups, damping.

Heartbeat's files are to be the same on both nodes, and nothing tells when they are not: a group
that only one node knows just does not move. The same holds for the options that say when a group
goes back and how often it may move: each node goes by its own. So each sidecar says a short digest
of what must agree, and a difference is told. It decides nothing. What may differ by right is left
out: links, which each host names as it likes, keys, which change on one node after the other, and
the interfaces. The lease is left out as well: it follows from the timers.

Whoever changes what goes into the digest changes dialect.CONF_FORM with it: two nodes of which one
is upgraded would tell a difference that is none.
"""

from hashlib import sha256
from typing import Final, assert_never

from sidecar.core.occurrences import ConfigurationCompared
from sidecar.core.params import Address, Container, Params, Resource, ResourceGroup
from sidecar.core.peer import Peer
from sidecar.core.turn import Turn

_DIGITS: Final = 8


def digest_of(params: Params) -> str:
    """Eight hex digits: enough to see a mistake, and no protection against malice."""
    timing = params.timing
    facts = (
        *sorted((params.node, params.peer)),
        *(timing.keepalive_ns, timing.warntime_ns, timing.deadtime_ns, timing.initdead_ns),
        *(params.deadping_ns, params.auto_failback.value, params.ipfail),
        *(params.failback_delay_ns, params.max_moves, params.moves_window_ns),
        *(f"ping {target.name}={','.join(target.hosts)}" for target in params.ping),
        *(_group(group) for group in params.groups),
    )
    return sha256("\n".join(map(str, facts)).encode()).hexdigest()[:_DIGITS]


def _group(group: ResourceGroup) -> str:
    return f"group {group.preferred} {' '.join(_resource(one) for one in group.resources)}"


def _resource(resource: Resource) -> str:
    match resource:
        case Address():
            return f"{resource.name}/{resource.prefix}"
        case Container():
            return f"{resource.name}::{resource.standby}"
        case _:
            assert_never(resource)


class Agreement:
    """Compares after every step what the peer last said with what this node would say."""

    def __init__(self, params: Params, peer: Peer) -> None:
        self._peer = peer
        self._told: bool | None = None
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self.digest = digest_of(params)

    @property
    def agrees(self) -> bool | None:
        """None when the peer does not say, as a real Heartbeat node, or says it in another form."""
        said = self._peer.configuration
        return None if said is None else said == self.digest

    def advance(self, turn: Turn) -> None:
        now = self.agrees
        if now is None or now is self._told:
            return
        before, self._told = self._told, now
        if before is not None or not now:
            turn.tell(ConfigurationCompared(node=self._peer.name, agrees=now))
