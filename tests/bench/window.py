"""What the instruments say about one stretch of time."""

import time
from typing import Final

from tests.bench.ground import Ground, Instruments
from tests.bench.probes import MS, first_answer_ns, outages, worst_gap_ns
from tests.testbed.host import DockerHost
from tests.testbed.waiting import now_ns

Values = dict[str, float]
SETTLED_S: Final = 0.3
"""A quiet tail, so that an outage that comes just after the event is still seen."""


class Window:
    """Begins when it is made; everything that is measured counts from there."""

    def __init__(self, ground: Ground, instruments: Instruments) -> None:
        self._ground = ground
        self._instruments = instruments
        instruments.requests.wait_until_told()
        self.since_ns = now_ns()

    def wait_for(self, node: DockerHost, *, seconds: float) -> int:
        """Until this host answers the datagrams; returns when it first did."""
        number = self._ground.number(node)
        since_ns = self.since_ns
        return self._instruments.probes.wait_for_host(number, seconds=seconds, since_ns=since_ns)

    def until(self, seconds: float) -> None:
        """Until so long after the beginning."""
        time.sleep(max(0.0, seconds - (now_ns() - self.since_ns) / 1e9))

    def values(self, *, settled_s: float = SETTLED_S) -> Values:
        """The costs from the beginning until now, and a little longer."""
        time.sleep(settled_s)
        until_ns = now_ns()
        probes = self._instruments.probes.since(self.since_ns, until_ns)
        requests = self._instruments.requests
        requests.wait_until_told(until_ns)
        missed = outages(probes)
        overlaps = self._instruments.answers.overlaps(self.since_ns)
        return {
            "outage_ms": sum(one.length_ns for one in missed) / MS,
            "datagrams_lost": sum(one.lost for one in missed),
            "requests_lost": requests.failures(self.since_ns),
            "requests_outage_ms": sum(o.length_ns for o in requests.outages(self.since_ns)) / MS,
            "two_answer_ms": sum(overlap.length_ns for overlap in overlaps) / MS,
            "instrument_ms": worst_gap_ns(probes) / MS,
        }

    def answered_after_ms(self, node: DockerHost, moment_ns: int) -> float:
        """How long after the moment this host was first heard."""
        probes = self._instruments.probes.since(self.since_ns)
        first_ns = first_answer_ns(probes, self._ground.number(node))
        assert first_ns is not None, f"{node.name} has not answered"
        return (first_ns - moment_ns) / MS

    def requests_good_after_ms(self) -> float:
        """How long after the beginning the first stretch of failed requests was over; 0 without
        any. What comes later, such as the way back, is another matter.
        """
        outages = self._instruments.requests.outages(self.since_ns)
        if not outages:
            return 0.0
        return (outages[0].since_ns + outages[0].length_ns - self.since_ns) / MS
