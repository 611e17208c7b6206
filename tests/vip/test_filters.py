"""What the kernel lets through to the loop, of frames that cross a real wire."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from sidecar.vip import filters, frames
from sidecar.vip.ethernet import EthernetSocket
from sidecar.vip.filters import Program
from sidecar.vip.frames import ETH_P_ARP
from tests.netns import Host

pytestmark = pytest.mark.hosts

Trio = tuple[Host, Host, Host]

VIP = "10.77.0.100"
SECOND = "10.77.0.101"
THEIRS = "10.77.0.77"
MAC = "02:00:00:00:00:66"
LAST = frames.arp_announcements("10.77.0.100", "02:00:00:00:00:99")[1]
"""A reply, which every program lets through: what was sent before it has passed or never will."""

SENDERS = {LAST[6:12], bytes.fromhex(MAC.replace(":", ""))}


@contextmanager
def listening(program: Program) -> Iterator[EthernetSocket]:
    sock = EthernetSocket("eth0", listen=ETH_P_ARP, only=program)
    try:
        yield sock
    finally:
        sock.close()


def heard(sock: EthernetSocket, sender: Host, *sent: bytes) -> list[bytes]:
    """What has come through of this, padding left out."""
    with sender.entered():
        wire = EthernetSocket("eth0")
    try:
        for frame in (*sent, LAST):
            wire.send(frame)
    finally:
        wire.close()
    came: list[bytes] = []
    end_s = time.monotonic() + 5
    while not came or came[-1] != LAST:
        assert time.monotonic() < end_s, f"only {came} came"
        received = sock.receive()
        if received is not None and received[6:12] in SENDERS:
            came.append(received[: len(LAST)])
    return came[:-1]


def question(target: str, sender: str) -> bytes:
    return frames.arp_question(target, mac=MAC, sender=sender, to=None)


def test_an_ordinary_question_of_somebody_else_is_not_heard(trio: Trio) -> None:
    with listening(filters.arp_about([VIP])) as sock:
        assert heard(sock, trio[1], question(VIP, THEIRS), question("10.77.0.9", THEIRS)) == []


def test_the_question_of_who_has_no_address_yet_is_heard(trio: Trio) -> None:
    asked = question(VIP, "0.0.0.0")
    with listening(filters.arp_about([VIP])) as sock:
        assert heard(sock, trio[1], asked) == [asked]


@pytest.mark.parametrize("address", [VIP, SECOND])
def test_whatever_is_said_in_the_name_of_one_of_ours_is_heard(trio: Trio, address: str) -> None:
    announced, replied = frames.arp_announcements(address, MAC)
    asked = question("10.77.0.9", address)
    with listening(filters.arp_about([VIP, SECOND])) as sock:
        assert heard(sock, trio[1], announced, asked, replied) == [announced, asked, replied]


def test_every_reply_is_heard(trio: Trio) -> None:
    reply = frames.arp_announcements(THEIRS, MAC)[1]
    with listening(filters.arp_about([VIP])) as sock:
        assert heard(sock, trio[1], reply) == [reply]


def test_the_program_can_be_changed_while_the_socket_listens(trio: Trio) -> None:
    announced = frames.arp_announcements(SECOND, MAC)[0]
    with listening(filters.arp_about([VIP])) as sock:
        assert heard(sock, trio[1], announced) == []
        sock.hear_only(filters.arp_about([VIP, SECOND]))
        assert heard(sock, trio[1], announced) == [announced]


@pytest.mark.parametrize("count", [filters.ADDRESSES_MAX, filters.ADDRESSES_MAX + 1])
def test_the_kernel_takes_a_program_about_very_many_addresses(trio: Trio, count: int) -> None:
    """With more than fit, everything is heard: to hear too much costs time and nothing else."""
    many = [f"10.78.{number // 250}.{number % 250 + 1}" for number in range(count)]
    asked = question("10.77.0.9", THEIRS)
    announced = frames.arp_announcements(many[-1], MAC)[0]
    with listening(filters.arp_about(many)) as sock:
        expected = [announced] if count <= filters.ADDRESSES_MAX else [asked, announced]
        assert heard(sock, trio[1], asked, announced) == expected


def test_a_kernel_with_little_room_for_programs_lets_everything_through(trio: Trio) -> None:
    """As those before 6.8 are, for a program about 640 addresses, or about 320 and 320 others."""
    with suppress(AssertionError):  # one whose room cannot be set for a namespace has as little
        trio[0].run("sysctl", "-qw", "net.core.optmem_max=20480")
    many = [f"192.168.{number // 250}.{number % 250 + 1}" for number in range(1000)]
    asked = question("10.77.0.9", THEIRS)
    with listening(filters.arp_about(many)) as sock:
        assert heard(sock, trio[1], asked) == [asked]
        sock.hear_only(filters.arp_about(many[:500]))
        assert heard(sock, trio[1], asked) == []
        sock.hear_only(filters.arp_about(many[500:]))
        announced = frames.arp_announcements(many[-1], MAC)[0]
        assert heard(sock, trio[1], asked, announced) == [announced]
