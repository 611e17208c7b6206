"""Chance for transcripts: every draw gives the middle, so that the same story has the same times.

With drawn latencies any change in the core would shift all later draws, and each line of every
transcript would change by a millisecond or two for no reason that a reader could see.
"""

from random import Random


class Steady(Random):
    """Always the middle; ``randbytes`` and ``getrandbits`` stay what the seed makes them."""

    def random(self) -> float:
        return 0.5

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        lowest, end = (0, start) if stop is None else (start, stop)
        return lowest + (end - 1 - lowest) // 2 // step * step

    def expovariate(self, lambd: float = 1.0) -> float:
        return 1.0 / lambd
