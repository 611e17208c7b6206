"""Two owners of one group: how that is told, and told again when it is over.

It is noticed, and ended, where the nodes speak of what they hold: between two sidecars in
overlap.py, beside a real Heartbeat node in reunion.py. When it is over, whoever still holds
announces its addresses anew, since clients may have learnt the other one's.
"""

from sidecar.core.groups import Groups
from sidecar.core.occurrences import SplitBrainEnded, SplitBrainSuspected
from sidecar.core.peer import Peer
from sidecar.core.turn import Turn


class SplitBrain:
    """Whether both nodes may hold the same groups."""

    def __init__(self, groups: Groups, peer: Peer) -> None:
        self.suspected = False
        self._groups = groups
        self._peer = peer

    def suspect(self, turn: Turn) -> None:
        self.suspected = True
        why = f"this node and {self._peer.name} hold the same groups"
        turn.tell(SplitBrainSuspected(why=why))

    def peer_died(self, turn: Turn) -> None:
        """For all that this node knows, the other one holds nothing any more."""
        self.end(turn, f"{self._peer.name} is dead")

    def end(self, turn: Turn, why: str) -> None:
        """Nothing where none was suspected, or where it has ended already."""
        if not self.suspected:
            return
        self.suspected = False
        turn.tell(SplitBrainEnded(why=why))
        for group in self._groups:
            group.addresses.announce(turn)
