"""The fields that two sidecars add to Heartbeat's messages. A real Heartbeat node ignores them.

They mark the peer as one of ours, which takes away the waits that Heartbeat's own design forces,
and carry what a decision needs: readiness, hardware addresses, the age of a claim.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sidecar.core.params import MaintenanceOrder

VERSION_FIELD: Final = "hs_v"  # on every status; its presence makes the peer a sidecar
VERSION: Final = "1"
READY: Final = "hs_ready"  # 1 when the node could serve now
MACS: Final = "hs_mac"  # interface=mac,interface=mac: where the node's addresses live
TERMS: Final = "hs_term"  # local,foreign on resource: which claim is the older one, hex
ASK: Final = "hs_ask"  # a number on a resource message whose sender wants to hear ours in return
ANSWER: Final = "hs_answer"  # the number of the question that a resource message answers
WHY: Final = "hs_why"  # on ask_resources me: the label of the reason
OFFER: Final = "hs_offer"  # NUMBER,GIVER on ask_resources: which of the giver's offers it is about

PING: Final = "hs_ping"  # how many ping nodes answer the sender, decimal

LINK: Final = "hs_link"  # on every status: the sender's name for the link that it went out on
HEARD: Final = "hs_heard"  # LINK,LINK: on which of the receiver's links the sender hears it
UPTO: Final = "hs_upto"  # GENERATION,NUMBER: the receiver's newest status that the sender has, hex
CONF: Final = "hs_conf"  # on every status, FORM:DIGEST: what both nodes must be told alike
CONF_FORM: Final = "2"  # which facts are in it; what another form says cannot be compared

MAINTENANCE: Final = "hs_maint"  # on every status after the first order: whole seconds left
MAINTENANCE_ORDER: Final = "hs_order"  # NUMBER,SECONDS,SINCE,NODE: which order that is; see below
ORDER_MAX_S: Final = 7 * 24 * 3600

MACS_MAX: Final = 64
SEES: Final = "hs_sees"  # ADDRESS=1,ADDRESS=0: whether the sender sees what the receiver holds

LINKS_MAX: Final = 64
ADDRESSES_MAX: Final = 64
NOTHING: Final = "none"  # a field of the classic form must not be empty
# Stricter than int() and bytes.fromhex(), which take signs, blanks and foreign digits: what is read
# here ends in a frame on the wire and in the decision who keeps an address.
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_NUMBER: Final = re.compile(r"[0-9a-f]{1,8}")
_LINK_NAME: Final = re.compile(r"[ -+.-~-]{1,251}")  # as in ha.cf: printable, no comma
_DIGEST: Final = re.compile(rf"{CONF_FORM}:([0-9a-f]{{8}})")
_TERMS: Final = re.compile(r"([0-9a-f]{1,8}),([0-9a-f]{1,8})")
_ORDER: Final = re.compile(r"([0-9a-f]{1,8}),([0-9a-f]{1,8}),([0-9a-f]{1,12}),([!-~]{1,100})")
_OFFER: Final = re.compile(r"[0-9a-f]{1,8},[!-~]{1,100}")
_UPTO: Final = re.compile(r"([0-9a-f]{1,16}),([0-9a-f]{1,16})")
_LEFT: Final = re.compile(r"[0-9]{1,7}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWord:
    """What a peer says of maintenance: the order that it knows, and what is left of it."""

    number: int
    seconds: int
    since_s: int
    by: str
    left_s: int

    @property
    def rank(self) -> tuple[int, int, str]:
        """As that of the order."""
        return self.number, self.seconds, self.by


def encode_order(order: MaintenanceOrder) -> str:
    return f"{order.number:x},{order.seconds:x},{order.since_s:x},{order.by}"


def decode_maintenance(left: str | None, order: str | None) -> MaintenanceWord | None:
    """Read both fields; None when one is absent or makes no sense."""
    found, left_found = _ORDER.fullmatch(order or ""), _LEFT.fullmatch(left or "")
    if found is None or left_found is None:
        return None
    number, seconds, since_s = (int(found[at], 16) for at in (1, 2, 3))
    left_s = int(left_found[0])
    if not left_s <= seconds <= ORDER_MAX_S:
        return None
    return MaintenanceWord(
        number=number, seconds=seconds, since_s=since_s, by=found[4], left_s=left_s
    )


def encode_offer(number: int, giver: str) -> str:
    return f"{number:x},{giver}"


def decode_offer(text: str | None) -> str:
    """Read which offer is meant, which goes back to the giver. Empty when it does not say."""
    return text if text and _OFFER.fullmatch(text) else ""


def decode_link(text: str | None) -> str:
    """Read the sender's name of a link, which goes back to it in ``hs_heard``.

    Empty when it is absent, or none that every form could carry back.
    """
    return text if text and _LINK_NAME.fullmatch(text) else ""


def names_link(data: bytes, link: str) -> bool:
    """Whether a status, in either form, says in plain sight that it went out by this link."""
    said = f"{LINK}={link}".encode()
    return b")%b," % said in data or b"\n%b\n" % said in data


def encode_heard(links: Iterable[str]) -> str:
    return ",".join(links) or NOTHING


def decode_heard(text: str | None) -> tuple[str, ...] | None:
    """Read the names of links; None when the peer does not say."""
    if text is None:
        return None
    return () if text == NOTHING else tuple(text.split(",", LINKS_MAX)[:LINKS_MAX])


def encode_upto(generation: int, number: int) -> str:
    return f"{generation:x},{number:x}"


def decode_upto(text: str | None) -> tuple[int, int] | None:
    """Read generation and number in hex; None when it is absent or makes no sense."""
    found = _UPTO.fullmatch(text or "")
    return (int(found[1], 16), int(found[2], 16)) if found else None


def encode_macs(macs: dict[str, str]) -> str:
    return ",".join(f"{interface}={mac}" for interface, mac in macs.items())


def decode_macs(text: str) -> dict[str, str]:
    """Read what a peer says; a part that makes no sense is left out."""
    pairs = [part.split("=", 1) for part in text.split(",")[:MACS_MAX] if "=" in part]
    return {interface: mac for interface, mac in pairs if interface and _MAC.fullmatch(mac)}


def decode_terms(text: str | None) -> tuple[int, int] | None:
    """Read ``local,foreign`` in hex; None when it is absent or makes no sense."""
    found = _TERMS.fullmatch(text or "")
    return (int(found[1], 16), int(found[2], 16)) if found else None


def decode_number(text: str | None) -> str:
    """Read the number of a question; empty when it is absent or makes no sense."""
    return text if text and _NUMBER.fullmatch(text) else ""


def encode_sees(seen: dict[str, bool]) -> str:
    return ",".join(f"{address}={int(sees)}" for address, sees in seen.items())


def decode_sees(text: str) -> dict[str, bool]:
    """Read which addresses a peer sees; a part that makes no sense is left out."""
    pairs = [part.rpartition("=") for part in text.split(",")[:ADDRESSES_MAX]]
    return {name: sees == "1" for name, _, sees in pairs if name and sees in ("0", "1")}


def encode_digest(digest: str) -> str:
    return f"{CONF_FORM}:{digest}"


def decode_digest(text: str | None) -> str | None:
    """Read the digest of a configuration; None when it is absent, of another form or no digest."""
    found = _DIGEST.fullmatch(text or "")
    return found[1] if found else None
