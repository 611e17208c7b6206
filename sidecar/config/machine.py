"""What this machine has: its addresses, a name service, serial devices.

Needs no privilege. The addresses are those of the network namespace that the process is in; to read
them does not block, while a name service may.
"""

import ipaddress
import os
import re
import socket
import stat
from pathlib import Path
from typing import Final

PROC_NET: Final = Path("/proc/net")

_LOCAL_IPV4 = re.compile(r"\|-- ([0-9.]+)\n\s*/32 host LOCAL")


def local_addresses(proc_net: Path = PROC_NET) -> frozenset[str]:
    """Every address of this machine; empty where the system does not tell."""
    return frozenset(_ipv4(_text(proc_net / "fib_trie")) | _ipv6(_text(proc_net / "if_inet6")))


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""


def _ipv4(fib_trie: str) -> set[str]:
    return set(_LOCAL_IPV4.findall(fib_trie))


def _ipv6(if_inet6: str) -> set[str]:
    return {
        str(ipaddress.IPv6Address(int(line.split()[0], 16)))
        for line in if_inet6.splitlines()
        if line.strip()
    }


def resolve(name: str, version: int) -> str | None:
    """The first address of a host, by IP version 4 or 6. May wait for the name service."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6  # noqa: PLR2004
    try:
        found = socket.getaddrinfo(name, None, family, socket.SOCK_RAW)
    except (OSError, UnicodeError):
        return None
    return str(found[0][4][0])


def serial_trouble(device: str) -> str:
    """Why a serial device could not be used here; empty when it could."""
    pass_on = f"where the sidecar is a container, compose passes it on: devices: [{device}]"
    try:
        mode = Path(device).stat().st_mode
    except OSError as fault:
        return f"cannot be found here ({fault.strerror}); {pass_on}"
    if not stat.S_ISCHR(mode):
        return "is no device: correct its name in ha.cf"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"may not be opened here; {pass_on}"
    return ""
