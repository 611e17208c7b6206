"""Which interfaces and addresses this host has. Asked afresh each time, so never stale.

Blocks for the fraction of a millisecond that a netlink dump takes: for start-up and the worker's
thread, not for the event loop while the cluster runs. Changes nothing.
"""

import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import Final

from sidecar.vip import rtnl

_ATTEMPTS: Final = 5
_TIMEOUT_S: Final = 2.0
_BUFFER: Final = 64 * 1024  # the kernel fills no more than 32 KiB in one go


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All interfaces by index, and all addresses."""

    interfaces: dict[int, rtnl.Interface]
    assignments: tuple[rtnl.Assignment, ...]

    def name_of(self, index: int) -> str:
        interface = self.interfaces.get(index)
        return interface.name if interface else f"interface number {index}"


def network() -> Network:
    """Raise OSError when the kernel does not tell."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, rtnl.NETLINK_ROUTE) as sock:
        sock.settimeout(_TIMEOUT_S)
        sock.bind((0, 0))
        links = _dump(sock, rtnl.RTM_GETLINK)
        addresses = _dump(sock, rtnl.RTM_GETADDR)
    return Network(
        interfaces={link.index: link for link in links if isinstance(link, rtnl.Interface)},
        assignments=tuple(a for a in addresses if isinstance(a, rtnl.Assignment)),
    )


def find_interface(address: str, prefix: int) -> str | None:
    """The interface whose subnet contains the address, for haresources lines that name none.

    The narrowest subnet wins, then the one with the same prefix length, then the older interface.
    """
    wanted = ipaddress.ip_address(address)
    host = network()
    fitting: list[tuple[int, bool, int, str]] = []
    for own in host.assignments:
        interface = host.interfaces.get(own.index)
        if interface is None or interface.loopback or own.address == str(wanted):
            continue
        if wanted in ipaddress.ip_network(f"{own.address}/{own.prefix}", strict=False):
            fitting.append((-own.prefix, own.prefix != prefix, own.index, interface.name))
    return min(fitting)[3] if fitting else None


def mac_of(interface: str) -> str | None:
    """The interface's hardware address, None when there is no such interface."""
    for link in network().interfaces.values():
        if link.name == interface:
            return link.mac
    return None


def _dump(sock: socket.socket, message_type: int) -> list[rtnl.Interface | rtnl.Assignment]:
    for sequence in range(message_type * 100, message_type * 100 + _ATTEMPTS):
        sock.send(rtnl.dump_request(message_type, sequence))
        found, whole = _collect(sock, sequence)
        if whole:
            break
    return found  # after so many changes in a row, a dump that is slightly torn serves as well


def _collect(
    sock: socket.socket, sequence: int
) -> tuple[list[rtnl.Interface | rtnl.Assignment], bool]:
    found: list[rtnl.Interface | rtnl.Assignment] = []
    whole = True
    while True:
        for notice in rtnl.notices(sock.recv(_BUFFER)):
            if notice.sequence != sequence:
                continue
            whole = whole and not notice.interrupted
            if notice.error:
                raise OSError(notice.error, os.strerror(notice.error))
            if notice.about is not None:
                found.append(notice.about)
            if notice.type == rtnl.NLMSG_DONE:
                return found, whole
