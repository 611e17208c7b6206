"""``sidecar drill``: hand over what this node holds, take it back, and measure what clients feel.

Both ways are planned moves (``sidecar standby``, then ``sidecar takeover``), while a client here
requests the service over the floating address. Exit 0 when neither way had a longer gap than
--limit-ms, 1 when one had, when the drill could not begin or not be completed, and 2 on bad usage.

Every wait has an end. A drill that is interrupted or fails leaves things where they are, and says
where that is and how to go back.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sidecar.commands.control_client import Unreachable, ask
from sidecar.commands.drill_client import BadUrl, Client, Count, Target, parse_url
from sidecar.commands.drill_plan import Plan, Refused, default_url, plan
from sidecar.commands.request import PATIENCE_S
from sidecar.commands.terminal import Colour, Terminal

BAD_USAGE: Final = 2
BEFORE_S: Final = 1.0
"""The service is requested for so long before anything moves, and after it has moved."""
SETTLE_MAX_S: Final = 60.0
CALM_MAX_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.02
_NS: Final = 1_000_000_000
_MS: Final = 1_000_000


class Failed(Exception):
    """The drill cannot go on; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One way: what it cost, and how long it took until all was stable again."""

    holder: str
    took_ns: int
    count: Count
    calm: bool
    """Whether in the end all requests were answered well again."""


def main(arguments: argparse.Namespace) -> int:
    terminal = Terminal(sys.stderr if arguments.json else sys.stdout)
    try:
        drill = _prepare(arguments, terminal)
    except BadUrl as bad:
        sys.stderr.write(f"--url {bad}\n")
        return BAD_USAGE
    except (Refused, Unreachable) as refused:
        sys.stderr.write(f"no drill: {refused}\n")
        return 1
    try:
        legs = drill.run()
    except KeyboardInterrupt:
        return _stop(drill, terminal, "interrupted")
    except (Failed, Unreachable) as failed:
        return _stop(drill, terminal, str(failed))
    passed = all(leg.calm and leg.count.gap_ns <= arguments.limit_ms * _MS for leg in legs)
    if arguments.json:
        sys.stdout.write(json.dumps(_document(drill, legs, passed=passed), indent=2) + "\n")
    terminal.say(_verdict(terminal, arguments.limit_ms, passed=passed))
    return 0 if passed else 1


def _prepare(arguments: argparse.Namespace, terminal: Terminal) -> "_Drill":
    given: Target | None = parse_url(arguments.url) if arguments.url else None
    status = _status(arguments.control)
    what = plan(status)
    if given is None:
        answer = ask(arguments.control, {"command": "checks"})
        given = parse_url(default_url(status, answer.get("checks", {})))
    return _Drill(arguments.control, what, given, arguments.interval_ms, terminal)


def _status(control: str) -> dict[str, Any]:
    status = ask(control, {"command": "status"}).get("status")
    if not isinstance(status, dict):
        raise Unreachable("the sidecar gave no status: see its log")
    return status


class _Drill:
    """There and back."""

    def __init__(
        self, control: str, what: Plan, target: Target, interval_ms: int, terminal: Terminal
    ) -> None:
        self.plan = what
        self.target = target
        self.before: Count | None = None
        self.late_ns = 0
        self._control = control
        self._interval_ms = interval_ms
        self._terminal = terminal

    def run(self) -> tuple[Leg, Leg]:
        """Raises Failed, Unreachable, KeyboardInterrupt."""
        plan = self.plan
        self._terminal.say(
            f"drill: {', '.join(plan.groups)} from {plan.node} to {plan.peer} and back; "
            f"a client here requests {self.target.url} every {self._interval_ms} ms"
        )
        for note in plan.notes:
            self._terminal.say(f"note:   {note}")
        with Client(self.target, every_s=self._interval_ms / 1000) as client:
            self.before = self._look_before(client)
            there = self._move(client, "there", "standby", plan.peer, plan.is_there)
            back = self._move(client, "back", "takeover", plan.node, plan.is_back)
            self.late_ns = client.late_ns
        own_ms = self.late_ns / _MS
        if own_ms > self._interval_ms:
            self._terminal.say(
                f"note:   the client itself was up to {own_ms:.0f} ms late: "
                "a gap of that size may be its own"
            )
        return there, back

    def whereabouts(self) -> str:
        """Where things are now, and how to go back."""
        try:
            status = _status(self._control)
        except Unreachable as trouble:
            return f"where things are is not known: {trouble}"
        plan = self.plan
        if plan.is_back(status):
            return f"{plan.node} holds everything, as before"
        back = f"To go back: `sidecar takeover {plan.which}` on {plan.node}"
        if plan.is_there(status):
            return f"{plan.peer} holds {', '.join(plan.groups)}, and goes on. {back}"
        return f"a move is under way: see `sidecar status`. {back}, when it has ended"

    def _look_before(self, client: Client) -> Count:
        began_ns = time.monotonic_ns()
        until_ns = began_ns + round(BEFORE_S * _NS)
        self._wait(_over(client, until_ns), "before", client, began_ns)
        count = client.count(began_ns, until_ns)
        if count.failed or not count.requests:
            why = count.trouble or "this host is too slow for it"
            raise Failed(
                f"{count.failed} of {count.requests} requests of {self.target.url} failed before "
                f"anything moved: {why}. Nothing was moved; give another --url"
            )
        self._terminal.say(f"before: {_count_text(count)}")
        return count

    def _move(
        self,
        client: Client,
        name: str,
        command: str,
        holder: str,
        done: Callable[[dict[str, Any]], bool],
    ) -> Leg:
        began_ns = time.monotonic_ns()
        self._terminal.pass_by(f"{name}: asking for it")
        request = {"command": command, "which": self.plan.which}
        answer = ask(self._control, request, patience_s=PATIENCE_S)
        if answer.get("ok") is not True:
            raise Failed(f"sidecar {command} failed: {answer.get('text', '')}")
        self._wait(lambda: done(_status(self._control)), name, client, began_ns)
        ended_ns = time.monotonic_ns()
        until_ns, calm = self._look_after(client, name, began_ns)
        count = client.count(began_ns, until_ns)
        leg = Leg(holder=holder, took_ns=ended_ns - began_ns, count=count, calm=calm)
        self._terminal.say(
            f"{name + ':':7} {holder} holds, and all is stable, after {leg.took_ns / _MS:.0f} ms; "
            f"{_count_text(count)}{'' if calm else '; it has not answered well since'}"
        )
        return leg

    def _look_after(self, client: Client, name: str, began_ns: int) -> tuple[int, bool]:
        """Until when was looked, and whether all requests at the end of it were answered well.

        Where they are not, as behind a router that still sends to the other host, it is no time
        to move again; but neither is it for ever.
        """
        give_up_ns = time.monotonic_ns() + round(CALM_MAX_S * _NS)
        while True:
            since_ns = time.monotonic_ns()
            until_ns = since_ns + round(BEFORE_S * _NS)
            self._wait(_over(client, until_ns), name, client, began_ns)
            count = client.count(since_ns, until_ns)
            calm = count.requests > 0 and not count.failed
            if calm or time.monotonic_ns() > give_up_ns:
                return until_ns, calm

    def _wait(self, done: Callable[[], bool], name: str, client: Client, since_ns: int) -> None:
        begun = time.monotonic()
        while not done():
            if time.monotonic() - begun > SETTLE_MAX_S:
                raise Failed(f"{name}: not complete within {SETTLE_MAX_S:g} s")
            elapsed_s = (time.monotonic_ns() - since_ns) / _NS
            count = client.count(since_ns)
            self._terminal.pass_by(f"{name}: {elapsed_s:.1f} s; {_count_text(count)}")
            time.sleep(_LOOK_EVERY_S)


def _over(client: Client, until_ns: int) -> Callable[[], bool]:
    """The moment has come, and all that was requested by then has ended."""
    return lambda: time.monotonic_ns() >= until_ns and client.all_ended(until_ns)


def _stop(drill: _Drill, terminal: Terminal, why: str) -> int:
    terminal.settle()
    sys.stderr.write(f"drill ended: {why}\n{drill.whereabouts()}\n")
    return 1


def _count_text(count: Count) -> str:
    failed = f"{count.failed} of {count.requests} requests failed"
    trouble = f" ({count.trouble})" if count.trouble else ""
    return f"longest gap {count.gap_ns / _MS:.0f} ms, {failed}{trouble}"


def _verdict(terminal: Terminal, limit_ms: int, *, passed: bool) -> str:
    if passed:
        return f"{terminal.paint('passed', Colour.GOOD)}: no gap beyond {limit_ms} ms"
    return f"{terminal.paint('failed', Colour.BAD)}: a gap beyond {limit_ms} ms, or no end of it"


def _document(drill: _Drill, legs: tuple[Leg, Leg], *, passed: bool) -> dict[str, Any]:
    there, back = (
        {
            "to": leg.holder,
            "took_ms": round(leg.took_ns / _MS, 1),
            "gap_ms": round(leg.count.gap_ns / _MS, 1),
            "requests": leg.count.requests,
            "failed": leg.count.failed,
            "answers_again": leg.calm,
        }
        for leg in legs
    )
    return {
        "passed": passed,
        "url": drill.target.url,
        "groups": list(drill.plan.groups),
        "there": there,
        "back": back,
        "client_late_ms": round(drill.late_ns / _MS, 1),
    }
