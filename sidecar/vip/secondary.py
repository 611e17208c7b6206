"""Keeps the host's own addresses apart from the fate of a floating one. Never adds or removes any.

Linux makes the first IPv4 address of a subnet on an interface primary and later ones secondary,
and takes all secondaries away with their primary unless the interface's ``promote_secondaries`` is
on (ip-sysctl, <linux/ip.h>). The floating address normally comes second and is harmless. It comes
first where the host gets its own address later (DHCP after a cable fault), and then the end of our
lease would take the host's own address along. So the switch is turned on where we put an address;
systemd turns it on everywhere. It is set by netlink, because a container's /proc/sys is read-only.
"""

import os
import socket
import struct
from collections.abc import Collection
from typing import Final

from sidecar.vip import rtnl
from sidecar.vip.interfaces import Network
from sidecar.vip.rtnl import OUR_PROTO

_NLM_F_REQUEST: Final = 0x1
_NLM_F_ACK: Final = 0x4
_RTM_SETLINK: Final = 19
_IFLA_AF_SPEC: Final = 26
_IFLA_INET_CONF: Final = 1
_IPV4_DEVCONF_PROMOTE_SECONDARIES: Final = 20
_TIMEOUT_S: Final = 2.0


def promote_secondaries(index: int) -> None:
    """Turn the switch on for this interface. Raise OSError when the kernel refuses."""
    setting = _attribute(_IPV4_DEVCONF_PROMOTE_SECONDARIES, struct.pack("=I", 1))
    inet = _attribute(socket.AF_INET, _attribute(_IFLA_INET_CONF, setting))
    body = struct.pack("=BxHiII", 0, 0, index, 0, 0) + _attribute(_IFLA_AF_SPEC, inet)
    header = struct.pack("=IHHII", 16 + len(body), _RTM_SETLINK, _NLM_F_REQUEST | _NLM_F_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, rtnl.NETLINK_ROUTE) as sock:
        sock.settimeout(_TIMEOUT_S)
        sock.send(header + body)
        for notice in rtnl.notices(sock.recv(4096)):
            if notice.error:
                raise OSError(notice.error, os.strerror(notice.error))


def displacing(host: Network, index: int, ours: Collection[str]) -> frozenset[str]:
    """Those of ours on the interface that go before an address of the host's own, or would.

    One of ours comes first, and the host's own is secondary to it. With the first one gone, the
    next one of ours would take its place.
    """
    here = [a for a in host.assignments if a.index == index]
    others = [a for a in here if a.secondary and a.proto != OUR_PROTO]
    firsts = [
        a
        for a in here
        if not a.secondary
        and (a.proto == OUR_PROTO or a.address in ours)
        and any(rtnl.same_subnet(a, other) for other in others)
    ]
    return frozenset(
        a.address
        for a in here
        if a.address in ours and any(rtnl.same_subnet(first, a) for first in firsts)
    )


def _attribute(kind: int, value: bytes) -> bytes:
    padding = -len(value) % 4
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(padding)
