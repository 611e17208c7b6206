"""Which addresses this machine has. Reads two files of /proc and nothing else.

Needs no privilege, does not block and works inside an event loop, so that a reload can ask again.
The addresses are those of the network namespace that the process is in.
"""

import ipaddress
import re
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
