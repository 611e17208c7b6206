"""Reads haresources as a Heartbeat 3.0.6 node does (protocol section 9.3).

One group a logical line, ``NODE RESOURCE...``; ``#`` cuts the rest; a backslash at the end joins
the next line. NODE is compared without regard to case. The first resource as written is the
group's key.

A resource is an address (see addresses.py) or a container: a bare word is the container of that
name, and ``nginx::stop`` (or ``pause`` or ``run``) says what it does on the node that stands by.
Scripts of Heartbeat do not exist here, so those are refused with a way out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sidecar.config.addresses import parse_ipv4, parse_ipv6
from sidecar.config.problems import FileProblems, quote
from sidecar.config.textfile import Line
from sidecar.config.values import BadValue, did_you_mean
from sidecar.core.params import Address, Container, Resource, ResourceGroup
from sidecar.core.terms import NodeName, StandbyMode

EXAMPLE: Final = "masternginx 192.168.171.100/24/eth0:0 nginx"

_LIKE_AN_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+.*", re.ASCII)
_LIKE_IPV6 = re.compile(r"[0-9a-fA-F:]+(/.*)?", re.ASCII)
_CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", re.ASCII)
_IPV4_SCRIPTS: Final = frozenset({"IPaddr", "IPaddr2"})
_IPV6_SCRIPTS: Final = frozenset({"IPv6addr"})
_WAYS_OUT: Final = {
    "Filesystem": "mount it on the host, or as a volume of the container",
    "LVM": "activate it on the host",
    "LinuxSCSI": "attach it on the host",
    "Raid1": "assemble it on the host",
    "ServeRAID": "assemble it on the host",
    "drbddisk": "the sidecar moves addresses and containers, no disks",
    "drbdupper": "the sidecar moves addresses and containers, no disks",
    "IPsrcaddr": "set the source address of the route on the host",
    "SendArp": "the sidecar announces its addresses by itself",
    "MailTo": "let Alertmanager send mail: the metrics tell of every takeover",
    "WinPopup": "let Alertmanager send the message: the metrics tell of every takeover",
    "AudibleAlarm": "let Alertmanager raise the alarm: the metrics tell of every takeover",
    "Delay": "a group waits by itself until its containers are healthy",
    "portblock": "a group claims its addresses only after its containers are healthy",
    "Xinetd": "run the service as a container and write its name",
    "WAS": "run the service as a container and write its name",
    "OCF": "run the service as a container and write its name",
}


def parse(
    lines: Sequence[Line], nodes: Sequence[NodeName], problems: FileProblems
) -> tuple[ResourceGroup, ...]:
    """The groups. ``nodes`` are those of ha.cf; without any, names are not checked."""
    errors_before = problems.errors
    reader = _Reader(nodes, problems)
    for line in _join(lines):
        words = line.text.split()
        if words:
            reader.read(words, line.number)
    if not reader.groups and problems.errors == errors_before:
        problems.error(None, f"holds no resource group: write a line like `{EXAMPLE}`")
    return tuple(reader.groups)


def _join(lines: Sequence[Line]) -> Iterator[Line]:
    """Logical lines: without comments, with continued lines joined, numbered by their first."""
    start: int | None = None
    joined = ""
    for line in lines:
        text = line.text.partition("#")[0].rstrip()
        start = line.number if start is None else start
        if text.endswith("\\"):
            joined += text[:-1]
            continue
        yield Line(number=start, text=joined + text)
        start, joined = None, ""
    if start is not None:
        yield Line(number=start, text=joined)


class _Reader:
    def __init__(self, nodes: Sequence[NodeName], problems: FileProblems) -> None:
        self.groups: list[ResourceGroup] = []
        self._nodes = nodes
        self._problems = problems
        self._keys: dict[str, int] = {}
        self._lines: dict[tuple[str, str], int] = {}

    def read(self, words: Sequence[str], line: int) -> None:
        node, *written = words
        preferred = NodeName(node.lower())
        errors_before = self._problems.errors
        if self._nodes and preferred not in self._nodes:
            self._problems.error(line, self._say_unknown_node(node))
        if not written:
            self._problems.error(
                line, f"names no resource after the node: write a line like `{EXAMPLE}`"
            )
            return
        if written[0] in self._keys:
            self._problems.error(
                line,
                f"{quote(written[0])} already begins the group of line {self._keys[written[0]]}: "
                "begin each group with another resource",
            )
        self._keys.setdefault(written[0], line)
        resources = tuple(self._resource(word, line) for word in written)
        understood = tuple(one for one in resources if one is not None)
        if self._problems.errors == errors_before:
            self.groups.append(
                ResourceGroup(name=written[0], preferred=preferred, resources=understood)
            )

    def _say_unknown_node(self, node: str) -> str:
        return (
            f"{quote(node)} is no node of ha.cf ({', '.join(self._nodes)}): begin the line with "
            f"the node that the group prefers{did_you_mean(node, self._nodes)}"
        )

    def _resource(self, written: str, line: int) -> Resource | None:
        try:
            resource = parse_resource(written)
        except BadValue as fault:
            self._problems.error(line, str(fault))
            return None
        kind = "address" if isinstance(resource, Address) else "container"
        earlier = self._lines.get((kind, resource.name))
        if earlier is not None:
            self._problems.error(
                line,
                f"the {kind} {resource.name} is already in line {earlier}: "
                "a resource belongs to one group, once",
            )
            return None
        self._lines[kind, resource.name] = line
        self._tell_incomplete(resource, line)
        return resource

    def _tell_incomplete(self, resource: Resource, line: int) -> None:
        if isinstance(resource, Address) and not resource.interface:
            self._problems.warn(
                line,
                f"the address {resource.name} names no interface, so that the one whose subnet "
                f"holds it is taken: better write it whole, like {resource.name}/24/eth0",
            )


def parse_resource(written: str) -> Resource:
    """One resource; BadValue says what is wrong with it and what to write."""
    script, separator, rest = written.partition("::")
    if _LIKE_AN_ADDRESS.fullmatch(written):
        return parse_ipv4(written)
    if script in _IPV4_SCRIPTS:
        return parse_ipv4(rest)
    if script in _IPV6_SCRIPTS:
        return parse_ipv6(rest)
    if script in _WAYS_OUT:
        raise BadValue(
            f"{quote(written)} is a script of Heartbeat, which cannot run here: "
            f"remove it; {_WAYS_OUT[script]}"
        )
    if not _CONTAINER.fullmatch(script):
        raise BadValue(_say_no_container(written))
    if not separator:
        return Container(name=script)
    try:
        return Container(name=script, standby=StandbyMode(rest))
    except ValueError:
        if _LIKE_IPV6.fullmatch(written):
            raise BadValue(_say_no_container(written)) from None
        raise BadValue(
            f"{quote(written)} is no resource: a container is written `{script}`, "
            f"or `{script}::pause`, `{script}::stop` or `{script}::run` to say how it stands by; "
            "scripts of Heartbeat do not exist here"
        ) from None


def _say_no_container(written: str) -> str:
    if _LIKE_IPV6.fullmatch(written) and ":" in written:
        mend = quote(f"IPv6addr::{written}")
        return f"{quote(written)} is no resource: an IPv6 address is written {mend}"
    return f"{quote(written)} is neither an address nor a container's name: correct the word"


def containers_of(groups: Iterable[ResourceGroup]) -> tuple[str, ...]:
    return tuple(one.name for group in groups for one in group.containers)
