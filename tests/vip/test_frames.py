"""The frames, octet by octet, and what is read from frames that others send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.vip import frames
from sidecar.vip.frames import Claim, Question

OUR_MAC = "02:00:00:00:00:0a"
PEER_MAC = "02:00:00:00:00:0b"
ROUTER_MAC = "02:00:00:00:00:0c"
VIP = "10.77.0.100"
VIP6 = "fd77::1:100"

ETHERNET_ARP = "0806"
ARP_HEAD = "0001 0800 06 04"


def octets(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def test_gratuitous_arp_has_a_request_and_a_reply_form() -> None:
    request, reply = frames.arp_announcements(VIP, OUR_MAC)
    head = octets(f"ffffffffffff {OUR_MAC} {ETHERNET_ARP} {ARP_HEAD}")
    assert request == head + octets(f"0001 {OUR_MAC} 0a4d0064 000000000000 0a4d0064")
    assert reply == head + octets(f"0002 {OUR_MAC} 0a4d0064 {OUR_MAC} 0a4d0064")


def test_an_arp_question_to_one_machine_goes_to_its_hardware_address() -> None:
    asked = frames.arp_question(VIP, mac=OUR_MAC, sender="0.0.0.0", to=PEER_MAC)
    assert asked == octets(
        f"{PEER_MAC} {OUR_MAC} {ETHERNET_ARP} {ARP_HEAD}"
        f"0001 {OUR_MAC} 00000000 000000000000 0a4d0064"
    )


def test_an_arp_question_to_everybody_is_a_broadcast() -> None:
    asked = frames.arp_question(VIP, mac=OUR_MAC, sender="10.77.0.1", to=None)
    assert asked[:6] == bytes([255] * 6)
    assert asked[28:32] == bytes([10, 77, 0, 1])


def test_a_neighbour_advertisement_goes_to_all_nodes_and_overrides() -> None:
    frame = frames.neighbour_advertisement(VIP6, OUR_MAC)
    assert frame == octets(
        f"3333 00000001 {OUR_MAC} 86dd"  # Ethernet
        "60000000 0020 3a ff"  # version, 32 octets of ICMPv6, hop limit 255
        "fd77 0000 0000 0000 0000 0000 0001 0100 ff02 0000 0000 0000 0000 0000 0000 0001"
        "8800 57a4 20000000"  # advertisement, checksum, override
        f"fd77 0000 0000 0000 0000 0000 0001 0100 0201 {OUR_MAC}"
    )


def test_a_neighbour_question_to_the_group_uses_the_last_three_octets() -> None:
    frame = frames.neighbour_question(VIP6, mac=OUR_MAC, sender="fe80::1", to=None)
    assert frame[:6] == octets("3333 ff010100")
    assert frame[38:54] == octets("ff02 0000 0000 0000 0000 0001 ff01 0100")
    assert frame[-8:] == octets(f"0101 {OUR_MAC}")


def test_a_neighbour_question_to_one_machine_goes_to_the_address_itself() -> None:
    frame = frames.neighbour_question(VIP6, mac=OUR_MAC, sender="fe80::1", to=PEER_MAC)
    assert frame[:6] == octets(PEER_MAC)
    assert frame[38:54] == octets("fd77 0000 0000 0000 0000 0000 0001 0100")


def test_a_neighbour_question_without_a_sender_has_the_form_of_duplicate_detection() -> None:
    frame = frames.neighbour_question(VIP6, mac=OUR_MAC, sender=None, to=PEER_MAC)
    assert frame[:6] == octets(PEER_MAC)
    assert frame[22:38] == bytes(16)
    assert frame[38:54] == octets("ff02 0000 0000 0000 0000 0001 ff01 0100")
    assert len(frame) == 14 + 40 + 24  # no option may tell a hardware address


@pytest.mark.parametrize("frame", frames.arp_announcements(VIP, PEER_MAC))
def test_both_forms_of_arp_claim_their_senders_address(frame: bytes) -> None:
    assert frames.claim(frame) == Claim(address=VIP, mac=PEER_MAC, sender=PEER_MAC)


def test_a_padded_frame_is_read_as_well() -> None:
    padded = frames.arp_announcements(VIP, PEER_MAC)[0].ljust(60, b"\0")
    assert frames.claim(padded) == Claim(address=VIP, mac=PEER_MAC, sender=PEER_MAC)


def test_an_advertisement_claims_its_target() -> None:
    frame = frames.neighbour_advertisement(VIP6, PEER_MAC)
    assert frames.claim(frame) == Claim(address=VIP6, mac=PEER_MAC, sender=PEER_MAC)
    assert frames.claim(frame + bytes(4)) == frames.claim(frame)


def test_the_sender_of_a_frame_and_its_claim_are_told_apart() -> None:
    frame = frames.arp_announcements(VIP, PEER_MAC)[1]
    by_router = frame[:6] + octets(ROUTER_MAC) + frame[12:]
    assert frames.claim(by_router) == Claim(address=VIP, mac=PEER_MAC, sender=ROUTER_MAC)


def test_a_question_for_the_address_claims_nothing() -> None:
    asked = frames.arp_question(VIP, mac=PEER_MAC, sender="0.0.0.0", to=None)
    assert frames.claim(asked) is None
    asked = frames.neighbour_question(VIP6, mac=PEER_MAC, sender="fe80::1", to=None)
    assert frames.claim(asked) is None


@pytest.mark.parametrize("mac", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"])
def test_what_can_be_no_machine_claims_nothing(mac: str) -> None:
    assert frames.claim(frames.arp_announcements(VIP, mac)[1]) is None
    assert frames.claim(frames.neighbour_advertisement(VIP6, mac)) is None


def test_a_damaged_advertisement_claims_nothing() -> None:
    frame = bytearray(frames.neighbour_advertisement(VIP6, PEER_MAC))
    frame[-1] ^= 1
    assert frames.claim(bytes(frame)) is None


def test_an_advertisement_that_passed_a_router_claims_nothing() -> None:
    frame = bytearray(frames.neighbour_advertisement(VIP6, PEER_MAC))
    frame[21] = 254
    assert frames.claim(bytes(frame)) is None


@given(st.binary(max_size=120), st.sampled_from([b"", b"\x08\x06", b"\x86\xdd"]))
def test_arbitrary_octets_never_raise(data: bytes, protocol: bytes) -> None:
    frames.claim(data[:12].ljust(12, b"\0") + protocol + data[12:])


@pytest.mark.parametrize("to", [None, OUR_MAC])
def test_a_question_for_a_free_address_is_read_in_both_families(to: str | None) -> None:
    arp = frames.arp_question(VIP, mac=PEER_MAC, sender="0.0.0.0", to=to)
    assert frames.question(arp) == Question(address=VIP, mac=PEER_MAC)
    solicitation = frames.neighbour_question(VIP6, mac=PEER_MAC, sender=None, to=to)
    assert frames.question(solicitation) == Question(address=VIP6, mac=PEER_MAC)


def test_who_asks_in_its_own_name_only_wants_to_speak_to_the_owner() -> None:
    asked = frames.arp_question(VIP, mac=PEER_MAC, sender="10.77.0.2", to=None)
    assert frames.question(asked) is None
    asked = frames.neighbour_question(VIP6, mac=PEER_MAC, sender="fe80::1", to=None)
    assert frames.question(asked) is None


@given(st.binary(max_size=100))
def test_noise_asks_nothing(noise: bytes) -> None:
    for kind in ("0806", "86dd"):
        frames.question(bytes(12) + bytes.fromhex(kind) + noise)
