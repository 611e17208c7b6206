"""A flood on the heartbeat's own network: garbage, forged packets and recorded ones.

20,000 a second. From a stranger's address the kernel keeps them out. What has the peer's own
address, or goes to everybody, has to be refused by the nodes themselves. Beats go on being sent and
heard, nothing moves, and no memory grows.

FLOOD_PER_SECOND sets another rate, FLOOD_SECONDS how long it lasts.
"""

import os
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from sidecar.media.flood import attach, only_from
from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, decode, seal
from tests.hosts.flooder import PORT, Flood
from tests.hosts.running import TIMERS, Pair, Sidecar, pair_of_hosts
from tests.netns import Host, is_root
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts

SECONDS = float(os.environ.get("FLOOD_SECONDS", "6"))
PER_SECOND = int(os.environ.get("FLOOD_PER_SECOND", "20000"))
ALPHA, BETA, STRANGER = "10.77.0.1", "10.77.0.2", "10.77.0.3"
UCAST = f"ucast eth0 {ALPHA}\nucast eth0 {BETA}\n"
SLOW = "keepalive 1\nwarntime 2\ndeadtime 4\ninitdead 10\n"
RECORDED = 9
REACHED_MIN = 0.75
"""Of the rate: a flood that the test's own machine has no time to send proves nothing."""
MEMORY_MAX = 4 * 1024 * 1024
"""More than caches that are filled for the first time take, and less than any leak at this rate."""
REFUSED_MIN = 300
"""As many come through before the kernel is told to help; from the peer's own address all do."""
_ETH_P_IP = 0x0800
_SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>


@dataclass(frozen=True, kw_only=True)
class Case:
    """By which medium it comes, and from whom."""

    media: str
    source: str
    to: str = ALPHA
    """The address that it is sent to. The frames go to alpha alone: both hosts share the cores
    here, and have their own elsewhere."""
    timers: str = TIMERS
    warntime_s: float = 0.6


STRANGERS = Case(media=UCAST, source=STRANGER)
PEERS = Case(media=UCAST, source=BETA)
BROADCAST = Case(media="bcast eth0\n", source=BETA, to="10.77.0.255")
GROUP = Case(media="mcast eth0 239.77.0.1 694 1 0\n", source=BETA, to="239.77.0.1")
SLOWLY = Case(media=UCAST, source=BETA, timers=SLOW, warntime_s=2)
COSTLY = pytest.mark.costly
CASES = [
    pytest.param(PEERS, id="from the peer's own address"),
    pytest.param(BROADCAST, id="to everybody"),
    pytest.param(STRANGERS, id="from a stranger's address", marks=COSTLY),
    pytest.param(GROUP, id="to a group", marks=COSTLY),
    pytest.param(SLOWLY, id="with a keepalive of a second", marks=COSTLY),
]


class Tap:
    """The heartbeats that reach a host from another one: payloads, and the kernel's instants."""

    def __init__(self, host: Host, source: str) -> None:
        self.heard: list[tuple[float, bytes]] = []
        with host.entered():
            self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        attach(self._sock, only_from((source,)))
        self._sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._sock.settimeout(0.1)
        self._source = socket.inet_aton(source)
        self._ending = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def end(self) -> None:
        self._ending = True
        self._thread.join()
        self._sock.close()

    def longest_gap_s(self) -> float:
        instants = [at for at, _ in self.heard]
        return max(after - before for before, after in pairwise(instants))

    def _listen(self) -> None:
        while not self._ending:
            try:
                packet, [(_, _, stamp)], *_ = self._sock.recvmsg(65535, socket.CMSG_SPACE(16))
            except TimeoutError:
                continue
            seconds, nanoseconds = struct.unpack("qq", stamp)
            is_ours = packet[9] == socket.IPPROTO_UDP and packet[12:16] == self._source
            if is_ours and struct.unpack_from("!H", packet, 22)[0] == PORT:
                self.heard.append((seconds + nanoseconds / 1e9, packet[28:]))


@contextmanager
def tap(host: Host, source: str) -> Iterator[Tap]:
    made = Tap(host, source)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with pair_of_hosts(tmp_path) as made:
        yield made


def recorded(pair: Pair) -> list[bytes]:
    """What beta said to alpha meanwhile."""
    with tap(pair.alpha.host, BETA) as ear:
        wait_for(lambda: len(ear.heard) >= RECORDED, seconds=20)
    return [payload for _, payload in ear.heard]


def forged(genuine: list[bytes]) -> list[bytes]:
    """The same words, signed with a key that is not theirs."""
    key = Key(1, Method.SHA1, b"another key")
    return [seal(decode(one).message.without("auth"), key, Form.NETSTRING) for one in genuine]


def garbage() -> list[bytes]:
    chance = random.Random(1)
    return [
        *(chance.randbytes(chance.randrange(1, 900)) for _ in range(50)),
        *(b"###\n" + chance.randbytes(300) for _ in range(50)),
        *(b">>>\n" + b"a=b\n" * 120 + b"auth=1 00\n<<<\n" for _ in range(50)),
    ]


def rejected(node: Sidecar) -> int:
    return sum(sum(link["rejected"].values()) for link in node.links().values())


def peer_is_late(node: Sidecar) -> list[str]:
    return node.told("heartbeat_late") + node.told("node_quiet") + node.told("node_died")


@pytest.mark.parametrize("case", CASES)
def test_nothing_moves_and_no_beat_is_late(pair: Pair, case: Case) -> None:
    pair.start(case.media, timers=case.timers)
    for node in pair.both:
        node.go_first()  # the flood comes from another machine, and costs none of theirs
    genuine = recorded(pair)
    alpha, beta = pair.both
    known = [peer_is_late(node) for node in pair.both]
    target = (case.to, alpha.host.mac("eth0"))
    payloads = [*garbage(), *forged(genuine) * 10, *genuine * 10]
    random.Random(2).shuffle(payloads)
    with tap(beta.host, ALPHA) as ear:
        flood = Flood(
            *(pair.arbiter, target, payloads),
            source=case.source,
            per_second=PER_SECOND,
            seconds=SECONDS,
        )
        while rejected(alpha) < REFUSED_MIN:
            assert flood.running, f"the flood does not arrive: {alpha.links()}"
        memory, cpu_s = alpha.memory(), alpha.cpu_s()
        while flood.running:
            assert pair.holders == ["alpha"]
            time.sleep(0.05)
        sent = flood.end()
        growth, busy_s = alpha.memory() - memory, alpha.cpu_s() - cpu_s
    print(
        f"{sent.per_second:.0f}/s for {sent.seconds:.1f} s, {rejected(alpha)} refused one by one, "
        f"{busy_s / sent.seconds:.0%} of a core, longest gap {ear.longest_gap_s() * 1000:.0f} ms, "
        f"memory {growth / 1024:+.0f} KiB"
    )
    assert sent.per_second > REACHED_MIN * PER_SECOND
    assert ear.longest_gap_s() < case.warntime_s
    assert [peer_is_late(node) for node in pair.both] == known
    assert growth < MEMORY_MAX
    assert pair.holders == ["alpha"]
