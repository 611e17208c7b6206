"""The answers that `sidecar init` needs: from flags, or asked for on a terminal.

Each is checked by the rule that reads the file later, when it is given.
"""

import argparse
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sidecar.config.addresses import parse_ipv4, parse_ipv6
from sidecar.config.haresources import parse_resource
from sidecar.config.media import check_device, check_serial, check_target
from sidecar.config.nodes import parse_name
from sidecar.config.problems import Problems, quote
from sidecar.config.template import Answers
from sidecar.config.values import BadValue, parse_integer, parse_time
from sidecar.core.params import Container

_TIMERS: Final = ("keepalive", "warntime", "deadtime", "initdead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer: its name among the arguments, how to ask for it, how to check it."""

    name: str
    text: str
    check: Callable[[str], object]
    default: str | None = None
    unlike: str = ""
    """The answer that this one must differ from, upper and lower case taken as one."""
    optional: bool = False
    """No answer is an answer: it is left out."""

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


def _check_vip(written: str) -> None:
    if "/" not in written:
        raise BadValue(f"{quote(written)} has no prefix length: write it like 192.168.171.100/24")
    if written.count("/") > 1:
        raise BadValue(f"{quote(written)} names more than an address: write the interface apart")
    (parse_ipv6 if ":" in written else parse_ipv4)(written)


def _check_container(written: str) -> None:
    resource = parse_resource(written)
    if not isinstance(resource, Container):
        raise BadValue(f"{quote(written)} is an address: write a container's name, like nginx")


def _check_ping(written: str) -> None:
    try:
        ipaddress.IPv4Address(written)
    except ValueError:
        raise BadValue(f"{quote(written)} is no IPv4 address: write a router's") from None


def _check_port(written: str) -> None:
    parse_integer(written, 1, 65535)


QUESTIONS: Final = (
    Question(name="node_a", text="host name of the first node (uname -n)", check=parse_name),
    Question(name="node_b", text="host name of the second node", check=parse_name, unlike="node_a"),
    Question(
        name="interface",
        text="interface of the heartbeat, best a cable between the two",
        check=check_device,
        default="eth1",
    ),
    Question(name="address_a", text="address of the first node there", check=check_target),
    Question(
        name="address_b",
        text="address of the second node there",
        check=check_target,
        unlike="address_a",
    ),
    Question(name="vip", text="floating address with prefix (IP/BITS)", check=_check_vip),
    Question(
        name="vip_interface",
        text="interface of the floating address",
        check=check_device,
        default="eth0",
    ),
    Question(
        name="container",
        text="container that moves with it",
        check=_check_container,
        default="nginx",
    ),
    Question(
        name="bcast",
        text="interface of a second way for the heartbeat, if there is one, such as the service's",
        check=check_device,
        optional=True,
    ),
    Question(
        name="ping",
        text="router that both nodes reach, which tells a node that it is cut off, if there is one",
        check=_check_ping,
        optional=True,
    ),
)


def from_flags(arguments: argparse.Namespace) -> Answers:
    """The answers in the flags. Raises ConfigError with everything that is missing or wrong."""
    given = {name: str(value) for name, value in vars(arguments).items() if value is not None}
    given.setdefault("container", "nginx")
    problems = Problems()
    for question in QUESTIONS:
        if question.name not in given and not question.optional:
            problems.of(question.flag).error(None, f"is missing: give the {question.text}")
    for name, check in _checks():
        flag = "--" + name.replace("_", "-")
        if name in given:
            try:
                check(given[name])
            except BadValue as fault:
                problems.of(flag).error(None, str(fault))
    problems.raise_errors()
    return _answers(given)


def complete(arguments: argparse.Namespace) -> bool:
    """Whether the flags answer every question that has no default."""
    return all(
        getattr(arguments, question.name) is not None
        for question in QUESTIONS
        if question.name != "container" and not question.optional
    )


def ask(
    arguments: argparse.Namespace, read: Callable[[str], str], write: Callable[[str], object]
) -> argparse.Namespace:
    """The arguments with what the flags leave open asked for, again until it is well formed."""
    answered = dict(vars(arguments))
    for question in QUESTIONS:
        while answered[question.name] is None:
            default = f" [{question.default or 'none'}]" if _may_be_empty(question) else ""
            answer = read(f"{question.text}{default}: ").strip() or question.default or ""
            if not answer and question.optional:
                break
            try:
                question.check(answer)
                _check_unlike(answer, answered.get(question.unlike))
            except BadValue as fault:
                write(f"{fault}\n")
            else:
                answered[question.name] = answer
    return argparse.Namespace(**answered)


def _may_be_empty(question: Question) -> bool:
    return question.optional or question.default is not None


def _check_unlike(answer: str, other: str | None) -> None:
    if other is not None and answer.lower() == other.lower():
        raise BadValue(f"{quote(answer)} is that of the first node: the two differ")


def _checks() -> Iterator[tuple[str, Callable[[str], object]]]:
    yield from ((question.name, question.check) for question in QUESTIONS)
    yield from ((name, parse_time) for name in _TIMERS)
    yield "udpport", _check_port
    yield "serial", check_serial


def _answers(given: dict[str, str]) -> Answers:
    return Answers(
        **{name: value for name, value in given.items() if name in Answers.__dataclass_fields__}
    )
