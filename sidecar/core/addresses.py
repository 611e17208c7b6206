"""The addresses of one group, which come in the order of haresources and go in reverse.

What the other node has let go of by its own word is claimed at once, as long as that is good. What
nobody vouches for is asked for first, and while somebody still answers for it that is told, once
for each takeover. Never decides whether they are wanted here.
"""

from collections.abc import Iterator

from sidecar.core.address import AddressKeeper
from sidecar.core.changes import Changes
from sidecar.core.occurrences import LeaseAwaited, TakeoverBlocked
from sidecar.core.surroundings import Surroundings
from sidecar.core.turn import Turn


class Addresses:
    """They are one group's, and no other one's: the configuration sees to that."""

    def __init__(
        self, keepers: tuple[AddressKeeper, ...], *, around: Surroundings, changes: Changes
    ) -> None:
        """``changes`` is noted by the addresses."""
        self.interfaces = tuple(dict.fromkeys(k.address.interface for k in keepers))
        self.vouched_until_ns = 0
        """The peer itself said that it has let go of them: so long its word is good."""
        self.trouble = ""
        """Why one of them could be neither claimed nor asked for, when that was last tried."""
        self._keepers = keepers
        self._around = around
        self._changes = changes
        self._here = False
        self._here_as_of = -1
        """How many changes there had been when it was last looked whether any of them is here."""
        self._blocked_told = False
        self._lease_told = False

    def __iter__(self) -> Iterator[AddressKeeper]:
        return iter(self._keepers)

    @property
    def any_left(self) -> bool:
        """Whether an earlier life left one of them here."""
        return any(not keeper.gone and not keeper.wants for keeper in self._keepers)

    @property
    def any_here(self) -> bool:
        """Whether one of them is here, or may be."""
        if self._here_as_of != self._changes.count:
            self._here = any(not keeper.gone for keeper in self._keepers)
            self._here_as_of = self._changes.count
        return self._here

    @property
    def any_away(self) -> bool:
        return any(keeper.away for keeper in self._keepers)

    @property
    def all_kept(self) -> bool:
        return all(keeper.kept for keeper in self._keepers)

    @property
    def any_kept(self) -> bool:
        return any(keeper.kept for keeper in self._keepers)

    @property
    def any_wanted(self) -> bool:
        return any(keeper.wants for keeper in self._keepers)

    @property
    def claiming(self) -> bool:
        """The kernel has been asked for one, and may still give it."""
        return any(keeper.wants and keeper.busy for keeper in self._keepers)

    @property
    def blocked(self) -> bool:
        """Another machine still answers for one, and does not say why."""
        return self._blocked_told and any(k.probe.answered_by is not None for k in self._keepers)

    @property
    def peer_met(self) -> bool:
        """The peer was met on the service network, whatever the heartbeat links say."""
        return any(keeper.defence.peer_met for keeper in self._keepers)

    def forget_owner(self) -> None:
        """Whoever answered does so no more, or another takeover begins: it is told of anew."""
        self._blocked_told = self._lease_told = False

    def take_up(self, turn: Turn) -> None:
        """What an earlier life left here is to be held again."""
        for keeper in self._keepers:
            keeper.take_up(turn)

    def slept(self) -> None:
        """What was held, and what the peer said, is of a time that is over."""
        self.vouched_until_ns = 0
        for keeper in self._keepers:
            keeper.slept()

    def announce(self, turn: Turn) -> None:
        for keeper in self._keepers:
            keeper.announce(turn)

    # --- questions -----------------------------------------------------------------------------

    def look_for_owner(self, turn: Turn, wanted_ns: int | None = None) -> None:
        """Ask whether somebody answers for them: they may be wanted here soon.

        ``wanted_ns``: at that instant, if that is known.
        """
        for keeper in self._keepers:
            if keeper.away:
                keeper.probe.begin(turn, wanted_ns)

    def ask(self, turn: Turn) -> None:
        """They are wanted here, and cannot be claimed yet: ask meanwhile, so that no time is lost,
        unless the peer vouches for them.
        """
        for keeper in self._keepers:
            if keeper.away and turn.ns >= self.vouched_until_ns:
                self._ask(turn, keeper)

    def stop_asking(self) -> None:
        for keeper in self._keepers:
            keeper.probe.end()

    def _ask(self, turn: Turn, keeper: AddressKeeper) -> None:
        keeper.probe.begin(turn)
        mac = keeper.probe.answered_by
        if mac is None or self._blocked_told:
            return
        if not self._around.owner_may_linger(turn):
            self._blocked_told = True
            heard = self._around.peer_alive
            turn.tell(TakeoverBlocked(address=keeper.address.name, mac=mac, peer_heard=heard))
        elif not self._lease_told:
            self._lease_told = True
            turn.tell(LeaseAwaited(address=keeper.address.name, mac=mac))

    # --- up and down ---------------------------------------------------------------------------

    def claim(self, turn: Turn) -> bool:
        """Claim those that are free, and ask for the others. Whether the answers free all that had
        to be asked for.
        """
        self.trouble = ""
        probed = waits = False
        for keeper in self._keepers:
            if keeper.holds or keeper.busy:
                continue
            # Where it can be neither claimed nor asked for, the other node may be able to.
            if trouble := keeper.trouble or keeper.probe.trouble:
                self.trouble = self.trouble or f"{keeper.address.name}: {trouble}"
            if not keeper.address.interface:
                continue  # what has one is served all the same if nobody can take it all
            if turn.ns < self.vouched_until_ns:
                keeper.claim(turn, free_until_ns=self.vouched_until_ns)
            elif keeper.is_undisputed(turn):
                keeper.put_back(turn)
            # Cut off from all but the service network: what is here may stay, nothing is taken.
            elif keeper.probe.is_clear(turn) and not self._around.isolated:
                probed = True
                keeper.claim(turn, blind=not self._around.peer_alive)
            else:
                waits = True
                self._ask(turn, keeper)
                keeper.probe.ask_now(turn)
        return probed and not waits

    def release(self, turn: Turn) -> None:
        """Let go of what is here, or on its way."""
        for keeper in reversed(self._keepers):
            if keeper.wants or not keeper.gone:
                keeper.release(turn)
