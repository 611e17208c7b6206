"""Every directive of ha.cf that a Heartbeat 3.0.6 node knows, and what it does here.

One table for the parser, for `sidecar check` and for the documents. The names, defaults and kinds
of values are those of ha.cf(5) and of protocol section 9.1. The table decides nothing by itself:
hacf.py reads the lines by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """What becomes of a directive here."""

    IMPLEMENTED = "implemented"
    NO_EFFECT = "no effect"
    """Accepted: it has no meaning in a container, or the sidecar does it otherwise."""
    REFUSED = "refused"
    """An error: to go on without it would break what the operator relies on."""


class Kind(StrEnum):
    """What may follow the name."""

    TIME = "time"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    WORD = "word"
    WORDS = "words"
    """Several options, each processed on its own."""
    LINE = "line"
    """The rest of the line belongs together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    name: str
    standing: Standing
    kind: Kind
    syntax: str
    default: str = ""
    here: str
    """What it does here; or why it does nothing; or why it is refused and the way out."""
    lowest: int = 0
    highest: int = 999_999_999_999
    harmless: tuple[str, ...] = ()
    """Values with which a refused directive asks for nothing, so that it is accepted."""


def find(name: str) -> Directive | None:
    return _BY_NAME.get(name)


def names() -> Iterator[str]:
    return iter(_BY_NAME)


def _implemented() -> Iterator[Directive]:
    def row(name: str, kind: Kind, syntax: str, default: str, here: str) -> Directive:
        return Directive(
            name=name,
            standing=Standing.IMPLEMENTED,
            kind=kind,
            syntax=syntax,
            default=default,
            here=here,
        )

    yield row("node", Kind.WORDS, "NAME...", "", "the two nodes, this one among them")
    yield row("keepalive", Kind.TIME, "TIME", "1", "the time between two heartbeats")
    yield row("deadtime", Kind.TIME, "TIME", "30", "a node silent for this long is dead")
    yield row("warntime", Kind.TIME, "TIME", "deadtime / 2", "a silence this long is told")
    yield row(
        "initdead",
        Kind.TIME,
        "TIME",
        "deadtime if over 10 s; 12 if deadtime is under 6 s; else 2 x deadtime",
        "deadtime at the start, when the other node may still be booting",
    )
    yield Directive(
        name="udpport",
        standing=Standing.IMPLEMENTED,
        kind=Kind.INTEGER,
        syntax="PORT",
        default="694",
        here="the UDP port of the links whose first line stands below",
        lowest=1,
        highest=65535,
    )
    yield Directive(
        name="hopfudge",
        standing=Standing.IMPLEMENTED,
        kind=Kind.INTEGER,
        syntax="0..255",
        default="1",
        here="goes into the ttl of a message",
        highest=255,
    )
    yield row(
        "realtime",
        Kind.BOOLEAN,
        "BOOLEAN",
        "true",
        "real-time scheduling, where the container has the capability SYS_NICE",
    )
    yield Directive(
        name="rtprio",
        standing=Standing.IMPLEMENTED,
        kind=Kind.INTEGER,
        syntax="PRIORITY",
        default="1",
        here="its priority, from 1 to 99",
        lowest=1,
        highest=99,
    )
    yield row(
        "auto_failback",
        Kind.WORD,
        "on|off|legacy",
        "legacy",
        "whether a group goes back when its preferred node returns; `legacy`, as `on`, lets it go "
        "back, and speaks Heartbeat's older protocol with a Heartbeat node",
    )
    yield row(
        "msgfmt",
        Kind.WORD,
        "classic|netstring",
        "classic",
        "classic: messages carry an inner signature too, as a Heartbeat node's do",
    )
    yield from _links_and_pings()


def _links_and_pings() -> Iterator[Directive]:
    def row(name: str, kind: Kind, syntax: str, here: str, default: str = "") -> Directive:
        return Directive(
            name=name,
            standing=Standing.IMPLEMENTED,
            kind=kind,
            syntax=syntax,
            default=default,
            here=here,
        )

    yield row("ucast", Kind.LINE, "DEV ADDRESS", "a link over UDP to one IPv4 address")
    yield row("ucast6", Kind.LINE, "DEV ADDRESS", "a link over UDP to one IPv6 address")
    yield row("bcast", Kind.WORDS, "DEV...", "a link by UDP broadcast")
    yield row("udp", Kind.WORDS, "DEV...", "the old name of bcast")
    yield row("mcast", Kind.LINE, "DEV GROUP PORT TTL LOOP", "a link by UDP multicast")
    yield row("mcast6", Kind.LINE, "DEV GROUP PORT TTL LOOP", "a link by UDP multicast over IPv6")
    yield row("serial", Kind.WORDS, "DEVICE...", "a link over a serial line")
    speed = "the speed of the serial lines that stand below"
    yield row("baud", Kind.WORD, "RATE", speed, "19200")
    yield row("ping", Kind.WORDS, "ADDRESS...", "ping nodes, which tell whether a node is cut off")
    yield row("ping6", Kind.WORDS, "ADDRESS...", "ping nodes over IPv6")
    yield row("ping_group", Kind.LINE, "NAME ADDRESS...", "addresses that count as one ping node")
    yield row("deadping", Kind.TIME, "TIME", "a ping node silent this long is lost", "deadtime")
    yield row(
        "respawn",
        Kind.LINE,
        "USER COMMAND",
        "switches on ipfail, which is a part of the sidecar: the node that sees fewer ping nodes "
        "hands over; other programs run as containers of their own",
    )


def _no_effect() -> Iterator[Directive]:
    def row(name: str, kind: Kind, syntax: str, here: str, default: str = "") -> Directive:
        return Directive(
            name=name,
            standing=Standing.NO_EFFECT,
            kind=kind,
            syntax=syntax,
            default=default,
            here=here,
        )

    log = "the log goes to standard output, for the container engine to keep"
    yield row("logfile", Kind.WORD, "FILE", log)
    yield row("debugfile", Kind.WORD, "FILE", log)
    yield row("logfacility", Kind.WORD, "FACILITY", log)
    yield row("use_logd", Kind.BOOLEAN, "BOOLEAN", log)
    yield row("conn_logd_time", Kind.TIME, "TIME", log, "60")
    yield row("syslogmsgfmt", Kind.BOOLEAN, "BOOLEAN", log, "true")
    yield Directive(
        name="debug",
        standing=Standing.NO_EFFECT,
        kind=Kind.INTEGER,
        syntax="0..255",
        default="0",
        here="set SIDECAR_LOG_LEVEL=debug instead",
        highest=255,
    )
    yield row(
        "log_badpack",
        Kind.BOOLEAN,
        "BOOLEAN",
        "rejected packets are counted in a metric and logged once in a while",
        "true",
    )
    small = "the sidecar's messages are far too small to be compressed; it reads compressed ones"
    yield row("compression", Kind.WORD, "zlib|bz2", small, "zlib")
    yield row("compression_threshold", Kind.INTEGER, "KIB", small, "2")
    yield row("traditional_compression", Kind.BOOLEAN, "BOOLEAN", small, "no")
    yield row(
        "max_rexmit_delay",
        Kind.INTEGER,
        "MS",
        "lost messages are asked for at a fixed pace",
        "250",
    )
    state = "generation and uuid are kept in SIDECAR_STATE_DIR"
    yield row("hbgenmethod", Kind.WORD, "file|time", state, "file")
    yield row("uuidfrom", Kind.WORD, "file|nodename", state, "file")
    yield row(
        "watchdog",
        Kind.WORD,
        "DEVICE",
        "the kernel takes the addresses away from a sidecar that hangs: their lifetime runs out",
    )
    container = "memory and core files are set on the container"
    yield row("coredumps", Kind.BOOLEAN, "BOOLEAN", container, "true")
    yield row("coreroot", Kind.WORD, "FOLDER", container)
    yield row("memreserve", Kind.INTEGER, "KIB", container, "6500")
    yield row("normalpoll", Kind.TIME, "TIME", "the sidecar does not poll")
    yield row("use_apphbd", Kind.BOOLEAN, "BOOLEAN", "there is no apphbd", "no")
    yield row(
        "apiauth",
        Kind.LINE,
        "CLIENT uid=USER gid=GROUP",
        "there is no client interface; the control socket has a mode",
    )
    yield row(
        "failfast",
        Kind.LINE,
        "USER COMMAND",
        "the sidecar starts no programs: run the command as a container of its own",
    )
    yield row("nice_failback", Kind.BOOLEAN, "BOOLEAN", "obsolete: write auto_failback")
    yield row("cluster", Kind.WORD, "NAME", "for a quorum server only", "linux-ha")
    yield row("quorum_server", Kind.WORD, "HOST", "two nodes and ping nodes do without one")
    crm = "meant for a cluster resource manager"
    yield row("crm_daemon_dir", Kind.WORD, "FOLDER", crm)
    yield row("crmd_spawns_pengine", Kind.BOOLEAN, "BOOLEAN", crm)
    yield row("record_config_changes", Kind.BOOLEAN, "BOOLEAN", crm)
    yield row("record_pengine_inputs", Kind.BOOLEAN, "BOOLEAN", crm)
    yield row("enable_config_writes", Kind.BOOLEAN, "BOOLEAN", crm)
    yield row("env", Kind.LINE, "NAME=VALUE", crm)


def _refused() -> Iterator[Directive]:
    def row(
        name: str, kind: Kind, syntax: str, here: str, harmless: tuple[str, ...] = ()
    ) -> Directive:
        return Directive(
            name=name,
            standing=Standing.REFUSED,
            kind=kind,
            syntax=syntax,
            here=here,
            harmless=harmless,
        )

    manager = (
        "a cluster resource manager would decide in place of haresources: "
        "write `crm off`, and the groups into haresources"
    )
    off = ("off", "no", "false", "n", "0")
    yield row("crm", Kind.WORD, "BOOLEAN", manager, off)
    yield row("pacemaker", Kind.WORD, "BOOLEAN", manager, off)
    yield row(
        "autojoin",
        Kind.WORD,
        "none|any|OTHER",
        "the sidecar works for exactly two nodes, both named: write `autojoin none` "
        "and a `node` line for each",
        ("none",),
    )
    fencing = (
        "the sidecar does not switch machines off: remove the line; an address is a lease that "
        "the kernel ends by itself on a node that dies or hangs"
    )
    yield row(
        "hbaping",
        Kind.WORDS,
        "CARD...",
        "the sidecar does not ping over Fibre Channel: name the ping node in a `ping` line",
    )
    yield row("stonith", Kind.LINE, "TYPE FILE", fencing)
    yield row("stonith_host", Kind.LINE, "HOST TYPE PARAMETERS", fencing)


DIRECTIVES: Final = (*_implemented(), *_no_effect(), *_refused())
_BY_NAME: Final = {directive.name: directive for directive in DIRECTIVES}
