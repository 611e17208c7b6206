"""A settled pair with two links, and how many calls each kind of turn takes.

A call is one of a Python function or of one written in C, as sys.setprofile reports them: the
count depends on the code and the version of Python, and on nothing else.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sidecar.core.actions import Action
from sidecar.core.events import Event, PacketReceived
from sidecar.core.terms import SECOND, Moment
from tests.core.harness import ETH1, ETH2, VIP, Wired, a_link, some_params

SETTLED_NS: Final = 20 * SECOND


def settled_pair() -> Wired:
    """Both have long been stable; node-a holds the group."""
    pair = Wired(some_params(links=(a_link(ETH1), a_link(ETH2))))
    pair.start()
    pair.world.run(SETTLED_NS)
    assert pair.holders(VIP) == [pair.a.name]
    for node in pair.nodes:
        node.forget()
    return pair


class Calls:
    """Counts calls while it is told to."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _profile(self, _frame: object, event: str, _argument: object) -> None:
        if event in {"call", "c_call"}:
            self.count += 1


def kind_of(event: Event, actions: list[Action]) -> str:
    """What a turn was about: its event, and what it did."""
    done = sorted({type(action).__name__ for action in actions} - {"Report"})
    link = f" on {event.link}" if isinstance(event, PacketReceived) else ""
    return f"{type(event).__name__}{link} -> {', '.join(done) or 'nothing'}"


def calls_by_kind(pair: Wired, duration_ns: int) -> dict[str, list[int]]:
    """The calls of each of node-a's turns in that time, by the kind of turn."""
    found: dict[str, list[int]] = defaultdict(list)
    cluster, step = pair.a.cluster, pair.a.cluster.step

    def counted(event: Event, now: Moment) -> list[Action]:
        calls = Calls()
        with calls.counting():
            actions = step(event, now)
        found[kind_of(event, actions)].append(calls.count)
        return actions

    with _replaced(cluster, counted):
        pair.world.run(duration_ns)
    return dict(found)


@contextmanager
def _replaced(cluster: object, step: Callable[[Event, Moment], list[Action]]) -> Iterator[None]:
    setattr(cluster, "step", step)  # noqa: B010 - a method of one object, for a while
    try:
        yield
    finally:
        delattr(cluster, "step")
