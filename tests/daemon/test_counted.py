"""Everything is counted from the start on, though what it is counted with comes later."""

import asyncio
from typing import Any

from prometheus_client import generate_latest

from sidecar.core.occurrences import BeatHeard
from sidecar.core.terms import MILLISECOND
from sidecar.daemon import counted
from sidecar.daemon.counted import Counted
from tests.builders import NODE_B, a_view

BEATS = f'heartbeat_gap_seconds_count{{node="{NODE_B}"}}'
LAGS = "heartbeat_loop_lag_seconds_count"


def something_happens(told: Counted) -> None:
    told.report(BeatHeard(node=NODE_B, gap_ns=MILLISECOND))
    told.loop_lag(MILLISECOND)


def counts(registry: Any) -> dict[str, float]:
    lines = generate_latest(registry).decode().splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(samples[name]) for name in (BEATS, LAGS)}


def test_what_happens_before_the_library_is_there_is_counted_too():
    async def run() -> dict[str, float]:
        told = Counted(a_view)
        something_happens(told)
        loading = asyncio.to_thread(told.load)
        something_happens(told)
        registry = await loading
        something_happens(told)
        return counts(registry)

    assert asyncio.run(run()) == {BEATS: 3, LAGS: 3}


def test_nothing_is_counted_twice_when_it_is_loaded_twice():
    async def run() -> dict[str, float]:
        told = Counted(a_view)
        something_happens(told)
        first, second = [await asyncio.to_thread(told.load) for _ in range(2)]
        assert first is second
        something_happens(told)
        return counts(first)

    assert asyncio.run(run()) == {BEATS: 2, LAGS: 2}


def test_what_is_kept_meanwhile_has_a_bound(monkeypatch):
    monkeypatch.setattr(counted, "EARLY_MAX", 3)

    async def run() -> dict[str, float]:
        told = Counted(a_view)
        for _ in range(5):
            something_happens(told)
        return counts(await asyncio.to_thread(told.load))

    assert asyncio.run(run()) == {BEATS: 3, LAGS: 3}
