"""When which fault is made: drawn before the run, so that a run can be told again with fewer of
them.

Each fault has a number, and a stream of chance of its own for what is left to choose when it is
made. Leaving some out changes nothing of the others: that is what shrinking needs (``shrink.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sidecar.core.terms import SECOND, NodeName
from tests.sim.fault import Fault
from tests.sim.swarm import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One fault to come."""

    number: int
    """Its place in the whole run, from 1."""
    at_ns: int
    fault: Fault
    node: NodeName
    """Whom it strikes, where it strikes one node."""
    lasting_ns: int
    chance: str
    """The seed of its own stream."""

    @property
    def line(self) -> str:
        """For a person."""
        at_s, lasting_s = self.at_ns / SECOND, self.lasting_ns / SECOND
        return (
            f"{self.number:>4}  {at_s:>9.3f} s  {self.fault.name.lower():<18} {self.node}  "
            f"up to {lasting_s:.3f} s"
        )


class Schedule:
    """The faults of one seed, round by round. The same rounds, however many of them are run."""

    def __init__(self, seed: int, options: Options, only: frozenset[int] | None = None) -> None:
        self._seed = seed
        self._options = options
        self._only = only
        self._round = 0
        self._number = 0

    def next_round(self, begins_ns: int) -> list[Trouble]:
        """The faults of the round that begins now."""
        self._round += 1
        drawn = list(self._draw(begins_ns))
        return [t for t in drawn if self._only is None or t.number in self._only]

    def _draw(self, begins_ns: int) -> Iterator[Trouble]:
        options = self._options
        rng = Random(f"{self._seed}/schedule {self._round}")
        at_ns = 0
        while options.faults:
            at_ns += 1 + int(rng.expovariate(1.0) * options.pace_ns)
            if at_ns >= options.round_ns:
                return
            self._number += 1
            yield Trouble(
                number=self._number,
                at_ns=begins_ns + at_ns,
                fault=rng.choice(options.faults),
                node=rng.choice(options.pair.nodes),
                lasting_ns=self._lasting_ns(rng),
                chance=f"{self._seed}/trouble {self._number}",
            )

    def _lasting_ns(self, rng: Random) -> int:
        shortest_ns, longest_ns = self._options.shortest_ns, self._options.longest_ns
        return int(shortest_ns * (longest_ns / shortest_ns) ** rng.random())
