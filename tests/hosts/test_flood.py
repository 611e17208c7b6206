"""A flood on the heartbeat's own network: garbage, forged packets and recorded ones at one node.

From a stranger's address 20,000 a second, which the kernel keeps out. From the peer's own address
each packet has to be refused by the node itself, so that it is as many as part of a core can do.
Beats go on being sent and heard, nothing moves, and no memory grows.

FLOOD_PER_SECOND sets both rates, FLOOD_SECONDS how long it lasts.
"""

import os
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, decode, seal
from tests.hosts.flooder import PORT, Flood
from tests.hosts.running import Pair, Sidecar, pair_of_hosts
from tests.netns import Host, is_root

pytestmark = pytest.mark.hosts

SECONDS = float(os.environ.get("FLOOD_SECONDS", "6"))
WARNTIME_S = 0.6
ALPHA, BETA, STRANGER = "10.77.0.1", "10.77.0.2", "10.77.0.3"
RATES = {STRANGER: 20_000, BETA: 4_000}
MEDIA = f"ucast eth0 {ALPHA}\nucast eth0 {BETA}\n"
MEMORY_MAX = 4 * 1024 * 1024
"""More than caches that are filled for the first time take, and less than any leak at this rate."""
REFUSED_MIN = 300
"""As many come through before the kernel is told to help; from the peer's own address all do."""
_ETH_P_IP = 0x0800


class Tap:
    """The heartbeats that reach a host from another one: payloads and instants."""

    def __init__(self, host: Host, source: str) -> None:
        self.heard: list[tuple[float, bytes]] = []
        with host.entered():
            self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
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
                packet = self._sock.recv(65535)
            except TimeoutError:
                continue
            is_ours = packet[9] == socket.IPPROTO_UDP and packet[12:16] == self._source
            if is_ours and struct.unpack_from("!H", packet, 22)[0] == PORT:
                self.heard.append((time.monotonic(), packet[28:]))


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
        made.start(MEDIA)
        yield made


def recorded(pair: Pair) -> list[bytes]:
    """What beta said to alpha in the last seconds."""
    with tap(pair.alpha.host, BETA) as ear:
        time.sleep(2)
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


@pytest.mark.parametrize("source", [STRANGER, BETA], ids=["a stranger's address", "the peer's"])
def test_nothing_moves_and_no_beat_is_late(pair: Pair, source: str) -> None:
    per_second = int(os.environ.get("FLOOD_PER_SECOND", str(RATES[source])))
    genuine = recorded(pair)
    assert len(genuine) >= 8
    alpha, beta = pair.both
    known = [peer_is_late(node) for node in pair.both]
    target = (ALPHA, alpha.host.mac("eth0"))
    payloads = [*garbage(), *forged(genuine) * 10, *genuine * 10]
    random.Random(2).shuffle(payloads)
    with tap(beta.host, ALPHA) as ear:
        flood = Flood(
            pair.arbiter, target, payloads, source=source, per_second=per_second, seconds=SECONDS
        )
        while rejected(alpha) < REFUSED_MIN:
            assert flood.running, f"the flood does not arrive: {alpha.links()}"
        memory = alpha.memory()
        while flood.running:
            assert pair.holders == ["alpha"]
            time.sleep(0.05)
        sent = flood.end()
        growth = alpha.memory() - memory
    print(
        f"{sent.per_second:.0f}/s for {sent.seconds:.1f} s, {rejected(alpha)} refused one by one, "
        f"longest gap {ear.longest_gap_s() * 1000:.0f} ms, memory {growth / 1024:+.0f} KiB"
    )
    assert sent.per_second > 0.95 * per_second
    assert ear.longest_gap_s() < WARNTIME_S
    assert [peer_is_late(node) for node in pair.both] == known
    assert growth < MEMORY_MAX
    assert pair.holders == ["alpha"]
