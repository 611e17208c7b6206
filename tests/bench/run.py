"""Measures, stint by stint, and writes each row as soon as it is known."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext

from tests.bench import plan
from tests.bench.ground import Ground, Instruments, ground
from tests.bench.jitter import every_core_busy
from tests.bench.machine import commit, this_machine
from tests.bench.plan import Item, Stint
from tests.bench.rows import Row, Rows
from tests.bench.system import System
from tests.testbed.waiting import now_ns

STUCK_S = 5.0


class Run:
    """One run of the bench."""

    def __init__(self, rows: Rows, stints: Sequence[Stint]) -> None:
        self._rows = rows
        self._stints = stints
        self._commit = commit()
        self._began = time.monotonic()

    def run(self) -> None:
        if not self._stints:
            self._say("nothing is left to measure")
            return
        self._rows.begin(this_machine())
        self._say(f"about {plan.seconds(self._stints, self._rows) / 60:.0f} min to measure")
        with ground() as hosts:
            hosts.pair.configure("", "")
            hosts.pair.on_both(lambda node: node.up("nginx"))
            for number, stint in enumerate(self._stints):
                left_s = plan.seconds(self._stints[number:], self._rows)
                names = ", ".join(dict.fromkeys(item.entry.name for item in stint.items))
                self._say(f"{stint.system}: {names}; about {left_s / 60:.0f} min left")
                self._stint(hosts, stint)
        self._say("done")

    def _stint(self, hosts: Ground, stint: Stint) -> None:
        entry = stint.items[0].entry
        system = entry.make(hosts, stint.system)
        try:
            system.start()
            with ExitStack() as stack:
                watching = hosts.watched() if entry.watched else nullcontext(None)
                instruments = stack.enter_context(watching)
                for item in stint.items:
                    self._item(system, item, instruments)
        except Exception as error:  # noqa: BLE001 - a guard: the other systems have their turn
            self._trouble(stint.system, stint.items[-1], error)
        finally:
            system.stop()

    def _item(self, system: System, item: Item, instruments: Instruments | None) -> None:
        try:
            if instruments is not None:
                _served_by_master(system, instruments)
            began = time.monotonic()
            with every_core_busy() if item.entry.busy else nullcontext():
                parts = list(item.entry.play(system, instruments))
        except Exception as error:  # noqa: BLE001 - a guard: a round that fails is told, and no end
            self._trouble(system.name, item, error)
            system.stop()
            system.start()
            return
        took_s = round(time.monotonic() - began, 1)
        for part, values in parts:
            self._rows.add(
                Row(
                    system=system.name,
                    scenario=item.entry.name,
                    part=part,
                    round=item.round,
                    commit=self._commit,
                    values={name: round(value, 3) for name, value in values.items()},
                    took_s=took_s,
                )
            )
        for heard in system.ground.beats.values():
            heard.forget()
        if instruments is not None:
            instruments.forget()

    def _trouble(self, system: str, item: Item, error: Exception) -> None:
        said = str(error).strip().splitlines()
        what = " ".join(said) or type(error).__name__
        self._say(f"{system}: {item.entry.name}, round {item.round}: {what}")
        self._rows.add(
            Row(
                system=system,
                scenario=item.entry.name,
                part="",
                round=item.round,
                commit=self._commit,
                trouble=what[:1000],
            )
        )

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", file=sys.stderr, flush=True)


def _served_by_master(system: System, instruments: Instruments) -> None:
    """A client that the last round has left stuck must not spoil the next one: it gets help."""
    hosts = system.ground
    number = hosts.number(hosts.master)
    try:
        instruments.probes.wait_for_host(number, seconds=STUCK_S, since_ns=now_ns())
    except AssertionError:
        hosts.pair.client_net.ip("neigh", "flush", "dev", "eth0")
        instruments.probes.wait_for_host(number, seconds=STUCK_S, since_ns=now_ns())
    instruments.requests.wait_for_page(hosts.master.page, seconds=STUCK_S, since_ns=now_ns())
