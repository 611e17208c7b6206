"""Can the standby still see the address on the service network, while both nodes hear each other?

The heartbeat says that the holder lives, and nothing of the network that its clients are on. A port
of a switch that loses every frame and keeps its carrier, or a wrong VLAN, leaves them without the
service, and neither host notices. So the node that stands by asks the holder's own hardware address
for each of its addresses now and then, and says in its status what came of it (``hs_sees``).

Several unanswered questions in a row are told on both nodes. Nothing moves: either of the two may
be the one that is cut off, and only a third party, a ping node on that network, can tell which
(safety rule 4). A real Heartbeat node neither asks nor names its hardware address: nobody looks.
"""

from dataclasses import dataclass
from typing import Final

from sidecar.core import dialect
from sidecar.core.actions import ProbeAddress
from sidecar.core.address import AddressKeeper
from sidecar.core.events import AddressProbed, ProbeFailed
from sidecar.core.group import Group
from sidecar.core.occurrences import AddressSeen, AddressUnseen
from sidecar.core.params import Address
from sidecar.core.peer import Peer
from sidecar.core.takeover import Takeover
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

EVERY_NS: Final = 5 * SECOND
"""Between two questions while they are answered: two frames of 60 bytes each time."""
AGAIN_NS: Final = 1 * SECOND
"""After a silence, and before the first question: whoever has just claimed it is still busy."""
LOOKED_FOR_MAX: Final = 16
"""Addresses of one interface: what a network does to one of them it does to all."""
PATIENCE_NS: Final = 100 * MILLISECOND
SILENT_NEEDED: Final = 3


@dataclass(slots=True, kw_only=True)
class _Look:
    """One address that the peer holds, and what became of the questions for it."""

    address: Address
    op: int | None = None
    asked_ns: int = 0
    silent: int = 0
    """Unanswered questions in a row."""
    unseen: bool = False


class Sight:
    """Asks while this node stands by, and listens to what the peer sees while this node holds."""

    def __init__(self, takeover: Takeover, peer: Peer, timers: Timers) -> None:
        self._takeover = takeover
        self._peer = peer
        self._timers = timers
        self._looks: dict[str, _Look] = {}
        self._chosen_for: tuple[object, ...] = ()
        """What it depended on when it was last chosen what to look for."""
        self._unseen_by_peer: dict[str, Address] = {}

    @property
    def unseen(self) -> tuple[str, ...]:
        """The addresses that the standby, this node or the other one, does not see."""
        here = (name for name, look in self._looks.items() if look.unseen)
        return (*here, *self._unseen_by_peer)

    def trouble(self) -> tuple[str, ...]:
        """The same in sentences. It is no obstacle to a hand-over, which may be what helps."""
        here = (look.address for look in self._looks.values() if look.unseen)
        there = self._unseen_by_peer.values()
        return (
            *(self._unseen(address, here=False).what for address in here),
            *(self._unseen(address, here=True).what for address in there),
        )

    def describe(self) -> tuple[tuple[str, str], ...]:
        """What every status says of it; nothing where nothing is looked for."""
        seen = {name: not look.unseen for name, look in self._looks.items()}
        return ((dialect.SEES, dialect.encode_sees(seen)),) if seen else ()

    def distrust(self) -> None:
        """We slept: a question from before has no answer any more."""
        for look in self._looks.values():
            look.op = None
            look.silent = 0

    def advance(self, turn: Turn) -> None:
        """Look for what the peer holds now, and hear what it says of what is held here."""
        self._choose(turn)
        for look in self._looks.values():
            if look.silent >= SILENT_NEEDED and self._lived_through(look):
                self._judge(turn, look, unseen=True)
        self._hear_peer(turn)

    def _choose(self, turn: Turn) -> None:
        """Anew only when something has changed that it depends on."""
        takeover, peer = self._takeover, self._peer
        settled = takeover.both_stable
        depends_on = (
            *(takeover.groups.changes.count, takeover.holdings.other, settled),
            *(peer.alive, peer.left, peer.macs),
        )
        if depends_on == self._chosen_for:
            return
        self._chosen_for = depends_on
        wanted = self._wanted()
        for name in [name for name in self._looks if name not in wanted]:
            del self._looks[name]
            self._timers.disarm(_timer(name))
        for name, address in wanted.items():
            if settled and name not in self._looks:
                look = self._looks[name] = _Look(address=address)
                self._ask_later(turn, look, AGAIN_NS)

    def _wanted(self) -> dict[str, Address]:
        """The first ones of each interface."""
        wanted: dict[str, Address] = {}
        room: dict[str, int] = {}
        for keeper in (keeper for group in self._takeover.groups for keeper in self._of(group)):
            address = keeper.address
            left = room.get(address.interface, LOOKED_FOR_MAX)
            if left:
                room[address.interface] = left - 1
                wanted[address.name] = address
        return wanted

    def on_event(self, turn: Turn, event: AddressProbed | ProbeFailed) -> bool:
        """Take the answer; False when it answers no question of ours."""
        look = self._looks.get(event.address)
        if look is None or event.op != look.op:
            return False
        look.op = None
        if isinstance(event, ProbeFailed):
            return True  # a question that could not be asked says nothing
        if event.answered_by is not None:
            look.silent = 0
            self._judge(turn, look, unseen=False)
            self._ask_later(turn, look, EVERY_NS)
        else:
            look.silent += 1
        return True

    def _of(self, group: Group) -> tuple[AddressKeeper, ...]:
        """The addresses of the group that the peer holds, and that this node could see."""
        takeover, peer = self._takeover, self._peer
        theirs = takeover.groups.side_of(group) & takeover.holdings.other.swapped
        if group.wanted or not theirs or not peer.alive or peer.left:
            return ()
        return tuple(
            keeper
            for keeper in group.addresses
            if keeper.gone
            and keeper.address.interface in peer.macs
            and takeover.groups.has_carrier(keeper.address.interface)
        )

    def _lived_through(self, look: _Look) -> bool:
        """The peer was heard after the last question: that it is silent has no other cause."""
        beat_ns = self._peer.beat_ns
        return look.op is None and beat_ns is not None and beat_ns > look.asked_ns

    def _ask_later(self, turn: Turn, look: _Look, after_ns: int) -> None:
        def ask(turn: Turn) -> None:
            look.op = self._takeover.groups.operations.next()
            look.asked_ns = turn.ns
            turn.do(
                ProbeAddress(
                    op=look.op,
                    address=look.address,
                    mac=self._peer.macs.get(look.address.interface),
                    patience_ns=PATIENCE_NS,
                )
            )
            # An answer makes it later; no answer at all must not end the asking.
            self._ask_later(turn, look, AGAIN_NS)

        self._timers.arm(_timer(look.address.name), turn.ns + after_ns, ask)

    def _judge(self, turn: Turn, look: _Look, *, unseen: bool) -> None:
        if look.unseen is unseen:
            return
        look.unseen = unseen
        now = self._unseen if unseen else self._seen
        turn.tell(now(look.address, here=False))

    def _hear_peer(self, turn: Turn) -> None:
        sees = self._peer.sees if self._peer.alive else {}
        if not self._unseen_by_peer and all(sees.values()):
            return
        held = self._takeover.groups.held_address
        for name in [n for n in self._unseen_by_peer if n not in sees or held(n) is None]:
            del self._unseen_by_peer[name]  # moved, or nobody looks any more: told in other words
        for name, seen in sees.items():
            address = held(name)
            if address is None:
                continue
            if not seen and name not in self._unseen_by_peer:
                self._unseen_by_peer[name] = address
                turn.tell(self._unseen(address, here=True))
            elif seen and name in self._unseen_by_peer:
                del self._unseen_by_peer[name]
                turn.tell(self._seen(address, here=True))

    def _unseen(self, address: Address, *, here: bool) -> AddressUnseen:
        return AddressUnseen(
            address=address.name,
            interface=address.interface,
            node=self._peer.name,
            held_here=here,
        )

    def _seen(self, address: Address, *, here: bool) -> AddressSeen:
        return AddressSeen(
            address=address.name,
            interface=address.interface,
            node=self._peer.name,
            held_here=here,
        )


def _timer(name: str) -> str:
    return f"sight {name}"
