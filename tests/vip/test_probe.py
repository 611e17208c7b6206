"""Questions and answers between real kernels, and what silence means."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import pytest

from sidecar.core.actions import ProbeAddress
from sidecar.core.events import (
    AddressProbed,
    ConflictSeen,
    ProbeFailed,
    QuestionHeard,
    Together,
)
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND
from sidecar.vip import ethernet, frames, inquiry, probe, room
from sidecar.vip.probe import Finding, Prober
from tests.netns import Host, hosts, join
from tests.vip.conftest import vip
from tests.waiting import until

pytestmark = pytest.mark.hosts

Trio = tuple[Host, Host, Host]
both_families = pytest.mark.parametrize("name", ["10.77.0.100", "fd77::100"])
STRANGER = "02:00:00:00:00:66"


class Probing:
    """A prober and all that it found."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.prober = Prober(self._found)

    def _found(self, finding: Finding | Together) -> None:
        """What was found together is one finding after the other."""
        if isinstance(finding, Together):
            self.found += cast("tuple[Finding, ...]", finding.facts)
        else:
            self.found.append(finding)

    async def ask(
        self, address: Address | None = None, *, mac: str | None = None, patience_ms: int = 300
    ) -> Finding:
        op = len(self.found) + 1
        self.prober.probe(
            ProbeAddress(
                op=op, address=address or vip(), mac=mac, patience_ns=patience_ms * MILLISECOND
            )
        )
        assert len(self.found) == op - 1  # never answered from inside the call
        await until(lambda: len(self.found) == op)
        return self.found[-1]


def probing(scene: Callable[[Probing], Awaitable[None]]) -> None:
    async def run() -> None:
        probing = Probing()
        try:
            await scene(probing)
        finally:
            probing.prober.close()

    asyncio.run(run())


def own(host: Host, address: Address) -> None:
    host.ip("addr", "add", f"{address.name}/{address.prefix}", "dev", "eth0", "nodad")


@contextmanager
def wire(host: Host, interface: str = "eth0") -> Iterator[Callable[[bytes], object]]:
    """Send raw frames from the host."""
    with host.entered():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.bind((interface, 0))
    with sock:
        yield sock.send


@both_families
def test_the_owner_answers_a_question_to_everybody(trio: Trio, name: str) -> None:
    _, b, _ = trio
    own(b, vip(name))

    async def scene(probing: Probing) -> None:
        answer = await probing.ask(vip(name))
        assert answer == AddressProbed(op=1, address=name, answered_by=b.mac("eth0"))

    probing(scene)


@both_families
def test_the_owner_answers_a_question_to_itself(trio: Trio, name: str) -> None:
    _, b, _ = trio
    own(b, vip(name))

    async def scene(probing: Probing) -> None:
        answer = await probing.ask(vip(name), mac=b.mac("eth0").upper())
        assert answer == AddressProbed(op=1, address=name, answered_by=b.mac("eth0"))

    probing(scene)


@both_families
def test_nobody_answers_when_the_owner_is_gone(trio: Trio, name: str) -> None:
    _, b, _ = trio

    async def scene(probing: Probing) -> None:
        for mac in (None, b.mac("eth0")):
            answer = await probing.ask(vip(name), mac=mac)
            assert isinstance(answer, AddressProbed)
            assert answer.answered_by is None

    probing(scene)


@both_families
def test_a_question_to_one_machine_is_not_answered_by_another(trio: Trio, name: str) -> None:
    _, b, c = trio
    own(c, vip(name))

    async def scene(probing: Probing) -> None:
        answer = await probing.ask(vip(name), mac=b.mac("eth0"))
        assert answer == AddressProbed(op=1, address=name, answered_by=None)

    probing(scene)


@pytest.mark.parametrize(
    "filters",
    [
        ("arp_ignore=1", "arp_filter=1", "rp_filter=1"),
        ("arp_ignore=2", "arp_filter=1", "rp_filter=1"),
    ],
)
def test_an_owner_with_strict_filters_answers_a_host_without_an_address(
    trio: Trio, filters: tuple[str, ...]
) -> None:
    a, b, _ = trio
    own(b, vip())
    a.ip("addr", "flush", "dev", "eth0")
    for one in filters:
        b.run("sysctl", "-qw", f"net.ipv4.conf.eth0.{one}")

    async def scene(probing: Probing) -> None:
        for mac in (None, b.mac("eth0")):
            answer = await probing.ask(mac=mac)
            assert isinstance(answer, AddressProbed)
            assert answer.answered_by == b.mac("eth0")

    probing(scene)


def test_an_owner_behind_a_switch_that_drops_anonymous_questions_answers(trio: Trio) -> None:
    _, b, _ = trio
    own(b, vip())
    b.run("nft", "add table arp t")
    b.run("nft", "add chain arp t in { type filter hook input priority 0; }")
    b.run("nft", "add rule arp t in arp saddr ip 0.0.0.0 drop")

    async def scene(probing: Probing) -> None:
        answer = await probing.ask(mac=b.mac("eth0"))
        assert answer == AddressProbed(op=1, address="10.77.0.100", answered_by=b.mac("eth0"))

    probing(scene)


def test_an_answer_in_the_owners_name_from_another_machine_does_not_count(trio: Trio) -> None:
    _, b, c = trio

    async def scene(probing: Probing) -> None:
        asked = asyncio.create_task(probing.ask(mac=b.mac("eth0")))
        await asyncio.sleep(0)
        forged = frames.arp_announcements("10.77.0.100", b.mac("eth0"))[1]
        with wire(c) as send:
            send(forged[:6] + bytes.fromhex(c.mac("eth0").replace(":", "")) + forged[12:])
        assert await asked == AddressProbed(op=1, address="10.77.0.100", answered_by=None)

    probing(scene)


def test_an_answer_in_our_own_name_does_not_count(trio: Trio) -> None:
    a, _, c = trio

    async def scene(probing: Probing) -> None:
        probing.prober.holding(vip(), True)
        asked = asyncio.create_task(probing.ask())
        await asyncio.sleep(0)
        forged = frames.arp_announcements("10.77.0.100", a.mac("eth0"))[1]
        with wire(c) as send:
            send(forged)
            send(forged[:6] + bytes.fromhex(c.mac("eth0").replace(":", "")) + forged[12:])
        assert await asked == AddressProbed(op=1, address="10.77.0.100", answered_by=None)

    probing(scene)


def test_another_interface_of_this_host_on_the_same_network_is_nobody_else(
    switch_and_host: tuple[Host, Host],
) -> None:
    """Linux answers by each interface for all addresses that the host has."""
    switch, a = switch_and_host
    join(switch, a, 2, "eth1")
    a.ip("addr", "add", "10.77.0.2/24", "dev", "eth1")
    a.await_carrier("eth1")
    own(a, vip())

    async def scene(probing: Probing) -> None:
        probing.prober.holding(vip(), True)
        assert await probing.ask() == AddressProbed(op=1, address="10.77.0.100", answered_by=None)
        with wire(a, "eth1") as send:
            send(frames.arp_announcements("10.77.0.100", a.mac("eth1"))[0])
        await asyncio.sleep(0.1)
        assert len(probing.found) == 1

    probing(scene)


def test_one_lost_question_is_asked_again(trio: Trio) -> None:
    _, b, _ = trio

    async def scene(probing: Probing) -> None:
        asked = asyncio.create_task(probing.ask(patience_ms=600))
        await asyncio.sleep(0)
        own(b, vip())  # after the first question
        answer = await asked
        assert isinstance(answer, AddressProbed)
        assert answer.answered_by == b.mac("eth0")

    probing(scene)


HUNDRED = tuple(vip(f"10.77.1.{last}", prefix=32) for last in range(1, 101))


def ask_for_a_hundred(probing: Probing) -> None:
    probing.prober.probe(
        *(
            ProbeAddress(op=op, address=address, mac=None, patience_ns=300 * MILLISECOND)
            for op, address in enumerate(HUNDRED)
        )
    )


@pytest.mark.usefixtures("trio")
def test_a_hundred_questions_that_nobody_answers_end_in_one_event() -> None:
    told: list[Finding | Together] = []

    async def scene(probing: Probing) -> None:
        probing.prober = Prober(told.append)
        ask_for_a_hundred(probing)
        await until(lambda: bool(told))

    probing(scene)
    (together,) = told
    assert isinstance(together, Together)
    assert together.facts == tuple(
        AddressProbed(op=op, address=address.name, answered_by=None)
        for op, address in enumerate(HUNDRED)
    )


def test_a_hundred_answers_that_come_at_once_are_all_heard(trio: Trio) -> None:
    _, b, _ = trio
    for address in HUNDRED:
        own(b, address)

    async def scene(probing: Probing) -> None:
        ask_for_a_hundred(probing)
        await until(lambda: len(probing.found) == len(HUNDRED))
        for found in probing.found:
            assert isinstance(found, AddressProbed)
            assert found.answered_by == b.mac("eth0")

    probing(scene)


def test_very_many_are_asked_for_in_one_form_and_the_other_by_turns(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, _ = trio
    monkeypatch.setattr(inquiry, "BOTH_FORMS_MAX", len(HUNDRED) - 1)
    with b.entered():
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(frames.ETH_P_ARP))
        tap.bind(("eth0", frames.ETH_P_ARP))
        tap.setblocking(False)

    def senders() -> set[bytes]:
        """Of the questions for one address that have come."""
        found: set[bytes] = set()
        with suppress(BlockingIOError):
            while True:
                frame = tap.recv(64)
                if frame[6:12].hex(":") == a.mac("eth0") and frame[38:42] == bytes((10, 77, 1, 7)):
                    found.add(frame[28:32])
        return found

    async def scene(probing: Probing) -> None:
        heard: list[set[bytes]] = []
        for times in (1, 2):
            ask_for_a_hundred(probing)
            await until(lambda: len(probing.found) == times * len(HUNDRED))  # noqa: B023
            heard.append(senders())
        assert heard == [{bytes(4)}, {bytes((10, 77, 0, 1))}]

    with tap:
        probing(scene)


def test_silence_means_nothing_when_the_kernel_had_no_room_for_the_answers(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b, _ = trio
    for address in HUNDRED:
        own(b, address)
    monkeypatch.setattr(room, "ROOM", 2304)  # the least that it gives

    async def scene(probing: Probing) -> None:
        ask_for_a_hundred(probing)
        await until(lambda: len(probing.found) == len(HUNDRED))
        failed = [found for found in probing.found if isinstance(found, ProbeFailed)]
        assert failed
        assert "more frames came than could be read" in failed[0].reason
        assert all(f.answered_by for f in probing.found if isinstance(f, AddressProbed))

    probing(scene)


def test_a_question_that_cannot_leave_has_failed(switch_and_host: tuple[Host, Host]) -> None:
    switch, host = switch_and_host

    async def scene(probing: Probing) -> None:
        answer = await probing.ask(vip(interface="eth7"))
        assert isinstance(answer, ProbeFailed)
        assert answer.reason.startswith(
            "cannot ask who has 10.77.0.100: interface eth7 does not exist on this host"
        )
        assert isinstance(await probing.ask(vip(interface="")), ProbeFailed)
        switch.ip("link", "set", "port1", "down")
        answer = await probing.ask()
        assert isinstance(answer, ProbeFailed)
        assert "no carrier" in answer.reason
        switch.ip("link", "set", "port1", "up")
        assert isinstance(await probing.ask(), AddressProbed)
        host.ip("link", "set", "eth0", "down")
        assert isinstance(await probing.ask(), ProbeFailed)

    probing(scene)


@pytest.mark.parametrize("asked_s", [0.0, 0.45])  # before the second question, after the last one
def test_silence_means_nothing_when_the_carrier_went_meanwhile(
    switch_and_host: tuple[Host, Host], asked_s: float
) -> None:
    switch, _ = switch_and_host

    async def scene(probing: Probing) -> None:
        asked = asyncio.create_task(probing.ask(patience_ms=600))
        await asyncio.sleep(asked_s)
        switch.ip("link", "set", "port1", "down")
        assert isinstance(await asked, ProbeFailed)

    probing(scene)


@both_families
def test_another_machine_that_announces_a_held_address_is_a_conflict(
    trio: Trio, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b, _ = trio
    monkeypatch.setattr(probe, "_QUIET_S", 0.2)
    (frame, *_) = (
        (frames.neighbour_advertisement(name, b.mac("eth0")),)
        if ":" in name
        else frames.arp_announcements(name, b.mac("eth0"))
    )

    async def scene(probing: Probing) -> None:
        probing.prober.holding(vip(name), True)
        with wire(b) as send:
            for _ in range(20):
                send(frame)
            await until(lambda: bool(probing.found))
            await asyncio.sleep(0.05)
            conflict = ConflictSeen(address=name, mac=b.mac("eth0"))
            assert probing.found == [conflict]  # twenty frames, one report
            await asyncio.sleep(0.25)
            send(frame)
            await until(lambda: probing.found == [conflict, conflict])
            probing.prober.holding(vip(name), False)
            await asyncio.sleep(0.25)
            send(frame)
            await asyncio.sleep(0.05)
            assert len(probing.found) == 2

    probing(scene)


def test_questions_about_a_held_address_are_no_conflict(trio: Trio) -> None:
    a, b, _ = trio
    own(a, vip())

    async def scene(probing: Probing) -> None:
        probing.prober.holding(vip(), True)
        b.run("arping", "-c", "1", "-I", "eth0", "10.77.0.100")
        with wire(b) as send:
            send(frames.arp_question("10.77.0.100", mac=STRANGER, sender="10.77.0.2", to=None))
            send(frames.arp_announcements("10.77.0.101", STRANGER)[0])
            send(frames.arp_announcements("10.77.0.100", STRANGER)[0])  # the only conflict
        await until(lambda: bool(probing.found))
        assert probing.found == [ConflictSeen(address="10.77.0.100", mac=STRANGER)]

    probing(scene)


@both_families
def test_another_machine_that_looks_for_the_owner_is_heard_once_a_second(
    trio: Trio, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, b, _ = trio
    monkeypatch.setattr(probe, "_QUIET_S", 0.2)
    mac = b.mac("eth0")
    asked = (
        frames.neighbour_question(name, mac=mac, sender=None, to=None)
        if ":" in name
        else frames.arp_question(name, mac=mac, sender="0.0.0.0", to=None)
    )

    async def scene(probing: Probing) -> None:
        with wire(b) as send:
            send(asked)  # nobody here has to do with it yet
            probing.prober.holding(vip(name), True)
            heard = QuestionHeard(address=name, mac=mac)
            await until(lambda: bool(send(asked) and probing.found))
            for _ in range(5):
                send(asked)
            await asyncio.sleep(0.05)
            assert probing.found == [heard]
            await until(lambda: bool(send(asked) and len(probing.found) > 1))
            assert probing.found == [heard, heard]

    probing(scene)


def test_two_that_ask_at_the_same_time_hear_each_other(trio: Trio) -> None:
    _, b, _ = trio

    async def scene(probing: Probing) -> None:
        with wire(b) as send:
            question = frames.arp_question("10.77.0.100", mac=STRANGER, sender="0.0.0.0", to=None)
            action = ProbeAddress(op=1, address=vip(), mac=None, patience_ns=500 * MILLISECOND)
            probing.prober.probe(action)
            send(question)
            await until(lambda: len(probing.found) == 2)
        assert probing.found == [
            QuestionHeard(address="10.77.0.100", mac=STRANGER),
            AddressProbed(op=1, address="10.77.0.100", answered_by=None),
        ]

    probing(scene)


@both_families
def test_who_asks_is_heard_on_an_interface_that_takes_only_what_it_has_to(
    trio: Trio, name: str
) -> None:
    """As a network card does, and no veth: a question of IPv6 goes to the group of the address."""
    a, b, _ = trio
    a.ip("link", "add", "link", "eth0", "name", "mv0", "type", "macvlan", "mode", "bridge")
    a.run("sysctl", "-qw", "net.ipv6.conf.mv0.accept_dad=0")
    a.ip("link", "set", "mv0", "up")
    a.await_carrier("mv0")
    address, mac = vip(name, interface="mv0"), b.mac("eth0")
    if address.is_ipv6:
        question = frames.neighbour_question(name, mac=mac, sender=None, to=None)
    else:
        question = frames.arp_question(name, mac=mac, sender="0.0.0.0", to=None)

    async def scene(probing: Probing) -> None:
        probing.prober.attend([address])
        asked = ProbeAddress(op=1, address=address, mac=None, patience_ns=500 * MILLISECOND)
        probing.prober.probe(asked)
        with wire(b) as send:
            send(question)
        await until(lambda: QuestionHeard(address=name, mac=mac) in probing.found)

    probing(scene)


def test_conflicts_are_heard_on_an_interface_that_was_made_anew(
    switch_and_host: tuple[Host, Host],
) -> None:
    switch, host = switch_and_host

    async def scene(probing: Probing) -> None:
        probing.prober.holding(vip(), True)
        host.ip("link", "set", "eth0", "down")
        host.ip("link", "set", "eth0", "up")
        await heard(probing, switch)
        host.ip("link", "del", "eth0")
        host.ip(
            "link", "add", "eth0", "type", "veth", "peer", "name", "port1", "netns", switch.name
        )
        host.ip("link", "set", "eth0", "up")
        switch.ip("link", "set", "port1", "master", "br0", "up")
        await heard(probing, switch)

    async def heard(probing: Probing, switch: Host) -> None:
        probing.found.clear()
        with switch.entered():
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            sock.bind(("port1", 0))
        with sock:
            frame = frames.arp_announcements("10.77.0.100", STRANGER)[0]
            await until(lambda: bool(sock.send(frame) and probing.found))

    probing(scene)


def test_questions_go_on_by_an_interface_that_comes_back_with_its_number(trio: Trio) -> None:
    a, b, _ = trio
    own(b, vip())

    async def scene(probing: Probing) -> None:
        await probing.ask()
        with hosts("borrower") as (borrower,):
            a.ip("link", "set", "eth0", "netns", borrower.name)
            borrower.ip("link", "set", "eth0", "netns", a.name)
        a.ip("link", "set", "eth0", "up")
        a.await_carrier("eth0")
        answer = await probing.ask()
        assert answer == AddressProbed(op=2, address="10.77.0.100", answered_by=b.mac("eth0"))

    probing(scene)


@pytest.mark.parametrize("gone", ["deleted", "renamed"])
def test_an_interface_that_is_gone_leaves_the_loop_alone(trio: Trio, gone: str) -> None:
    a, _, _ = trio

    async def scene(probing: Probing) -> None:
        assert isinstance(await probing.ask(), AddressProbed)
        a.ip("link", "set", "eth0", "down")
        if gone == "deleted":
            a.ip("link", "delete", "eth0")
        else:
            a.ip("link", "set", "eth0", "name", "lan0")
            a.ip("link", "set", "lan0", "up")
        await asyncio.sleep(0.05)  # what there is to hear of its end is heard
        begin = time.thread_time()
        await asyncio.sleep(0.3)
        assert time.thread_time() - begin < 0.05

    probing(scene)


def test_a_network_full_of_others_questions_never_reaches_the_loop(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are dropped in the kernel; what concerns the address still comes through."""
    _, b, _ = trio
    frames_read: list[bytes] = []
    received = ethernet.EthernetSocket.receive

    def noted(sock: ethernet.EthernetSocket) -> bytes | None:
        frame = received(sock)
        if frame is not None:
            frames_read.append(frame)
        return frame

    monkeypatch.setattr(ethernet.EthernetSocket, "receive", noted)

    async def scene(probing: Probing) -> None:
        probing.prober.attend([vip()])
        probing.prober.holding(vip(), held=True)
        ordinary = frames.arp_question("10.77.0.100", mac=STRANGER, sender="10.77.0.9", to=None)
        with wire(b) as send:
            for _ in range(50):
                send(ordinary)
            send(frames.arp_announcements("10.77.0.100", STRANGER)[0])
        await until(lambda: len(probing.found) == 1)

    probing(scene)
    assert len(frames_read) == 1
