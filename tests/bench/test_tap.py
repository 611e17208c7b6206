"""Heartbeats and announcements are told from other frames by their bytes."""

import struct

from tests.bench.tap import is_advert, is_announcement, is_heartbeat


def ip_frame(protocol: int, port: int = 0) -> bytes:
    header = bytes([0x45, *bytes(8), protocol, *bytes(10)])
    return bytes(12) + b"\x08\x00" + header + struct.pack("!HHHH", 4242, port, 8, 0)


def arp_frame(sender: str, asked: str) -> bytes:
    addresses = [bytes(map(int, name.split("."))) for name in (sender, asked)]
    head = bytes(12) + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
    return head + bytes(6) + addresses[0] + bytes(6) + addresses[1]


def test_a_heartbeat_is_a_datagram_to_its_port():
    assert is_heartbeat(ip_frame(17, 694))
    assert not is_heartbeat(ip_frame(17, 53))
    assert not is_heartbeat(ip_frame(6, 694))


def test_an_advert_is_known_by_its_protocol():
    assert is_advert(ip_frame(112))
    assert not is_advert(ip_frame(17, 112))


def test_who_speaks_of_its_own_address_announces_it():
    assert is_announcement(arp_frame("10.0.0.100", "10.0.0.100"))
    assert not is_announcement(arp_frame("10.0.0.1", "10.0.0.100"))
