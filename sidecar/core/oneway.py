"""Links that carry packets one way only: the peer is heard, but does not hear, or the reverse.

Each sidecar marks every status with its own name for the link that it goes out on, and says in each
by which of the peer's links it hears the peer, in the peer's names. So both know of each link
whether they are heard on it, whatever the two call it. A difference that lasts for warntime is
told (two sidecars only: a real Heartbeat node never says what it hears). It decides nothing, but a
peer that did not hear this node on any link may have held it for dead, taken its addresses and told
the clients so, and have let go of them unheard: when that is over, what is held is announced.
"""

from collections.abc import Callable

from sidecar.core.links import Links, LinkState
from sidecar.core.occurrences import LinkOneWay
from sidecar.core.params import Params
from sidecar.core.terms import LinkStatus
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn


class OneWay:
    """Looks after every step whether the two nodes hear each other on the same links."""

    def __init__(
        self, params: Params, links: Links, timers: Timers, heard_again: Callable[[Turn], None]
    ) -> None:
        self.unheard = False
        """The peer is heard, and hears this node on no link."""
        self._peer = params.peer
        self._links = links
        self._timers = timers
        self._heard_again = heard_again
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self._patience_ns = params.timing.warntime_ns

    def advance(self, turn: Turn) -> None:
        was_unheard, self.unheard = self.unheard, self._links.unheard
        if was_unheard and not self.unheard:
            self._heard_again(turn)
        for state in self._links:
            timer = f"link {state.link.name} one-way"
            if _is_one_way(state) is state.one_way:
                self._timers.disarm(timer)
            elif state.one_way and state.heard_by_peer is not None:
                state.one_way = False
                turn.tell(self._occurrence(state))
            elif state.one_way:
                state.one_way = False  # the peer is gone, which is told in other words
            elif not self._timers.is_armed(timer):
                self._timers.arm(timer, turn.ns + self._patience_ns, self._teller(state))

    def _teller(self, state: LinkState) -> Callable[[Turn], None]:
        def tell(turn: Turn) -> None:
            if _is_one_way(state):
                state.one_way = True
                turn.tell(self._occurrence(state))

        return tell

    def _occurrence(self, state: LinkState) -> LinkOneWay:
        return LinkOneWay(
            node=self._peer,
            link=state.link.name,
            one_way=state.one_way,
            heard_here=state.status is LinkStatus.UP,
        )


def _is_one_way(state: LinkState) -> bool:
    # A link that failed here is told as such, with its reason.
    if state.heard_by_peer is None or not state.open:
        return False
    return state.heard_by_peer is not (state.status is LinkStatus.UP)
