"""The media of ha.cf as links to the peer.

The same file serves both nodes (protocol section 8): a line whose address belongs to this node
itself is left out here. Which addresses are local is handed in. As on a Heartbeat node the first
line of a medium fixes its port and its speed, so that udpport and baud count only below themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from sidecar.config.media import MEDIA, MediumLine
from sidecar.config.problems import FileProblems
from sidecar.config.values import BadValue, say_time
from sidecar.core.params import Link
from sidecar.core.terms import SECOND, LinkName, Medium

DEFAULT_PORT: Final = 694
DEFAULT_BAUD: Final = 19200
BAUDS: Final = (9600, 19200, 38400, 57600, 115200, 230400, 460800)
_BEAT_BITS: Final = 4000  # a heartbeat of 400 bytes, with start and stop bits
_UNICAST: Final = (Medium.UCAST, Medium.UCAST6)


@dataclass(slots=True)
class MediaLines:
    """Collects the lines; ``links`` says at the end what they mean for this node."""

    local_addresses: AbstractSet[str]
    problems: FileProblems
    peers: list[MediumLine] = field(default_factory=list)
    own: list[MediumLine] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    """Where the first line of each directive stands, even if it was wrong."""
    _port: int = field(default=DEFAULT_PORT, init=False)
    _baud: int = field(default=DEFAULT_BAUD, init=False)
    _ports: dict[Medium, tuple[int, int]] = field(default_factory=dict, init=False)
    """The port of each UDP medium, and the line that fixed it."""
    _bauds: tuple[int, int] | None = field(default=None, init=False)

    def add(self, name: str, options: Sequence[str], line: int) -> None:
        self.seen.setdefault(name, line)
        try:
            understood = MEDIA[name](options, line)
        except BadValue as fault:
            self.problems.error(line, str(fault))
            return
        for one in understood:
            self._fix(one)
            self._add(one)

    @property
    def fixed(self) -> frozenset[str]:
        """The directives of which an earlier line counts, so that a later one does not undo it."""
        known = {"udpport": bool(self._ports), "baud": self._bauds is not None}
        return frozenset(name for name, is_fixed in known.items() if is_fixed)

    def set_port(self, port: int, line: int) -> None:
        self._port = port
        for medium, (fixed, first) in self._ports.items():
            if fixed != port:
                self._tell_too_late(line, f"udpport {port}", f"{medium} line ({first})", fixed)

    def set_baud(self, baud: int, line: int) -> None:
        self._baud = baud
        if self._bauds is not None and self._bauds[0] != baud:
            fixed, first = self._bauds
            self._tell_too_late(line, f"baud {baud}", f"serial line ({first})", fixed)

    def tell_doubtful(self) -> None:
        """Warn where one interface leads to several addresses and none is this node's own.

        It is legal, but mostly the file names both nodes, and the interface has no address yet.
        """
        own = {(one.medium, one.device) for one in self.own}
        for place in to_several(self.peers):
            if place not in own:
                medium, device = place
                lines = [one.line for one in self.peers if (one.medium, one.device) == place]
                where = ", ".join(map(str, lines))
                self.problems.warn(
                    lines[0],
                    f"{len(lines)} {medium} lines name {device} ({where}), and none of "
                    f"their addresses belongs to this node: is {device} up, and is its "
                    "address right?",
                )

    def tell_slow(self, keepalive_ns: int) -> None:
        """Warn where heartbeats alone would fill most of a serial line."""
        for one in self.peers:
            beat_ns = _BEAT_BITS * SECOND // self._speed
            if one.medium is Medium.SERIAL and 2 * beat_ns > keepalive_ns:
                self.problems.warn(
                    one.line,
                    f"a heartbeat takes {say_time(beat_ns)} on {one.device} at {self._speed} baud, "
                    f"which is much of keepalive {say_time(keepalive_ns)}: write a higher baud "
                    "above the serial line, or a longer keepalive",
                )

    def links(self) -> tuple[Link, ...]:
        names = _names(self.peers)
        return tuple(
            Link(
                name=name,
                medium=one.medium,
                device=one.device,
                target=one.target,
                port=one.port or self._ports.get(one.medium, (self._port, 0))[0],
                ttl=one.ttl,
                loop=one.loop,
                baud=self._speed,
            )
            for name, one in zip(names, self.peers, strict=True)
        )

    @property
    def _speed(self) -> int:
        return self._bauds[0] if self._bauds is not None else self._baud

    def _fix(self, one: MediumLine) -> None:
        if one.medium is Medium.SERIAL:
            self._bauds = self._bauds or (self._baud, one.line)
        elif one.port is None:
            self._ports.setdefault(one.medium, (self._port, one.line))

    def _add(self, one: MediumLine) -> None:
        for other in (*self.peers, *self.own):
            if (other.text, other.port) == (one.text, one.port):
                self.problems.warn(
                    one.line,
                    f"{one.text} is already in line {other.line} and counts once: "
                    "remove one of the two lines",
                )
                return
        if one.ttl == 0:
            self.problems.warn(
                one.line, f"with ttl 0 no packet of {one.text} leaves this host: write a ttl of 1"
            )
        (self.own if leads_to(one, self.local_addresses) else self.peers).append(one)

    def _tell_too_late(self, line: int, what: str, first: str, fixed: int) -> None:
        # A Heartbeat node fixes the value when it meets the first line of the medium.
        directive = what.partition(" ")[0].removeprefix("udp")
        self.problems.warn(
            line,
            f"{what} stands below the first {first}, so that it does not count there and the "
            f"{directive} is {fixed}, as on a Heartbeat node: move it above",
        )


def leads_to(one: MediumLine | Link, addresses: AbstractSet[str]) -> bool:
    """Whether it is a way to the host that has these addresses."""
    return one.medium in _UNICAST and one.target in addresses


def to_several(ways: Iterable[MediumLine | Link]) -> tuple[tuple[Medium, str], ...]:
    """The media and interfaces by which several addresses are reached, in the order of the lines.

    One of the addresses may be this node's own, and not be there yet.
    """
    uses = Counter((one.medium, one.device) for one in ways if one.medium in _UNICAST)
    return tuple(place for place, count in uses.items() if count > 1)


def _names(lines: Sequence[MediumLine]) -> list[LinkName]:
    """Short, and each once: the interface, then the target too, then the port too."""
    ways: tuple[Callable[[MediumLine], str], ...] = (
        lambda one: one.device.removeprefix("/dev/"),
        lambda one: f"{one.device} {one.target or one.medium}",
        lambda one: f"{one.device} {one.target} {one.port}",
    )
    names = [ways[0](one) for one in lines]
    for way in ways[1:]:
        uses = Counter(names)
        names = [
            name if uses[name] == 1 else way(one) for name, one in zip(names, lines, strict=True)
        ]
    return [LinkName(name) for name in names]
