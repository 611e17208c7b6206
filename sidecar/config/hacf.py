"""Reads ha.cf as a Heartbeat 3.0.6 node does (ha.cf(5), protocol section 9.1).

Line based; ``#`` cuts the rest of a line; after the name, options are separated by blanks, tabs or
commas. Names are case sensitive. What each directive does here is in directives.py. Pure: takes
lines, gives what was understood, and collects every problem on the way.

Where this reader differs from a real node, it is stricter: one value where one is meant, exactly
two nodes.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sidecar.config import directives, machine, values
from sidecar.config.directives import Directive, Kind, Standing
from sidecar.config.links import BAUDS, MediaLines
from sidecar.config.media import MEDIA, MediumLine
from sidecar.config.nodes import Pair, add_node, settle_pair
from sidecar.config.pings import PingLine, PingLines, Resolve
from sidecar.config.problems import FileProblems, quote
from sidecar.config.textfile import Line
from sidecar.config.timing import Given, settle, settle_deadping
from sidecar.config.values import BadValue, did_you_mean, parse_integer, parse_time
from sidecar.core.params import Link, Timing
from sidecar.core.terms import AutoFailback, NodeName

TIMERS: Final = ("keepalive", "deadtime", "warntime", "initdead", "deadping")

_SEPARATORS = re.compile(r"[ \t,]+")
_SEVERAL: Final = frozenset({"node", "ping", "ping6", "ping_group", "respawn", *MEDIA})
"""Directives that may stand in several lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaCf:
    """What ha.cf says. A part that could not be understood is None; the problems tell why."""

    pair: Pair | None
    timing: Timing | None
    auto_failback: AutoFailback
    links: tuple[Link, ...]
    link_lines: tuple[MediumLine, ...]
    """The lines of ``links``, in the same order."""
    own_lines: tuple[MediumLine, ...]
    """Lines that name this node itself: meant for the other node."""
    ping_lines: tuple[PingLine, ...]
    deadping_ns: int
    ipfail: bool
    hopfudge: int
    realtime_priority: int
    """0: ``realtime`` is off."""
    inner_auth: bool


def parse(
    lines: Iterable[Line],
    own: str,
    local_addresses: AbstractSet[str],
    problems: FileProblems,
    resolve: Resolve = machine.resolve,
) -> HaCf:
    """What the lines say for the node ``own``, whose addresses are ``local_addresses``."""
    reader = _Reader(own, local_addresses, problems, resolve)
    for line in lines:
        words = [word for word in _SEPARATORS.split(line.text.partition("#")[0]) if word]
        if words:
            reader.read(words[0], words[1:], line.number)
    return reader.finish()


class _Reader:
    def __init__(
        self,
        own: str,
        local_addresses: AbstractSet[str],
        problems: FileProblems,
        resolve: Resolve,
    ) -> None:
        self._own = own
        self._local_addresses = local_addresses
        self._problems = problems
        self._nodes: dict[NodeName, int] = {}
        self._times: dict[str, Given] = {}
        self._media = MediaLines(local_addresses, problems)
        self._ping = PingLines(resolve, problems)
        self._ipfail: int | None = None
        self._hopfudge = 1
        self._realtime = True
        self._rtprio = 1
        self._auto_failback: AutoFailback | None = None
        self._inner_auth = True
        self._seen: dict[str, int] = {}
        self._handlers: dict[str, Callable[[Sequence[str], int], None]] = {
            **{name: self._timer(name) for name in TIMERS},
            "node": self._node,
            "udpport": self._udpport,
            "hopfudge": self._read_hopfudge,
            "realtime": self._read_realtime,
            "rtprio": self._read_rtprio,
            "auto_failback": self._read_auto_failback,
            "msgfmt": self._msgfmt,
            "baud": self._read_baud,
            "ping": lambda options, line: self._ping.add_hosts(options, line, 4),
            "ping6": lambda options, line: self._ping.add_hosts(options, line, 6),
            "ping_group": self._ping.add_group,
            "respawn": self._respawn,
            **{name: self._medium(name) for name in MEDIA},
        }

    def read(self, name: str, options: Sequence[str], line: int) -> None:
        directive = directives.find(name)
        if directive is None:
            self._unknown(name, line)
            return
        if not options:
            self._problems.error(
                line, f"{name} has no value: write it like `{name} {directive.syntax}`"
            )
            return
        try:
            _check_form(directive, options)
            match directive.standing:
                case Standing.IMPLEMENTED:
                    self._tell_repeated(directive, line)
                    self._handlers[name](options, line)
                case Standing.NO_EFFECT:
                    self._problems.note(line, f"{name} has no effect here: {directive.here}")
                case Standing.REFUSED:
                    self._refuse(directive, options, line)
        except BadValue as fault:
            self._problems.error(line, f"{name}: {fault}")
        self._seen[name] = line

    def finish(self) -> HaCf:
        if self._auto_failback is None and "auto_failback" not in self._seen:
            self._problems.warn(
                None,
                "has no auto_failback line, so that `legacy` holds, as with Heartbeat: "
                "write `auto_failback on` or `off` on both nodes",
            )
        self._require_link()
        self._media.tell_doubtful()
        self._tell_of_ping()
        timing = settle(self._times, self._problems)
        if timing is not None:
            self._media.tell_slow(timing.keepalive_ns)
        return HaCf(
            pair=settle_pair(self._nodes, self._own, self._problems),
            timing=timing,
            auto_failback=self._auto_failback or AutoFailback.LEGACY,
            links=self._media.links(),
            link_lines=tuple(self._media.peers),
            own_lines=tuple(self._media.own),
            ping_lines=tuple(self._ping.found),
            deadping_ns=settle_deadping(self._times, timing, self._problems),
            ipfail=self._ipfail is not None,
            hopfudge=self._hopfudge,
            realtime_priority=self._rtprio if self._realtime else 0,
            inner_auth=self._inner_auth,
        )

    def _require_link(self) -> None:
        if self._media.peers:
            return
        if self._media.own:
            first = self._media.own[0]
            self._problems.error(
                first.line,
                f"{first.medium} names only addresses of this node itself ({first.target} is "
                "one): add a line with the other node's address",
            )
        elif not self._media.seen:
            self._problems.error(
                None,
                "has no link to the other node: "
                "write a line like `ucast eth1 192.168.17.51` with the other node's address",
            )

    def _tell_of_ping(self) -> None:
        self._ping.tell_own(self._local_addresses)
        self._ping.tell_nodes(self._nodes.keys())
        if self._ipfail is not None and not self._ping.found:
            self._problems.warn(
                self._ipfail,
                "ipfail has nothing to compare, since there is no ping node: "
                "write a line like `ping 192.168.17.1` with a router that both nodes reach",
            )

    def _unknown(self, name: str, line: int) -> None:
        key, equals, value = name.partition("=")
        if equals and directives.find(key):
            self._problems.error(
                line, f"{quote(name)} has an equals sign: write `{key} {value or 'VALUE'}`"
            )
            return
        hint = did_you_mean(name, directives.names())
        mend = hint or ": correct or remove the line"
        self._problems.error(line, f"{quote(name)} is no directive of Heartbeat 3.0.6{mend}")

    def _tell_repeated(self, directive: Directive, line: int) -> None:
        if directive.name in self._media.fixed:
            return  # that line counts for the media below it; where this one does not, that is told
        if directive.name in self._seen and directive.name not in _SEVERAL:
            self._problems.warn(
                line,
                f"{directive.name} is already given in line {self._seen[directive.name]}; "
                "the later line counts: remove one of the two",
            )

    def _refuse(self, directive: Directive, options: Sequence[str], line: int) -> None:
        if len(options) == 1 and options[0].lower() in directive.harmless:
            return
        # The values only where one of them would do: those of stonith_host have a password in them.
        shown = options if directive.harmless else ()
        written = " ".join((directive.name, *shown))
        self._problems.error(line, f"{quote(written)} is not supported: {directive.here}")

    def _node(self, options: Sequence[str], line: int) -> None:
        for name in options:
            add_node(self._nodes, name, line, self._problems)

    def _timer(self, name: str) -> Callable[[Sequence[str], int], None]:
        def read(options: Sequence[str], line: int) -> None:
            self._times[name] = Given(ns=parse_time(options[0]), line=line)

        return read

    def _medium(self, name: str) -> Callable[[Sequence[str], int], None]:
        def read(options: Sequence[str], line: int) -> None:
            self._media.add(name, options, line)

        return read

    def _udpport(self, options: Sequence[str], line: int) -> None:
        self._media.set_port(parse_integer(options[0], 1, 65535), line)

    def _read_baud(self, options: Sequence[str], line: int) -> None:
        if options[0] not in map(str, BAUDS):
            speeds = ", ".join(map(str, BAUDS))
            raise BadValue(f"{quote(options[0])} is no speed of a line: write one of {speeds}")
        self._media.set_baud(int(options[0]), line)

    def _respawn(self, options: Sequence[str], line: int) -> None:
        """Ipfail is built in, and its line switches it on; other programs are not started."""
        if len(options) == 1:
            raise BadValue("takes a user and a command: write `respawn hacluster /.../ipfail`")
        command = options[1]
        if command.rpartition("/")[2] == "ipfail":
            self._ipfail = line
            return
        self._problems.warn(
            line,
            f"respawn starts no program here, so {quote(command)} will not run: run it as a "
            "container of its own (only ipfail is a part of the sidecar)",
        )

    def _read_hopfudge(self, options: Sequence[str], _line: int) -> None:
        self._hopfudge = parse_integer(options[0], 0, 255)

    def _read_realtime(self, options: Sequence[str], _line: int) -> None:
        self._realtime = values.parse_boolean(options[0])

    def _read_rtprio(self, options: Sequence[str], _line: int) -> None:
        self._rtprio = parse_integer(options[0], 1, 99)

    def _read_auto_failback(self, options: Sequence[str], _line: int) -> None:
        word = options[0].lower()
        if word == "legacy":
            self._auto_failback = AutoFailback.LEGACY
            return
        failback = values.parse_boolean(word)
        self._auto_failback = AutoFailback.ON if failback else AutoFailback.OFF

    def _msgfmt(self, options: Sequence[str], _line: int) -> None:
        if options[0] not in {"classic", "netstring"}:
            raise BadValue(f"{quote(options[0])} is unknown: write `classic` or `netstring`")
        self._inner_auth = options[0] == "classic"


def _check_form(directive: Directive, options: Sequence[str]) -> None:
    """Raise BadValue where a Heartbeat node would not start with this value either."""
    if directive.kind in {Kind.WORDS, Kind.LINE}:
        return
    if len(options) > 1:
        raise BadValue(
            f"{quote(' '.join(options))} is more than one value: "
            f"write it like `{directive.name} {directive.syntax}`"
        )
    match directive.kind:
        case Kind.TIME:
            parse_time(options[0])
        case Kind.BOOLEAN:
            values.parse_boolean(options[0])
        case Kind.INTEGER:
            parse_integer(options[0], directive.lowest, directive.highest)
        case Kind.WORD:
            pass
