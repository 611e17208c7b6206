"""Reads ha.cf as a Heartbeat 3.0.6 node does (ha.cf(5), protocol section 9.1).

Line based; ``#`` cuts the rest of a line; after the name, options are separated by blanks, tabs or
commas. Names are case sensitive. What each directive does here is in directives.py. Pure: takes
lines, gives what was understood, and collects every problem on the way.

Where this reader differs from a real node, it is stricter (one value where one is meant, exactly
two nodes), with one exception: without an auto_failback line it takes `on`, because the default of
Heartbeat, `legacy`, is another protocol that is not implemented yet.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sidecar.config import directives, values
from sidecar.config.directives import Directive, Kind, Standing
from sidecar.config.links import UcastLine, UcastLines
from sidecar.config.nodes import Pair, add_node, settle_pair
from sidecar.config.problems import FileProblems, quote
from sidecar.config.textfile import Line
from sidecar.config.timing import Given, settle
from sidecar.config.values import BadValue, did_you_mean, parse_integer, parse_time
from sidecar.core.params import Link, Timing
from sidecar.core.terms import AutoFailback, NodeName

DEFAULT_PORT: Final = 694
TIMERS: Final = ("keepalive", "deadtime", "warntime", "initdead")

_SEPARATORS = re.compile(r"[ \t,]+")
_MEDIA: Final = ("serial", "bcast", "udp", "mcast", "mcast6", "ucast6")


@dataclass(frozen=True, slots=True, kw_only=True)
class HaCf:
    """What ha.cf says. A part that could not be understood is None; the problems tell why."""

    pair: Pair | None
    timing: Timing | None
    auto_failback: AutoFailback
    links: tuple[Link, ...]
    ucast_lines: tuple[UcastLine, ...]
    """The lines of ``links``, in the same order."""
    own_lines: tuple[UcastLine, ...]
    """Lines that name this node itself: meant for the other node."""
    hopfudge: int
    inner_auth: bool


def parse(
    lines: Iterable[Line], own: str, local_addresses: AbstractSet[str], problems: FileProblems
) -> HaCf:
    """What the lines say for the node ``own``, whose addresses are ``local_addresses``."""
    reader = _Reader(own, local_addresses, problems)
    for line in lines:
        words = [word for word in _SEPARATORS.split(line.text.partition("#")[0]) if word]
        if words:
            reader.read(words[0], words[1:], line.number)
    return reader.finish()


class _Reader:
    def __init__(self, own: str, local_addresses: AbstractSet[str], problems: FileProblems) -> None:
        self._own = own
        self._problems = problems
        self._nodes: dict[NodeName, int] = {}
        self._times: dict[str, Given] = {}
        self._ucast = UcastLines(local_addresses, problems)
        self._port = DEFAULT_PORT
        self._hopfudge = 1
        self._auto_failback: AutoFailback | None = None
        self._inner_auth = True
        self._seen: dict[str, int] = {}
        self._handlers: dict[str, Callable[[Sequence[str], int], None]] = {
            **{name: self._timer(name) for name in TIMERS},
            "node": self._node,
            "udpport": self._udpport,
            "hopfudge": self._read_hopfudge,
            "auto_failback": self._read_auto_failback,
            "msgfmt": self._msgfmt,
            "ucast": self._ucast.add,
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
                case Standing.NOT_YET:
                    self._tell_not_yet(directive, options, line)
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
                "has no auto_failback line; `on` is assumed, while a Heartbeat node would take "
                "`legacy`: write `auto_failback on` or `off` on both nodes",
            )
        self._require_link()
        self._ucast.tell_doubtful()
        return HaCf(
            pair=settle_pair(self._nodes, self._own, self._problems),
            timing=settle(self._times, self._problems),
            auto_failback=self._auto_failback or AutoFailback.ON,
            links=self._ucast.links(self._port),
            ucast_lines=tuple(self._ucast.peers),
            own_lines=tuple(self._ucast.own),
            hopfudge=self._hopfudge,
            inner_auth=self._inner_auth,
        )

    def _require_link(self) -> None:
        if self._ucast.peers:
            return
        if self._ucast.own:
            first = self._ucast.own[0]
            self._problems.error(
                first.line,
                f"ucast names only addresses of this node itself ({first.address} is one): "
                "add a line with the other node's address",
            )
        elif self._ucast.first is None:
            others = [name for name in _MEDIA if name in self._seen]
            but = f" ({', '.join(others)}: not yet)" if others else ""
            self._problems.error(
                None,
                f"has no link to the other node{but}: "
                "write a line like `ucast eth1 192.168.17.51` with the other node's address",
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
        several = directive.name in {"node", "ucast"}
        if directive.name in self._seen and not several:
            self._problems.warn(
                line,
                f"{directive.name} is already given in line {self._seen[directive.name]}; "
                "the later line counts: remove one of the two",
            )

    def _tell_not_yet(self, directive: Directive, options: Sequence[str], line: int) -> None:
        name = directive.name
        if name == "respawn" and not options[-1].endswith("/ipfail"):
            self._problems.warn(
                line,
                "respawn starts no program here: run it as a container of its own "
                "(only ipfail will become a part of the sidecar)",
            )
            return
        what = f"{name} ... ipfail" if name == "respawn" else name
        self._problems.warn(line, f"not yet: {what} has no effect in this version")

    def _refuse(self, directive: Directive, options: Sequence[str], line: int) -> None:
        if len(options) == 1 and options[0].lower() in directive.harmless:
            return
        written = " ".join((directive.name, *options))
        self._problems.error(line, f"{quote(written)} is not supported: {directive.here}")

    def _node(self, options: Sequence[str], line: int) -> None:
        for name in options:
            add_node(self._nodes, name, line, self._problems)

    def _timer(self, name: str) -> Callable[[Sequence[str], int], None]:
        def read(options: Sequence[str], line: int) -> None:
            self._times[name] = Given(ns=parse_time(options[0]), line=line)

        return read

    def _udpport(self, options: Sequence[str], line: int) -> None:
        port = parse_integer(options[0], 1, 65535)
        first = self._ucast.first
        if first is None:
            self._port = port
        elif port != self._port:
            # A Heartbeat node fixes the port when it meets the first line of a medium.
            self._problems.warn(
                line,
                f"udpport {port} stands below the first ucast line ({first}), so that it does not "
                f"count and the port is {self._port}, as on a Heartbeat node: move it above",
            )

    def _read_hopfudge(self, options: Sequence[str], _line: int) -> None:
        self._hopfudge = parse_integer(options[0], 0, 255)

    def _read_auto_failback(self, options: Sequence[str], _line: int) -> None:
        word = options[0].lower()
        if word == "legacy":
            raise BadValue(
                "`legacy` is not implemented yet: write `on` (the group goes back by itself) "
                "or `off` on both nodes"
            )
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
