"""Two nodes that have nothing but a bad serial line: nothing wrong is believed, nothing is lost.

Real cores and real devices; the relay between them flips, drops and inserts bytes. The hands are
those of the core's tests.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from sidecar.core.actions import Answer, SendPing, ServiceAction, VipAction
from sidecar.core.cluster import Cluster
from sidecar.core.events import CarrierChanged, Event, StandbyRequested
from sidecar.core.occurrences import NodeDied, Occurrence
from sidecar.core.params import Boot, Link, MaintenanceOrder, Params
from sidecar.core.terms import MILLISECOND, SECOND, LinkName, LinkStatus, Medium
from sidecar.core.turn import Turn
from sidecar.daemon.clock import moment
from sidecar.daemon.driver import Driver
from sidecar.daemon.scheduler import LoopScheduler
from sidecar.media.open import open_media
from sidecar.wire import fields
from sidecar.wire.message import Message
from tests.core.hands import Hands
from tests.core.harness import (
    MACS,
    NODE_UUID,
    PEER_UUID,
    VIP,
    a_group,
    a_timing,
    mirrored,
    some_params,
)
from tests.media.cable import anything, on
from tests.media.ttys import Cable, cable
from tests.waiting import until

TTY = LinkName("ttyS0")
TIMING = a_timing(
    keepalive_ns=100 * MILLISECOND,
    warntime_ns=1500 * MILLISECOND,
    deadtime_ns=3 * SECOND,
    initdead_ns=5 * SECOND,
)


def line_params(device: Path) -> Params:
    link = Link(name=TTY, medium=Medium.SERIAL, device=str(device), baud=115200)
    return some_params(links=(link,), timing=TIMING, groups=(a_group(),))


class LiveNode:
    """A core, its driver and a real serial line, in a real loop."""

    def __init__(self, params: Params, uuid: bytes, seed: int) -> None:
        loop = asyncio.get_running_loop()
        self.cluster = Cluster(params, Random(seed), Boot(generation=7, uuid=uuid))
        self.driver = Driver(self.cluster, LoopScheduler(loop, lambda _: None, self._crash), self)
        self.medium = open_media(params.links, self.driver.feed, anything)[TTY]
        self.hands = Hands(self, self)  # type: ignore[arg-type]
        self.told: list[Occurrence] = []
        self.answers: list[Answer] = []
        self.heard: list[Message] = []
        hand_on = self.cluster.heard

        def heard(turn: Turn, message: Message) -> None:
            self.heard.append(message)
            hand_on(turn, message)

        self.cluster.heard = heard  # type: ignore[method-assign]
        mac = MACS[params.node]
        self.driver.feed(CarrierChanged(interface="eth0", up=True, mac=mac))
        self.medium.open()

    def close(self) -> None:
        self.driver.stop()
        self.medium.close()

    @property
    def said(self) -> dict[int, Message]:
        """By number, as far back as it can be asked for again."""
        return dict(self.cluster.outbox._history)

    @property
    def link(self) -> LinkStatus:
        return self.cluster.view().nodes[1].links[0].status

    @property
    def rejected(self) -> int:
        return sum(count for _, count in self.cluster.view().nodes[1].links[0].rejected)

    # --- time, for the hands -------------------------------------------------------------------

    @property
    def ns(self) -> int:
        return moment().ns

    def later(self, after_ns: int, then: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(after_ns / SECOND, then)

    def step(self, event: Event) -> None:
        self.driver.feed(event)

    # --- hands, for the driver -----------------------------------------------------------------

    def send(self, link: LinkName, data: bytes) -> None:
        del link
        self.medium.send(data)

    def ping(self, action: SendPing) -> None:
        self.hands.carry_out(action)

    def vip(self, action: VipAction) -> None:
        self.hands.carry_out(action)

    def service(self, action: ServiceAction) -> None:
        self.hands.carry_out(action)

    def report(self, occurrence: Occurrence) -> None:
        self.told.append(occurrence)

    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    def keep(self, order: MaintenanceOrder) -> None:
        raise AssertionError(f"nobody asked for {order}")

    def exit(self) -> None: ...

    def end_turn(self) -> None: ...

    @staticmethod
    def _crash(error: BaseException) -> None:
        raise error


class Noise:
    """Flips, drops and inserts bytes, each about once in so many."""

    def __init__(self, seed: int, one_in: int) -> None:
        self._rng = Random(seed)
        self._one_in = one_in
        self.hits = 0

    def __call__(self, data: bytes) -> bytes:
        spoiled = bytearray()
        for byte in data:
            if self._rng.randrange(self._one_in):
                spoiled.append(byte)
                continue
            self.hits += 1
            match self._rng.randrange(3):
                case 0:
                    spoiled.append(byte ^ 1 << self._rng.randrange(7))
                case 1:
                    pass
                case _:
                    spoiled += bytes((self._rng.randrange(256), byte))
        return bytes(spoiled)


def two_nodes(line: Cable) -> tuple[LiveNode, LiveNode]:
    left = line_params(line.ends[0])
    right = replace(mirrored(left), links=line_params(line.ends[1]).links)
    return LiveNode(left, NODE_UUID, 1), LiveNode(right, PEER_UUID, 2)


def holders(*nodes: LiveNode) -> int:
    return sum(VIP in node.hands.addresses for node in nodes)


async def settled(left: LiveNode, right: LiveNode) -> None:
    """Both stable, one holds, and each has the other's last words."""

    def done() -> bool:
        views = [node.cluster.view() for node in (left, right)]
        return all(view.stable for view in views) and holders(left, right) == 1

    await until(done, seconds=20)


def test_hand_overs_succeed_over_a_noisy_line(tmp_path: Path) -> None:
    async def scene(line: Cable) -> None:
        left, right = two_nodes(line)
        await settled(left, right)
        noise = line.spoil = Noise(1, one_in=700)
        for _ in range(12):
            await hand_over(left, right)
        line.spoil = lambda data: data
        assert noise.hits > 20
        assert left.rejected + right.rejected > 5
        await settled(left, right)
        for sender, receiver in ((left, right), (right, left)):
            await until(partial(nothing_is_missing, sender, receiver), seconds=10)
            assert_nothing_wrong_was_believed(sender, receiver)
            assert receiver.cluster.peer.inbound.lost > 0  # for a while
            assert not [one for one in receiver.told if isinstance(one, NodeDied)]
        left.close()
        right.close()

    with cable(tmp_path) as line:
        on(lambda: scene(line))


async def hand_over(left: LiveNode, right: LiveNode) -> None:
    """From the one that holds to the other; asked for again where it was refused."""
    giver, taker = (left, right) if VIP in left.hands.addresses else (right, left)
    asked = len(giver.answers)
    giver.step(StandbyRequested(request=asked, which="all"))

    def done() -> bool:
        nonlocal asked
        if len(giver.answers) > asked and not giver.answers[-1].ok:
            asked = len(giver.answers)
            giver.step(StandbyRequested(request=asked, which="all"))
        return VIP in taker.hands.addresses

    await until(done, seconds=30)
    await settled(left, right)


def nothing_is_missing(sender: LiveNode, receiver: LiveNode) -> bool:
    """Every gap is closed, and each word of the hand-overs was heard."""
    if receiver.cluster.peer.inbound.next_request_ns() is not None:
        return False
    heard = {message.hex_int(fields.SEQ) for message in receiver.heard}
    said = [s for s, message in sender.said.items() if message.kind == fields.ASK_RESOURCES]
    return heard.issuperset(said)


def assert_nothing_wrong_was_believed(sender: LiveNode, receiver: LiveNode) -> None:
    numbers = [message.hex_int(fields.SEQ) for message in receiver.heard]
    assert len(numbers) == len(set(numbers))
    for message in receiver.heard:
        number = message.hex_int(fields.SEQ)
        assert number is not None
        assert message.without(fields.AUTH) == sender.said[number]


def test_a_line_that_is_all_noise_is_dead_and_recovers(tmp_path: Path) -> None:
    async def scene(line: Cable) -> None:
        left, right = two_nodes(line)
        await settled(left, right)
        line.spoil = Noise(2, one_in=40)
        await until(lambda: left.link is right.link is LinkStatus.DEAD, seconds=15)
        line.spoil = lambda data: data
        await until(lambda: left.link is right.link is LinkStatus.UP, seconds=5)
        await settled(left, right)
        left.close()
        right.close()

    with cable(tmp_path) as line:
        on(lambda: scene(line))
