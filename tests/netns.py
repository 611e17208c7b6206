"""Network namespaces as hosts. Needs root; all that is made here is taken down again.

A thread may step into a host (``with host.entered()``): sockets that it makes there stay there.
Forwarding is off, because a host that forwards hides outages.
"""

import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.waiting import wait_for

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


class Host:
    """One namespace, with its loopback up."""

    def __init__(self, name: str) -> None:
        self.name = name
        ip("netns", "add", name)
        self.ip("link", "set", "lo", "up")
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")

    def run(self, *command: str) -> str:
        """What the command prints, run on this host."""
        return _run("ip", "netns", "exec", self.name, *command)

    def ip(self, *arguments: str) -> str:
        return ip("-n", self.name, *arguments)

    def addresses(self, interface: str) -> list[str]:
        """Lines of ``ip addr`` that name an address."""
        lines = self.ip("-o", "addr", "show", "dev", interface).splitlines()
        return [" ".join(line.split()[2:]).replace("\\", "") for line in lines]

    def has(self, address: str) -> bool:
        return f" {address}/" in self.ip("-o", "addr", "show")

    def mac(self, interface: str) -> str:
        words = self.ip("-o", "link", "show", "dev", interface).split()
        return words[words.index("link/ether") + 1]

    def await_carrier(self, interface: str) -> None:
        """The kernel may take a second to tell an interface of its carrier; frames that are sent
        before are dropped without a word.
        """
        wait_for(lambda: " state UP " in self.ip("-o", "link", "show", "dev", interface))

    @contextmanager
    def entered(self) -> Iterator["Host"]:
        """The calling thread is on this host until the block ends."""
        with ExitStack() as stack:
            home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, home)
            there = os.open(f"/var/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, there)
            _enter(there)
            stack.callback(_enter, home)
            yield self

    def remove(self) -> None:
        ip("netns", "del", self.name)


@contextmanager
def hosts(*names: str) -> Iterator[list[Host]]:
    """Hosts with names of their own in this run."""
    made: list[Host] = []
    number = next(_numbers)
    try:
        made.extend(Host(f"hb{os.getpid()}-{number}-{name}") for name in names)
        yield made
    finally:
        for host in made:
            host.remove()


@contextmanager
def segment(
    *members: Host, interface: str = "eth0", network: str = "10.77.0", network6: str = "fd77::"
) -> Iterator[Host]:
    """Hosts on one Ethernet: each gets the interface and the address of its place, from .1 on.

    The switch is a bridge in a namespace of its own; port N is called ``port<N>``.
    """
    with hosts("switch") as (switch,):
        switch.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        switch.ip("link", "set", "br0", "up")
        for place, host in enumerate(members, start=1):
            join(switch, host, place, interface)
            host.ip("addr", "add", f"{network}.{place}/24", "brd", "+", "dev", interface)
            host.ip("addr", "add", f"{network6}{place}/64", "dev", interface, "nodad")
        for place, host in enumerate(members, start=1):
            host.await_carrier(interface)
            switch.await_carrier(f"port{place}")
        yield switch


def join(switch: Host, host: Host, place: int, interface: str = "eth0") -> None:
    """Plug the host into port ``place`` of the switch."""
    port = f"port{place}"
    peer = ("peer", "name", interface, "netns", host.name)
    switch.ip("link", "add", port, "type", "veth", *peer)
    switch.ip("link", "set", port, "master", "br0", "up")
    host.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_dad=0")
    host.ip("link", "set", interface, "up")


def ip(*arguments: str) -> str:
    return _run("ip", *arguments)


def is_root() -> bool:
    return os.geteuid() == 0 and Path("/proc/self/ns/net").exists()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
