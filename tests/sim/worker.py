"""``python -m tests.sim.worker MINUTES``: runs the seeds that it reads, one a line.

What became of each it says in a line of JSON, so that a swarm can be judged by another interpreter,
or by compiled code.
"""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import IO, Final

from tests.sim.fault import Fault
from tests.sim.run import Outcome, run_seed

_ALLOCATIONS: Final = 100_000
"""So many more objects than went have to be made before garbage is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Who runs the seeds: an interpreter, and where it finds the code."""

    name: str
    python: str
    place: Path

    def start(self, minutes: float) -> subprocess.Popen[str]:
        # Each has a hash seed of its own, and what depends on it shows.
        return subprocess.Popen(
            [self.python, "-m", "tests.sim.worker", str(minutes)],
            cwd=self.place,
            env={**os.environ, "PYTHONPATH": str(self.place)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )


def judged(
    judge: Judge, seeds: Iterable[int], *, minutes: float, processes: int
) -> Generator[Outcome]:
    """What became of each seed, in the order in which they end. Raises if a process dies."""
    todo = iter(seeds)
    busy: dict[int, subprocess.Popen[str]] = {}
    try:
        for seed in islice(todo, processes):
            process = judge.start(minutes)
            busy[_pipe(process).fileno()] = process
            _say(process, seed)
        while busy:
            for ready in wait(list(busy)):
                assert isinstance(ready, int)
                line = _pipe(busy[ready]).readline()
                if not line:
                    raise RuntimeError(f"a process ended with {busy[ready].wait()}")
                yield heard(line)
                following = next(todo, None)
                if following is None:
                    _end(busy.pop(ready))
                else:
                    _say(busy[ready], following)
    finally:
        for process in busy.values():
            _end(process)


def _pipe(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def _say(process: subprocess.Popen[str], seed: int) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{seed}\n")


def told(outcome: Outcome) -> str:
    """One line for a pipe. Who needs the trouble and the last lines runs the seed again."""
    kept = ("seed", "virtual_ns", "turns", "packets", "digest", "violation", "check")
    made = {fault.name: times for fault, times in outcome.made.items()}
    return json.dumps({**{name: getattr(outcome, name) for name in kept}, "made": made})


def heard(line: str) -> Outcome:
    said = json.loads(line)
    made = {Fault[name]: times for name, times in said.pop("made").items()}
    return Outcome(**said, made=made)


def main() -> int:
    # Ctrl-C reaches all of a terminal's processes: who started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    minutes = float(sys.argv[1])
    # A world is made of circles, but lives for long: what is loaded never goes, the rest seldom.
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
    for line in sys.stdin:
        print(told(run_seed(int(line), minutes)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
