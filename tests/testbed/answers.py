"""Who answers for an address, as its neighbours see it: asked by ARP some hundred times a second.

What counts for a client is not which kernel has the address but whose hardware address answers. The
question is a broadcast of an observer with a namespace and a MAC of its own, so that it repairs no
cache of the client's. Only the hosts that are named here are looked at.
"""

import select
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from tests.netns import Host
from tests.testbed.owners import Hold, Owners
from tests.testbed.waiting import now_ns

_ARP: Final = 0x0806
_EVERY_NS: Final = 5_000_000
_GONE_NS: Final = 100_000_000
"""Who has not answered for so long does not answer any more, even if nobody else does."""


class Answering:
    """When one host answered for the address; it still does while ``until_ns`` is None.

    A time ends with its last answer and begins with its first one, and no time goes on through a
    question that the other host alone has answered, so that no overlap is made up.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.holds: list[Hold] = []
        self.last_ns = 0

    def holding(self) -> bool:
        return bool(self.holds) and self.holds[-1].until_ns is None

    def answered(self, at_ns: int) -> None:
        self.last_ns = at_ns
        if not self.holding():
            self.holds.append(Hold(host=self.name, since_ns=at_ns, until_ns=None))

    def look(self, asked_ns: int, *, another: bool) -> None:
        """A question that was asked then has been answered; ``another``: by another host, too."""
        if not self.holding() or self.last_ns >= asked_ns:
            return
        if another or now_ns() - self.last_ns > _GONE_NS:
            self.holds[-1] = replace(self.holds[-1], until_ns=self.last_ns)


@contextmanager
def answers(address: str, observer: Host, hosts: Mapping[str, Host]) -> Iterator[Owners]:
    """Watch from the observer's ``eth0`` which of the hosts answer, until the block ends."""
    by_mac = {
        bytes.fromhex(host.mac("eth0").replace(":", "")): Answering(name)
        for name, host in hosts.items()
    }
    own = bytes.fromhex(observer.mac("eth0").replace(":", ""))
    sender = next(one.split()[1].split("/")[0] for one in observer.addresses("eth0"))
    with observer.entered():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP))
        wire.bind(("eth0", _ARP))
    question = _question(own, sender, address)
    stop = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(wire, question, by_mac, stop), name=f"answers for {address}"
    )
    thread.start()
    try:
        yield Owners(list(by_mac.values()))
    finally:
        stop.set()
        thread.join(10)
        wire.close()


def _watch(
    wire: socket.socket, question: bytes, by_mac: dict[bytes, Answering], stop: threading.Event
) -> None:
    asked = socket.inet_ntoa(question[38:42])
    due_ns = now_ns()
    while not stop.is_set():
        asked_ns = now_ns()
        wire.send(question)
        due_ns = max(due_ns + _EVERY_NS, now_ns())
        while (left_ns := due_ns - now_ns()) > 0:
            readable, _, _ = select.select([wire], [], [], left_ns / 1e9)
            if readable:
                _hear(wire.recv(2048), asked, by_mac)
        answered = any(one.last_ns >= asked_ns for one in by_mac.values())
        for one in by_mac.values():
            one.look(asked_ns, another=answered)


def _hear(frame: bytes, address: str, by_mac: dict[bytes, Answering]) -> None:
    operation, mac, sender = frame[20:22], frame[22:28], frame[28:32]
    if operation == b"\x00\x02" and socket.inet_ntoa(sender) == address and mac in by_mac:
        by_mac[mac].answered(now_ns())


def _question(mac: bytes, sender: str, address: str) -> bytes:
    """RFC 826, to everybody."""
    head = b"\xff" * 6 + mac + struct.pack("!H", _ARP)
    fixed = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
    return head + fixed + mac + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(address)
