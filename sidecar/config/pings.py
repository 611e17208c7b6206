"""The ping nodes and ping groups of ha.cf (``ping``, ``ping6``, ``ping_group``).

Names are looked up while the file is read and never again: an echo must not wait for a name
service. How to look up is handed in. A ping node has its name as written, in lower case.
"""

import ipaddress
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from sidecar.config.problems import FileProblems, quote
from sidecar.config.values import BadValue
from sidecar.core.params import PingTarget

Resolve = Callable[[str, int], str | None]
"""A host's name and 4 or 6 give its address; None when it has none."""
GROUP_WORDS_MIN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PingLine:
    line: int
    target: PingTarget


@dataclass(slots=True)
class PingLines:
    """Collects the lines in their order."""

    resolve: Resolve
    problems: FileProblems
    found: list[PingLine] = field(default_factory=list)

    @property
    def targets(self) -> tuple[PingTarget, ...]:
        return tuple(one.target for one in self.found)

    def add_hosts(self, options: Sequence[str], line: int, version: int) -> None:
        """``ping`` or ``ping6``: each option is a ping node of its own."""
        for written in options:
            host = self._host(written, line, version)
            if host is not None:
                self._add(PingTarget(name=written.lower(), hosts=(host,)), line)

    def add_group(self, options: Sequence[str], line: int) -> None:
        if len(options) < GROUP_WORDS_MIN:
            raise BadValue("a group takes a name and addresses: write `ping_group NAME ADDRESS...`")
        name, *members = options
        hosts = [self._host(member, line, 4) for member in members]
        known = tuple(dict.fromkeys(host for host in hosts if host is not None))
        if len(known) == len(set(hosts)):
            self._add(PingTarget(name=name.lower(), hosts=known, is_group=True), line)

    def tell_own(self, local_addresses: AbstractSet[str]) -> None:
        """A node that pings itself sees a ping node that never fails."""
        for one in self.found:
            for host in one.target.hosts:
                if host in local_addresses:
                    self.problems.warn(
                        one.line,
                        f"{host} is an address of this node itself, which always answers: write "
                        "that of a router or another machine beyond both nodes",
                    )

    def tell_nodes(self, nodes: AbstractSet[str]) -> None:
        for one in self.found:
            if one.target.name in nodes:
                self.problems.error(
                    one.line,
                    f"{one.target.name} is one of the two nodes: a ping node is a third machine",
                )

    def _add(self, target: PingTarget, line: int) -> None:
        for other in self.found:
            if other.target.name == target.name:
                self.problems.error(
                    line,
                    f"{target.name} is already named in line {other.line}: "
                    "write another ping node, or remove the line",
                )
                return
        self.found.append(PingLine(line=line, target=target))

    def _host(self, written: str, line: int, version: int) -> str | None:
        try:
            address = ipaddress.ip_address(written)
        except ValueError:
            return self._look_up(written, line, version)
        if address.version != version:
            self._tell_version(written, line, version)
        if address.is_multicast or address.is_unspecified:
            self.problems.error(
                line, f"{quote(written)} is the address of no single host: write a router's"
            )
            return None
        return str(address)

    def _look_up(self, written: str, line: int, version: int) -> str | None:
        address = self.resolve(written, version)
        if address is None:
            self.problems.error(
                line,
                f"{quote(written)} is no address, and no name that can be looked up on this node: "
                f"write the ping node's IPv{version} address",
            )
        return address

    def _tell_version(self, written: str, line: int, version: int) -> None:
        name = "ping" if version == 4 else "ping6"  # noqa: PLR2004 - of IP
        self.problems.warn(
            line,
            f"{written} is no IPv{version} address: it is pinged here, but {name} of a Heartbeat "
            "node does not take it",
        )
