"""The service LAN: both hosts, and a client that asks for the floating address.

Who has an address with carrier answers for it, whatever its sidecar does: the kernel answers. A
station's port can be cut without a change of carrier, as when a switch fails, and so can the way
between two of them alone. The client keeps the
last announcement it heard per address, and asks again itself only when its own patience ends.
"""

from collections.abc import Callable
from itertools import combinations
from random import Random
from typing import Final, Protocol

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.world import World

ANSWER_MIN_NS: Final = MILLISECOND // 10
ANSWER_MAX_NS: Final = MILLISECOND
CLIENT: Final = "client"
ROUTER_MAC: Final = "02:00:00:00:00:01"
HICCUP_EVERY_NS: Final = SECOND
"""In between several questions are asked and answered."""


class Station(Protocol):
    """A host on the LAN."""

    @property
    def name(self) -> str: ...

    @property
    def mac(self) -> str: ...

    @property
    def on_the_lan(self) -> bool:
        """Powered, and its interface has carrier."""

    def answers_for(self, address: str) -> bool: ...

    def hear_announcement(self, address: str, mac: str) -> None: ...

    def hear_question(self, address: str, mac: str) -> None: ...


class Lan:
    """Which station reaches which, who answers, and what the client believes."""

    def __init__(self, world: World, rng: Random) -> None:
        self.client_cache: dict[str, str] = {}
        """The client's ARP cache: address to MAC."""
        self.router_answers = False
        """A router with proxy ARP, or a fabric that answers from its tables: to whoever asks
        everybody, and also for the dead."""
        self._world = world
        self._rng = rng
        self._stations: list[Station] = []
        self._cuts: dict[str, int] = {}
        self._apart: dict[frozenset[str], int] = {}
        self._to_lose: dict[str, int] = {}
        self._lost_ns = -HICCUP_EVERY_NS
        """When the last question was lost."""

    def join(self, station: Station) -> None:
        self._stations.append(station)

    def cut(self, name: str) -> None:
        """The port of that station (or of the client) carries nothing; its carrier stays."""
        self._cuts[name] = self._cuts.get(name, 0) + 1

    def restore(self, name: str) -> None:
        self._cuts[name] = max(0, self._cuts.get(name, 0) - 1)

    def part(self, first: str, second: str) -> None:
        """These two (one may be the client) do not reach each other, whatever else works."""
        pair = frozenset((first, second))
        self._apart[pair] = self._apart.get(pair, 0) + 1

    def lose(self, name: str, frames: int) -> bool:
        """The next questions and answers to or from that station are lost, and no others.

        Not shortly after others were, by chance or by a cut: of the questions before one claim no
        more is to be lost.
        """
        if self._world.now_ns - self._lost_ns < HICCUP_EVERY_NS:
            return False
        self._to_lose = {name: frames}
        return True

    def rejoin(self, first: str, second: str) -> None:
        """Undo one parting of these two."""
        pair = frozenset((first, second))
        self._apart[pair] = max(0, self._apart.get(pair, 0) - 1)

    def heal(self) -> None:
        self._cuts.clear()
        self._to_lose.clear()
        self.router_answers = False
        self._apart.clear()

    def is_cut(self, name: str) -> bool:
        return self._cuts.get(name, 0) > 0

    def reaches_switch(self, station: Station) -> bool:
        return station.on_the_lan and not self.is_cut(station.name)

    def reach(self, first: str, second: str) -> bool:
        """Whether a switch carries between these two, as far as their carriers allow."""
        if self.is_cut(first) or self.is_cut(second):
            return False
        return not self._apart or not self._apart.get(frozenset((first, second)), 0)

    def client_reaches(self, station: Station) -> bool:
        return station.on_the_lan and self.reach(CLIENT, station.name)

    def whole(self) -> bool:
        """Whether all stations reach one another."""
        if not all(self.reaches_switch(station) for station in self._stations):
            return False
        pairs = combinations(self._stations, 2) if self._apart else ()
        return all(self.reach(first.name, second.name) for first, second in pairs)

    def answering(self, address: str) -> list[Station]:
        """The stations that the client would find, if it asked now."""
        return [
            station
            for station in self._stations
            if self.client_reaches(station) and station.answers_for(address)
        ]

    def ask(
        self, asker: Station, address: str, mac: str | None, heard: Callable[[str], None]
    ) -> None:
        """An ARP probe: ``heard`` is called with the MAC of each station that answers.

        Whether a station answers is seen when the question reaches it.
        """
        if not self.reaches_switch(asker):
            self._lose_by_cut()
            return
        if self.router_answers and mac is None:
            self._world.call_later(2 * self._latency_ns(), lambda: heard(ROUTER_MAC))
        for station in self._stations:
            if station is asker or (mac is not None and station.mac != mac):
                continue

            def reach(station: Station = station) -> None:
                if self._is_lost(asker, station):
                    return
                station.hear_question(address, asker.mac)
                if station.answers_for(address):
                    self._world.call_later(self._latency_ns(), lambda: answer(station))

            def answer(station: Station) -> None:
                if self._carries(station, asker):
                    heard(station.mac)

            self._world.call_later(self._latency_ns(), reach)

    def announce(self, sender: Station, address: str) -> None:
        """A gratuitous ARP: the client believes it, an owner of the same address is alarmed."""
        if not self.reaches_switch(sender):
            return

        def arrive() -> None:
            if self.client_reaches(sender):
                self.client_cache[address] = sender.mac
            for station in self._stations:
                if station is not sender and self._carries(sender, station):
                    station.hear_announcement(address, sender.mac)

        self._world.call_later(self._latency_ns(), arrive)

    def _is_lost(self, first: Station, second: Station) -> bool:
        if self._carries(first, second):
            return self._loses(first, second)
        self._lose_by_cut()
        return True

    def _lose_by_cut(self) -> None:
        """What chance was about to take is gone with it."""
        self._to_lose.clear()
        self._lost_ns = self._world.now_ns

    def _loses(self, first: Station, second: Station) -> bool:
        for name in (first.name, second.name):
            if self._to_lose.get(name, 0):
                self._to_lose[name] -= 1
                self._lost_ns = self._world.now_ns
                return True
        return False

    def _carries(self, first: Station, second: Station) -> bool:
        return first.on_the_lan and second.on_the_lan and self.reach(first.name, second.name)

    def _latency_ns(self) -> int:
        return self._rng.randrange(ANSWER_MIN_NS, ANSWER_MAX_NS)
