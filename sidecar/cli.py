"""The command line: reads arguments and hands them to the command's own module.

Each command lives in sidecar/commands/NAME.py with ``main(arguments) -> int`` and is imported only
when it is asked for, so that a health check does not load what only the daemon needs. Exit status:
0 fine, 1 failed, 2 bad usage or configuration.
"""

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sidecar import VERSION
from sidecar.config.options import CONTROL, OPTIONS, Option, choose
from sidecar.config.problems import ConfigError
from sidecar.config.proxying import PROXY_OPTIONS
from sidecar.loading import uncollected

FINE: Final = 0
FAILED: Final = 1
BAD_USAGE: Final = 2

_OF_OUTPUT: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What a full disk or a terminal that was closed answers."""
_HOLDINGS: Final = ("all", "local", "foreign", "failback")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    if sys.stdout is None:
        return _unwritten("it is closed")
    try:
        try:
            return _obey(sys.argv[1:] if words is None else words)
        finally:
            # Not at the interpreter's end, where nobody could answer a failure.
            sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()  # its reader has gone, as in `sidecar check | head`
        return FAILED
    except OSError as error:
        if error.errno not in _OF_OUTPUT or error.filename is not None:
            raise
        _forget_output()
        return _unwritten(error.strerror)
    except KeyboardInterrupt:
        return FAILED


def _obey(words: Sequence[str]) -> int:
    with uncollected():
        arguments = build_parser(os.environ, of=words[0] if words else "").parse_args(words)
        command = importlib.import_module(f"sidecar.commands.{arguments.command}")
    entry: Callable[[argparse.Namespace], int] = command.main
    try:
        return entry(arguments)
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        return BAD_USAGE


def _forget_output() -> None:
    """What is still buffered goes nowhere, lest the interpreter complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(why: str | None) -> int:
    print(f"sidecar: cannot write to the standard output: {why}", file=sys.stderr)
    return FAILED


def build_parser(environ: Mapping[str, str], *, of: str = "") -> argparse.ArgumentParser:
    """All commands with their arguments, or only the one ``of`` this name, which takes less time.

    The environment gives the control socket's default.
    """
    parser = argparse.ArgumentParser(
        prog="sidecar",
        description="One highly available service on two plain Docker hosts: a Heartbeat node "
        "beside your container.",
    )
    parser.add_argument("--version", action="version", version=f"sidecar {VERSION}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog=parser.prog
    )
    for name in (of,) if of in _COMMANDS else _COMMANDS:
        purpose, fill = _COMMANDS[name]
        description = f"{purpose[0].upper()}{purpose[1:]}."
        command = commands.add_parser(name, help=purpose, description=description)
        if name in _ASKING:
            _control(command, environ)
        fill(command)
    return parser


def _options(parser: argparse.ArgumentParser, options: Sequence[Option] = OPTIONS) -> None:
    """No defaults here: sidecar.config.options knows them, and where a value came from."""
    for option in options:
        default = f"; default {option.default}" if option.default else ""
        parser.add_argument(
            option.flag,
            dest=option.name,
            action="append" if option.several else "store",
            metavar=option.metavar,
            help=f"{option.help} ({option.environment}{default})",
        )


def _proxy(proxy: argparse.ArgumentParser) -> None:
    _options(proxy, PROXY_OPTIONS)


def _decode(decode: argparse.ArgumentParser) -> None:
    decode.add_argument(
        "--authkeys", metavar="FILE", required=True, help="the keys to verify them with"
    )


def _init(init: argparse.ArgumentParser) -> None:
    for side in ("a", "b"):
        init.add_argument(
            f"--node-{side}", metavar="NAME", help=f"host name (uname -n) of node {side}"
        )
        init.add_argument(
            f"--address-{side}", metavar="IP", help=f"heartbeat address of node {side}"
        )
    init.add_argument("--interface", metavar="DEV", help="interface of the heartbeat")
    init.add_argument("--vip", metavar="IP/BITS", help="the floating address")
    init.add_argument("--vip-interface", metavar="DEV", help="interface of the floating address")
    init.add_argument("--container", metavar="NAME", help="the container that moves with it")
    init.add_argument("--keepalive", metavar="TIME", help="time between two heartbeats")
    init.add_argument("--warntime", metavar="TIME", help="silence after which the log warns")
    init.add_argument("--deadtime", metavar="TIME", help="silence after which a node is dead")
    init.add_argument("--initdead", metavar="TIME", help="the same while both nodes boot")
    init.add_argument("--bcast", metavar="DEV", help="interface of a second link, by broadcast")
    init.add_argument("--serial", metavar="DEVICE", help="serial line of another link")
    init.add_argument("--ping", metavar="ADDRESS", help="ping node for ipfail, such as a router")
    init.add_argument("--udpport", metavar="PORT", help="UDP port of the heartbeat")
    init.add_argument(
        "--auto-failback", choices=("on", "off"), help="go back when the preferred node returns"
    )
    init.add_argument("--output", metavar="DIR", default=".", help="where to (default: here)")
    init.add_argument("--force", action="store_true", help="overwrite files that exist")


def _completion(completion: argparse.ArgumentParser) -> None:
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")


def _control(asking: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    """Of the commands that speak to the running sidecar over its control socket."""
    asking.add_argument(
        CONTROL.flag,
        dest=CONTROL.name,
        metavar=CONTROL.metavar,
        default=choose(CONTROL, {}, environ),
        help=f"{CONTROL.help} ({CONTROL.environment}; default {CONTROL.default})",
    )


def _nothing(_command: argparse.ArgumentParser) -> None:
    """Of the commands that take nothing more."""


def _status(status: argparse.ArgumentParser) -> None:
    status.add_argument("--json", action="store_true", help="as /api/status gives it")
    status.add_argument("--watch", action="store_true", help="again whenever it changes")


def _history(history: argparse.ArgumentParser) -> None:
    history.add_argument("--json", action="store_true", help="as /api/history gives it")
    history.add_argument(
        "-n", dest="count", metavar="N", type=_count, default=10, help="how many (default: 10)"
    )


def _tune(tune: argparse.ArgumentParser) -> None:
    tune.add_argument("--json", action="store_true", help="the same for programs")


def _which(moving: argparse.ArgumentParser) -> None:
    moving.add_argument(
        "which", nargs="?", choices=_HOLDINGS, default="all", help="which (default: all)"
    )


def _maintenance(maintenance: argparse.ArgumentParser) -> None:
    maintenance.add_argument("switch", choices=("on", "off"), help="begin or end it")
    maintenance.add_argument(
        "--for",
        dest="duration",
        metavar="TIME",
        default="1h",
        help="how long at most: 90s, 30m, 1h, 2d (default: 1h)",
    )


def _drill(drill: argparse.ArgumentParser) -> None:
    drill.add_argument(
        "--url",
        metavar="URL",
        help="what the client requests: http://…, https://… or tcp://HOST:PORT (default: the "
        "container's check, or else port 80, at the floating address)",
    )
    drill.add_argument(
        "--limit-ms",
        metavar="MS",
        type=_count,
        default=1000,
        help="the longest gap that passes (default: 1000)",
    )
    drill.add_argument(
        "--interval-ms",
        metavar="MS",
        type=_count,
        default=10,
        help="from one request to the next (default: 10)",
    )
    drill.add_argument("--json", action="store_true", help="the result for programs")


def _count(written: str) -> int:
    count = int(written) if written.isascii() and written.isdigit() else 0
    if not count:
        raise argparse.ArgumentTypeError(f"{written!r:.40} is no number from 1 on")
    return count


_ASKING: Final = frozenset(
    {
        *("status", "explain", "history", "tune", "standby", "takeover", "drill"),
        *("maintenance", "reload", "health"),
    }
)
"""They speak to the running sidecar."""
_COMMANDS: Final[Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]]] = {
    "run": ("be a node: speak Heartbeat, hold the addresses when it is time", _options),
    "check": ("read the configuration, say what it means and what is wrong", _options),
    "decode": ("read captured datagrams (hex, one a line) and print each as JSON", _decode),
    "init": ("write ha.cf, haresources, authkeys and .env for both nodes", _init),
    "status": ("show both nodes, the links and the groups", _status),
    "explain": ("say why this node does or does not hold the groups", _nothing),
    "history": ("list the last moves and how long each step of them took", _history),
    "tune": (
        "say how regularly the other node is heard, and which timers that allows",
        _tune,
    ),
    "standby": ("hand groups over to the other node", _which),
    "takeover": ("take groups over from the other node", _which),
    "drill": ("hand over and take back, and measure what clients feel of it", _drill),
    "maintenance": ("let nothing move by itself for a while, on both nodes", _maintenance),
    "reload": ("read the configuration anew and apply what differs", _nothing),
    "health": ("exit 0 if the sidecar is alive: for the container's health check", _nothing),
    "proxy": ("let a sidecar make its few calls to Docker, and no others", _proxy),
    "completion": ("print a script by which a shell completes this", _completion),
}
"""What each is for, and what gives it its arguments."""


if __name__ == "__main__":
    sys.exit(main())
