"""Who holds an address, watched on every host about a thousand times a second if nothing is said.

A socket can be bound to an address only where the kernel has it: that is the question asked, and it
costs some microseconds. Each host is watched by a thread of its own that stays on the host.
"""

import errno
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

from tests.netns import Host
from tests.testbed.waiting import now_ns

_PAUSE_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One host had the address during this time; it still has it while ``until_ns`` is None.

    Both ends are moments at which it was seen to have it, so that an overlap is never made up by a
    question that was asked late.
    """

    host: str
    since_ns: int
    until_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two hosts had the address at once."""

    hosts: tuple[str, str]
    since_ns: int
    length_ns: int


class Watched(Protocol):
    """One host, and when it had the address, or answered for it."""

    name: str
    holds: list[Hold]
    last_ns: int
    """When it was last seen to have it, or to answer."""

    def holding(self) -> bool: ...


class Watch:
    """One host's holds of one address."""

    def __init__(self, name: str, net: Host, address: str, pause_s: float) -> None:
        self.name = name
        self.holds: list[Hold] = []
        self.last_ns = 0
        self._net = net
        self._address = address
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {name}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def holding(self) -> bool:
        return bool(self.holds) and self.holds[-1].until_ns is None

    def _run(self) -> None:
        with self._net.entered():
            while not self._stop.is_set():
                asked_ns = now_ns()
                if _is_local(self._address):
                    self.last_ns = asked_ns
                    if not self.holding():
                        self.holds.append(Hold(host=self.name, since_ns=now_ns(), until_ns=None))
                elif self.holding():
                    self.holds[-1] = replace(self.holds[-1], until_ns=self.last_ns)
                time.sleep(self._pause_s)


class Owners:
    """The holds of one address on several hosts."""

    def __init__(self, watches: Sequence[Watched]) -> None:
        self._watches = watches

    def now(self) -> list[str]:
        return [watch.name for watch in self._watches if watch.holding()]

    def holds(self) -> list[Hold]:
        """All holds, the earliest first."""
        every = (hold for watch in self._watches for hold in tuple(watch.holds))
        return sorted(every, key=lambda hold: hold.since_ns)

    def overlaps(self, since_ns: int = 0) -> list[Overlap]:
        """Every time at which two hosts were seen to have the address.

        Whoever still has it is counted until it was last seen to, and not until now: the other one
        may have it since.
        """
        found: list[Overlap] = []
        for (one, one_ns), (other, other_ns) in combinations(self._ended(), 2):
            since = max(one.since_ns, other.since_ns, since_ns)
            until = min(one_ns, other_ns)
            if one.host != other.host and until > since:
                names = (one.host, other.host)
                found.append(Overlap(hosts=names, since_ns=since, length_ns=until - since))
        return found

    def _ended(self) -> list[tuple[Hold, int]]:
        """All holds, and when each of them ended as far as was seen."""
        found: list[tuple[Hold, int]] = []
        for watch in self._watches:
            last_ns = watch.last_ns  # before its holds: one that begins now ends no earlier
            found += [(hold, hold.until_ns or last_ns) for hold in tuple(watch.holds)]
        return found


@contextmanager
def owners(address: str, hosts: dict[str, Host], *, pause_s: float = _PAUSE_S) -> Iterator[Owners]:
    """Watch the address on these hosts, by their nodes' names, until the block ends.

    ``pause_s``: between two looks; longer where several watches have to share the machine.
    """
    watches = [Watch(name, net, address, pause_s) for name, net in hosts.items()]
    with ExitStack() as stack:
        for watch in watches:
            watch.start()
            stack.callback(watch.stop)
        yield Owners(watches)


def _is_local(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as attempt:
        try:
            attempt.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return False
        return True
